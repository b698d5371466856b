/* Events in both shapes. */
#include "job/event.h"

#include "tap.h"

static const struct event_source source = {.queue_id = "wf-1",
	.symbol = "BTCUSDT",
	.type = "trades",
	.producer = "loader",
	.kafka = "broker:9093",
	.kafka_user = "user",
	.kafka_topic = "wf-1-data"};
static const struct event_source nobody = {.queue_id = "q"};

#define PLAIN_HEAD "{\"queue_id\":\"wf-1\",\"symbol\":\"BTCUSDT\",\"type\":\"trades\","
#define FORGE_HEAD(status)                                                                         \
	"{\"event\":\"" status                                                                     \
	"\",\"queue_id\":\"wf-1\",\"symbol\":\"BTCUSDT\",\"type\":\"trades\","                     \
	"\"producer\":\"loader\",\"sent_at\":1790732090.331350,\"status\":\"" status "\","
#define FORGE_KAFKA                                                                                \
	"\"kafka\":\"broker:9093\",\"kafka_user\":\"user\",\"kafka_topic\":\"wf-1-data\","         \
	"\"arango_url\":null,\"arango_db\":null,\"collection_name\":null,"
#define TIME "\"timestamp\":1790732090.331350}"

static const struct {
	const char *name;
	const struct event_source *source;
	enum event_format format;
	struct event event;
	const char *wanted;
} cases[] = {
	{"started", &source, EVENT_PLAIN, {EVENT_STARTED, "begins", 0, 1790732090331350999},
		PLAIN_HEAD "\"status\":\"started\",\"message\":\"begins\",\"records_written\":0,"
			   "\"finished\":false,\"producer\":\"loader\"," TIME},
	{"loading", &source, EVENT_PLAIN, {EVENT_LOADING, "", UINT64_MAX, 1790732090331350000},
		PLAIN_HEAD "\"status\":\"loading\",\"message\":\"\","
			   "\"records_written\":18446744073709551615,"
			   "\"finished\":false,\"producer\":\"loader\"," TIME},
	{"interrupted", &source, EVENT_PLAIN, {EVENT_INTERRUPTED, "m", 5, 1790732090331350000},
		PLAIN_HEAD "\"status\":\"interrupted\",\"message\":\"m\",\"records_written\":5,"
			   "\"finished\":true,\"producer\":\"loader\"," TIME},
	{"error", &source, EVENT_PLAIN, {EVENT_ERROR, "m", 5, 1790732090331350000},
		PLAIN_HEAD "\"status\":\"error\",\"message\":\"m\",\"records_written\":5,"
			   "\"finished\":false,\"producer\":\"loader\"," TIME},
	{"finished", &source, EVENT_PLAIN, {EVENT_FINISHED, "m", 5, 1790732090331350000},
		PLAIN_HEAD "\"status\":\"finished\",\"message\":\"m\",\"records_written\":5,"
			   "\"finished\":true,\"producer\":\"loader\"," TIME},
	{"the beginning, and nothing known", &nobody, EVENT_PLAIN, {EVENT_STARTED, NULL, 0, 0},
		"{\"queue_id\":\"q\",\"symbol\":null,\"type\":null,\"status\":\"started\","
		"\"message\":null,\"records_written\":0,\"finished\":false,\"producer\":null,"
		"\"timestamp\":0.000000}"},
	{"a message with quotes, lines and bytes that are no UTF-8", &nobody, EVENT_PLAIN,
		{EVENT_STARTED, "\"a\\\n\xc3\xa9\xff\xe2\x82.", 0, 1000},
		"{\"queue_id\":\"q\",\"symbol\":null,\"type\":null,\"status\":\"started\","
		"\"message\":\"\\\"a\\\\\\n\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.\","
		"\"records_written\":0,\"finished\":false,\"producer\":null,"
		"\"timestamp\":0.000001}"},
	{"started, for StreamForge", &source, EVENT_STREAMFORGE,
		{EVENT_STARTED, "begins", 0, 1790732090331350000},
		FORGE_HEAD("started") "\"message\":\"begins\",\"finished\":false,"
				      "\"records_written\":0," FORGE_KAFKA TIME},
	{"loading, for StreamForge", &source, EVENT_STREAMFORGE,
		{EVENT_LOADING, "m", 7, 1790732090331350000},
		FORGE_HEAD("loading") "\"message\":\"m\",\"finished\":false,"
				      "\"records_written\":7," FORGE_KAFKA TIME},
	{"interrupted, for StreamForge", &source, EVENT_STREAMFORGE,
		{EVENT_INTERRUPTED, "m", 7, 1790732090331350000},
		FORGE_HEAD("interrupted") "\"message\":\"m\",\"finished\":true,"
					  "\"records_written\":7," FORGE_KAFKA TIME},
	{"error, for StreamForge", &source, EVENT_STREAMFORGE,
		{EVENT_ERROR, "it broke", 7, 1790732090331350000},
		FORGE_HEAD("error") "\"message\":\"it broke\",\"finished\":false,"
				    "\"records_written\":7," FORGE_KAFKA
				    "\"error_message\":\"it broke\"," TIME},
	{"finished, for StreamForge", &source, EVENT_STREAMFORGE,
		{EVENT_FINISHED, "m", 7, 1790732090331350000},
		FORGE_HEAD("finished") "\"message\":\"m\",\"finished\":true,"
				       "\"records_written\":7," FORGE_KAFKA TIME},
	{"nothing known, for StreamForge", &nobody, EVENT_STREAMFORGE, {EVENT_STARTED, "m", 7, 999},
		"{\"event\":\"started\",\"queue_id\":\"q\",\"symbol\":null,\"type\":null,"
		"\"producer\":null,\"sent_at\":0.000000,\"status\":\"started\",\"message\":\"m\","
		"\"finished\":false,\"records_written\":7,\"kafka\":null,\"kafka_user\":null,"
		"\"kafka_topic\":null,\"arango_url\":null,\"arango_db\":null,"
		"\"collection_name\":null,\"timestamp\":0.000000}"},
};

/* Behind what is in the buffer, and with just enough room. */
static void test_case(size_t i)
{
	struct span wanted = span_text(cases[i].wanted);
	struct buf to;
	int result;

	buf_init(&to, wanted.n + 1);
	buf_add_text(&to, "x");
	result = event_write(cases[i].source, cases[i].format, &cases[i].event, &to);
	if (!TAP_OK(result == 0 && to.data[0] == 'x' &&
			    span_is(span_make(to.data + 1, to.len - 1), wanted),
		    "%s", cases[i].name))
		printf("# %d: %.*s\n", result, (int)to.len, to.data);
	buf_release(&to);
}

static void test_ceiling(size_t i)
{
	size_t n = strlen(cases[i].wanted), kept = 0;
	struct buf to;

	for (size_t ceiling = 0; ceiling < n; ceiling++) {
		buf_init(&to, ceiling);
		kept += event_write(cases[i].source, cases[i].format, &cases[i].event, &to) != -1 ||
			to.len != 0;
		buf_release(&to);
	}
	TAP_OK(kept == 0, "%s: less room is too little, and nothing is appended", cases[i].name);
}

int main(void)
{
	static const struct {
		enum event_status status;
		bool terminal;
	} statuses[] = {{EVENT_STARTED, false}, {EVENT_LOADING, false}, {EVENT_INTERRUPTED, true},
		{EVENT_ERROR, true}, {EVENT_FINISHED, true}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		test_case(i);
		test_ceiling(i);
	}
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		TAP_OK(event_is_terminal(statuses[i].status) == statuses[i].terminal,
			"status %zu is %sterminal", i, statuses[i].terminal ? "" : "not ");
	TAP_OK(strcmp(event_formats[EVENT_PLAIN], "plain") == 0 &&
			strcmp(event_formats[EVENT_STREAMFORGE], "streamforge") == 0 &&
			!event_formats[EVENT_STREAMFORGE + 1],
		"formats have their names");
	return tap_end();
}
