/* What a producer runs with, as it is printed: plain, and in transactions. */
#include "net/kafka_preset.h"

#include "tap.h"

#include <string.h>

static const struct {
	const char *what, *id, *property;
	uint64_t delivery_ms;
	const char *line; /* among what is printed */
	const char *none; /* not in it */
} prints[] = {
	{"plain", NULL, NULL, 120000, "message.timeout.ms=120000", "transaction"},
	{"plain", NULL, NULL, 120000, "queue.buffering.max.ms=2", NULL},
	{"an ID", "flow", NULL, 120000, "transactional.id=flow", NULL},
	{"an ID", "flow", NULL, 120000, "transaction.timeout.ms=300000", NULL},
	{"an ID", "flow", NULL, 120000, "message.timeout.ms=120000", NULL},
	{"an ID", "flow", NULL, 120000, "queue.buffering.max.ms=2", NULL},
	{"records end with their transaction", "flow", NULL, 900000, NULL, "message.timeout.ms=9"},
	{"also where that was changed", "flow", "transaction.timeout.ms=7000", 120000,
		"message.timeout.ms=7000", NULL},
};

static int print(const char *id, const char *property, uint64_t delivery_ms, struct buf *text,
	struct err *err)
{
	struct kafka_options connection = {.brokers = "x:1"};
	const struct kafka_producer_settings settings = {.connection = &connection,
		.topic = "t",
		.compression = "none",
		.delivery_ms = delivery_ms,
		.txn_id = id};

	if (property)
		connection.properties = (struct opt_list){{property}, 1};
	buf_init(text, 65536);
	if (kafka_preset_print(&settings, text, err) < 0)
		return -1;
	return buf_add(text, span_make("", 1));
}

static void test_prints(void)
{
	for (size_t i = 0; i < sizeof prints / sizeof *prints; i++) {
		struct err err = {.text = ""};
		struct buf text;
		int result =
			print(prints[i].id, prints[i].property, prints[i].delivery_ms, &text, &err);

		TAP_OK(result == 0 && (!prints[i].line || strstr(text.data, prints[i].line)) &&
				(!prints[i].none || !strstr(text.data, prints[i].none)),
			"%s: %s", prints[i].what, prints[i].line ? prints[i].line : prints[i].none);
		buf_release(&text);
	}
}

static void test_empty_id(void)
{
	struct err err = {.text = ""};
	struct buf text;

	TAP_OK(print("", NULL, 1000, &text, &err) < 0 && err.code == EXIT_USAGE &&
			strstr(err.text, "the ID is empty"),
		"an ID that is empty");
	buf_release(&text);
}

int main(void)
{
	test_prints();
	test_empty_id();
	return tap_end();
}
