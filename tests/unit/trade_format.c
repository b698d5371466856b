/* Trades as they are written. */
#include "market/trade_format.h"

#include "base/quote.h"
#include "tap.h"
#include "written.h"

#define NS INT64_C(1790732090331350999)

static struct trade make(const char *product, const char *price, const char *quantity, int64_t ns,
	uint64_t id, enum trade_side side, const char *exchange)
{
	struct trade trade = {.product = span_text(product),
		.exchange = span_text(exchange),
		.time_ns = ns,
		.id = id,
		.has_id = id > 0,
		.side = side};

	if (decimal_read(span_text(price), &trade.price) ||
		decimal_read(span_text(quantity), &trade.quantity))
		abort();
	return trade;
}

/* What the trade is written as, or the reason why it is not. */
static const char *text_of(
	struct written *w, const struct trade_format *format, const struct trade *trade)
{
	const char *reason = NULL;
	struct span record;

	switch (trade_write(w->out, format, trade, &record, &reason)) {
	case 0:
		out_wrote(w->out, record.n);
		return written_text(w);
	case 1:
		return reason;
	default:
		return "the output failed";
	}
}

static void require(
	struct written *w, const struct trade_format *format, struct trade trade, const char *text)
{
	const char *got = text_of(w, format, &trade);

	TAP_OK(strcmp(got, text) == 0, "%s", got);
}

static void test_full(struct written *w)
{
	struct trade_format full;

	trade_format_schema(&full, TRADE_FULL, TRADE_CANONICAL);
	require(w, &full,
		make("BTC/USD", "83320.60", "0.00034127", NS, 109583109, TRADE_BUY, "kraken"),
		"{\"product_id\":\"BTC/USD\",\"price\":83320.6,\"quantity\":0.00034127,"
		"\"timestamp\":\"2026-09-30T01:34:50.331350Z\",\"timestamp_ms\":1790732090331,"
		"\"trade_id\":109583109,\"side\":\"buy\",\"exchange\":\"kraken\"}\n");
	require(w, &full,
		make("a\"\\\n\xc3\xa9", "2668.00", "1e-8", 1000, 0, TRADE_SIDE_UNKNOWN,
			"binance-um"),
		"{\"product_id\":\"a\\\"\\\\\\n\xc3\xa9\",\"price\":2668,\"quantity\":0.00000001,"
		"\"timestamp\":\"1970-01-01T00:00:00.000001Z\",\"timestamp_ms\":0,"
		"\"exchange\":\"binance-um\"}\n");
	require(w, &full, make("x", "1", "1.50", INT64_MAX, UINT64_MAX, TRADE_SELL, "y"),
		"{\"product_id\":\"x\",\"price\":1,\"quantity\":1.5,"
		"\"timestamp\":\"2262-04-11T23:47:16.854775Z\",\"timestamp_ms\":9223372036854,"
		"\"trade_id\":18446744073709551615,\"side\":\"sell\",\"exchange\":\"y\"}\n");
	require(w, &full, make("", "1", "1", NS, 1, TRADE_BUY, "x"), "product_id is empty");
	require(w, &full, make("x", "1", "1", NS, 1, TRADE_BUY, ""), "exchange is missing");
	TAP_OK(*written_text(w) == '\0', "nothing is written of what is refused");
}

static void test_time_text(struct written *w)
{
	struct trade_format format;
	struct trade trade = make("x", "1", "1", NS, 1, TRADE_BUY, "x");
	struct err err;

	trade_format_fields(&format, "timestamp", TRADE_CANONICAL, &err);
	trade.time_text = span_text("2026-09-30T01:34:50.331350Z and what follows it");
	require(w, &format, trade, "{\"timestamp\":\"2026-09-30T01:34:50.331350Z\"}\n");
}

static void test_schemas(struct written *w)
{
	struct trade trade = make("BTC/USD", "83320.60", "1e-8", NS, 7, TRADE_SELL, "");
	struct trade_format format;

	trade_format_schema(&format, TRADE_STRICT, TRADE_QUOTED);
	require(w, &format, trade,
		"{\"product_id\":\"BTC/USD\",\"price\":\"83320.6\",\"quantity\":\"0.00000001\","
		"\"timestamp\":\"2026-09-30T01:34:50.331350Z\",\"timestamp_ms\":1790732090331}\n");
	trade_format_schema(&format, TRADE_AGGTRADE, TRADE_LITERAL);
	require(w, &format, trade,
		"{\"trade_id\":7,\"price\":83320.60,\"quantity\":1e-8,\"timestamp\":1790732090331,"
		"\"is_buyer_maker\":true,\"symbol\":\"BTC/USD\"}\n");
	trade.side = TRADE_BUY;
	trade.has_id = false;
	require(w, &format, trade,
		"{\"price\":83320.60,\"quantity\":1e-8,\"timestamp\":1790732090331,"
		"\"is_buyer_maker\":false,\"symbol\":\"BTC/USD\"}\n");
	trade.side = TRADE_SIDE_UNKNOWN;
	require(w, &format, trade,
		"{\"price\":83320.60,\"quantity\":1e-8,\"timestamp\":1790732090331,"
		"\"symbol\":\"BTC/USD\"}\n");
}

static void test_fields(struct written *w)
{
	static const struct {
		const char *list, *reason;
	} bad[] = {
		{"", "'' is no member of a Trade record"},
		{"price,", "'' is no member of a Trade record"},
		{"price,symbol", "'symbol' is no member of a Trade record"},
		{"price,side,price", "'price' is named twice"},
	};
	struct trade trade = make("x", "1.0", "2", NS, 0, TRADE_SIDE_UNKNOWN, "k");
	struct trade_format format;
	struct err err;

	TAP_OK(trade_format_fields(&format, "exchange,quantity,price", TRADE_CANONICAL, &err) == 0,
		"a list");
	require(w, &format, trade, "{\"exchange\":\"k\",\"quantity\":2,\"price\":1}\n");
	trade_format_fields(&format, "side,trade_id", TRADE_CANONICAL, &err);
	require(w, &format, trade, "{}\n");
	trade_format_fields(&format, "side,price", TRADE_CANONICAL, &err);
	require(w, &format, trade, "{\"price\":1}\n");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		TAP_OK(trade_format_fields(&format, bad[i].list, TRADE_CANONICAL, &err) == -1 &&
				err.code == EXIT_USAGE && strcmp(err.text, bad[i].reason) == 0,
			"'%s': %s", bad[i].list, err.text);
}

/* Names as long as they may be, all of them escapes, and numbers likewise. */
static void test_longest(struct written *w)
{
	char name[TRADE_NAME_MAX + 1] = {0};
	struct trade trade = make("", "1e127", "1e-126", NS, UINT64_MAX, TRADE_SELL, "");
	struct trade_format format;
	char digits[10000];

	trade.product = trade.exchange = span_make(name, TRADE_NAME_MAX);
	trade_format_schema(&format, TRADE_FULL, TRADE_CANONICAL);
	TAP_OK(strlen(text_of(w, &format, &trade)) > 2 * QUOTE_GROWTH * TRADE_NAME_MAX,
		"the longest record");
	memset(digits, '0', sizeof digits);
	memcpy(digits, "1.", 2);
	decimal_read(span_make(digits, sizeof digits), &trade.price);
	trade_format_schema(&format, TRADE_FULL, TRADE_LITERAL);
	TAP_OK(strlen(text_of(w, &format, &trade)) > sizeof digits, "a long literal");
}

int main(void)
{
	struct written w;

	written_open(&w);
	test_full(&w);
	test_time_text(&w);
	test_schemas(&w);
	test_fields(&w);
	test_longest(&w);
	written_close(&w);
	return tap_end();
}
