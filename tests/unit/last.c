/* The last trade of each stream. */
#include "market/last.h"

#include <stdlib.h>

#include "tap.h"

#define T0 "\"timestamp\":\"2026-01-01T00:00:00.000000Z\""
#define T1 "\"timestamp\":\"2026-01-01T00:00:01.000000Z\""
#define REST "\"price\":1,\"quantity\":1"
#define A "{\"product_id\":\"A\"," REST "," T0
#define PLAIN                                                                                      \
	"{\"product_id\":\"A\",\"price\":1,\"quantity\":1," T0                                     \
	",\"timestamp_ms\":1767225600000,\"trade_id\":3,\"side\":\"buy\",\"exchange\":\"x\"}"
#define COMPOSED(id, exchange)                                                                     \
	"{\"product_id\":\"A\"," T0 ",\"trade_id\":" id ",\"exchange\":\"" exchange "\"}"

struct row {
	const char *value;
	const char *beside[LAST_MEMBERS]; /* product_id, timestamp, trade_id, exchange */
	int32_t partition;
};

/* Records at offsets 1, 2, ..., and what is written in the end; of each bad one the reason. */
static const struct {
	const char *name, *products;
	struct row rows[4];
	const char *written;
} cases[] = {
	{"nothing", NULL, {{.value = NULL}}, ""},
	{"as it came", NULL, {{.value = PLAIN}}, PLAIN "\n"},
	{"the highest id", NULL,
		{{.value = A ",\"trade_id\":2}"}, {.value = A ",\"trade_id\":10}"},
			{.value = A ",\"trade_id\":9}"}},
		A ",\"trade_id\":10}\n"},
	{"an id rather than none", NULL, {{.value = A ",\"trade_id\":2}"}, {.value = A "}"}},
		A ",\"trade_id\":2}\n"},
	{"of one id the later one", NULL,
		{{.value = A ",\"trade_id\":2}"}, {.value = A ",\"trade_id\":2,\"n\":1}"}},
		A ",\"trade_id\":2,\"n\":1}\n"},
	{"without ids the later offset", NULL,
		{{.value = "{\"product_id\":\"A\"," T1 "}"}, {.value = A ",\"n\":2}"}},
		A ",\"n\":2}\n"},
	{"between partitions the later time", NULL,
		{{.value = "{\"product_id\":\"A\"," T1 "}"},
			{.value = A ",\"n\":2}", .partition = 1}},
		"{\"product_id\":\"A\"," T1 "}\n"},
	{"sorted by exchange and product", NULL,
		{{.value = "{\"product_id\":\"B\"," T0 ",\"exchange\":\"x\"}"},
			{.value = "{\"product_id\":\"A\"," T0 ",\"exchange\":\"y\"}"},
			{.value = "{\"product_id\":\"A\"," T0 ",\"exchange\":\"x\"}"},
			{.value = "{\"product_id\":\"AA\"," T0 "}"}},
		"{\"product_id\":\"AA\"," T0 "}\n{\"product_id\":\"A\"," T0 ",\"exchange\":\"x\"}\n"
		"{\"product_id\":\"B\"," T0 ",\"exchange\":\"x\"}\n"
		"{\"product_id\":\"A\"," T0 ",\"exchange\":\"y\"}\n"},
	{"members beside the value", NULL, {{.value = A "}", .beside = {NULL, NULL, "7", "x"}}},
		COMPOSED("7", "x") "\n"},
	{"all of them", NULL,
		{{.value = "{}", .beside = {"A", "2026-01-01T01:00:00+01:00", "7", "x"}}},
		COMPOSED("7", "x") "\n"},
	{"in the value they count", NULL, {{.value = PLAIN, .beside = {"B", "no", "no", "y"}}},
		PLAIN "\n"},
	{"null is none", NULL,
		{{.value = A ",\"trade_id\":null}", .beside = {NULL, NULL, "7", "x"}}},
		COMPOSED("7", "x") "\n"},
	{"ms alone are written as a time", NULL,
		{{.value = "{\"product_id\":\"\\u0041\",\"timestamp_ms\":1767225600000}"}},
		"{\"product_id\":\"A\"," T0 "}\n"},
	{"several lines become one", NULL,
		{{.value = A ",\n\"trade_id\":\"7\",\"exchange\":\"x\"}"}},
		COMPOSED("7", "x") "\n"},
	{"a composed one gives way to a whole one", NULL,
		{{.value = A "}", .beside = {NULL, NULL, "2", "x"}}, {.value = PLAIN},
			{.value = A "}", .beside = {NULL, NULL, "1", "x"}}},
		PLAIN "\n"},
	{"and the other way", NULL,
		{{.value = PLAIN}, {.value = A "}", .beside = {NULL, NULL, "4", "x"}}},
		COMPOSED("4", "x") "\n"},
	{"only some products", "C,B",
		{{.value = PLAIN}, {.value = "{\"product_id\":\"B\"," T0 "}"},
			{.value = "{\"product_id\":\"BB\"," T0 "}"}},
		"{\"product_id\":\"B\"," T0 "}\nmissing C\n"},
	{"all are missing", "C,B", {{.value = PLAIN}}, "missing C\nmissing B\n"},
	{"no product", NULL, {{.value = "{" T0 "}"}}, "bad product_id is missing\n"},
	{"no time", NULL, {{.value = "{\"product_id\":\"A\"}"}}, "bad timestamp is missing\n"},
	{"no JSON", NULL, {{.value = "x"}, {.value = PLAIN}},
		"bad not JSON: no value where one is due\n" PLAIN "\n"},
	{"an id that is none", NULL, {{.value = A "}", .beside = {NULL, NULL, "-1", "x"}}},
		"bad trade_id is not an integer from 0 to 18446744073709551615\n"},
	{"an id of 0", NULL, {{.value = A ",\"trade_id\":0,\"exchange\":\"kraken\"}"}},
		"bad trade_id is 0\n"},
	{"a header that is not UTF-8", NULL,
		{{.value = A "}", .beside = {NULL, NULL, NULL, "\xff"}}},
		"bad a header is not UTF-8\n"},
	{"an amount that is none", NULL, {{.value = "{\"product_id\":\"A\",\"price\":0," T0 "}"}},
		"bad price is not above zero\n"},
};

static void take(struct last *last, const struct row *row, int64_t offset, struct buf *got)
{
	struct last_record record = {
		.value = span_text(row->value), .partition = row->partition, .offset = offset};
	const char *reason;

	for (int i = 0; i < LAST_MEMBERS; i++)
		if (row->beside[i])
			record.beside[i] = span_text(row->beside[i]);
	if (last_take(last, &record, &reason) != LAST_TAKEN)
		buf_printf(got, "bad %s\n", reason);
}

static void show(const struct last *last, struct buf *got)
{
	struct span product;
	size_t at = 0;

	for (size_t i = 0; i < last_streams(last); i++) {
		last_write(last, i, got);
		buf_add_text(got, "\n");
	}
	while ((product = last_missing(last, &at)).p)
		buf_printf(got, "missing %.*s\n", (int)product.n, product.p);
}

static void check_cases(void)
{
	struct buf got;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct last *last = last_open(cases[i].products);
		buf_init(&got, 1 << 16);
		for (int k = 0; k < 4 && cases[i].rows[k].value; k++)
			take(last, &cases[i].rows[k], k + 1, &got);
		show(last, &got);
		if (!TAP_OK(span_is_text(buf_span(&got), cases[i].written), "%s", cases[i].name))
			printf("# got %.*s\n", (int)got.len, got.data);
		buf_release(&got);
		last_close(last);
	}
}

static void check_ceilings(void)
{
	struct last *last = last_open(NULL);
	enum last_verdict verdict = LAST_TAKEN;
	const char *reason;
	char value[100];
	int n = 0;

	for (; verdict == LAST_TAKEN && n <= LAST_STREAMS_MAX; n++) {
		struct last_record record = {.offset = n};
		snprintf(value, sizeof value, "{\"product_id\":\"P%d\"," T0 "}", n);
		record.value = span_text(value);
		verdict = last_take(last, &record, &reason);
	}
	TAP_OK(verdict == LAST_FULL && n == LAST_STREAMS_MAX + 1, "streams have a ceiling");
	last_close(last);
}

static void check_bytes(void)
{
	enum { LARGE = 60000 };
	struct last *last = last_open(NULL);
	enum last_verdict verdict = LAST_TAKEN;
	char *value = calloc(LARGE + 200, 1);
	const char *reason;
	int n = 0;

	for (; verdict == LAST_TAKEN && n < LAST_BYTES_MAX / LARGE + 1; n++) {
		struct last_record record = {.offset = n};
		snprintf(value, LARGE + 200, "{\"product_id\":\"P%d\"," T0 ",\"x\":\"%0*d\"}", n,
			LARGE, 0);
		record.value = span_text(value);
		verdict = last_take(last, &record, &reason);
	}
	TAP_OK(verdict == LAST_FULL, "so have their bytes");
	free(value);
	last_close(last);
}

int main(void)
{
	TAP_OK(!last_open("A,,B") && !last_open("") && !last_open("A,"), "an empty product");
	check_cases();
	check_ceilings();
	check_bytes();
	return tap_end();
}
