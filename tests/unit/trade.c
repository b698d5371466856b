/* The Trade record. */
#include "market/trade.h"

#include "base/quote.h"
#include "tap.h"
#include "written.h"

#define NS INT64_C(1790732090331350999)

static const struct {
	struct trade trade;
	const char *text;
} good[] = {
	{{SPAN("BTC/USD"), SPAN("83320.6"), SPAN("0.00034127"), NS, 109583109, TRADE_BUY,
		 SPAN("kraken")},
		"{\"product_id\":\"BTC/USD\",\"price\":83320.6,\"quantity\":0.00034127,"
		"\"timestamp\":\"2026-09-30T01:34:50.331350Z\",\"timestamp_ms\":1790732090331,"
		"\"trade_id\":109583109,\"side\":\"buy\",\"exchange\":\"kraken\"}\n"},
	{{SPAN("a\"\\\n\xc3\xa9"), SPAN("2668.00"), SPAN("1e-8"), 1, 0, TRADE_SIDE_UNKNOWN,
		 SPAN("binance-um")},
		"{\"product_id\":\"a\\\"\\\\\\n\xc3\xa9\",\"price\":2668,\"quantity\":0.00000001,"
		"\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"timestamp_ms\":0,"
		"\"exchange\":\"binance-um\"}\n"},
	{{SPAN("x"), SPAN("1"), SPAN("1.50"), INT64_MAX, UINT64_MAX, TRADE_SELL, SPAN("y")},
		"{\"product_id\":\"x\",\"price\":1,\"quantity\":1.5,"
		"\"timestamp\":\"2262-04-11T23:47:16.854775Z\",\"timestamp_ms\":9223372036854,"
		"\"trade_id\":18446744073709551615,\"side\":\"sell\",\"exchange\":\"y\"}\n"},
};

static const struct {
	struct trade trade;
	const char *reason;
} bad[] = {
	{{SPAN(""), SPAN("1"), SPAN("1"), NS, 1, TRADE_BUY, SPAN("x")}, "product_id is empty"},
	{{SPAN("a"), SPAN("0"), SPAN("1"), NS, 1, TRADE_BUY, SPAN("x")}, "price is not above zero"},
	{{SPAN("a"), SPAN("x"), SPAN("1"), NS, 1, TRADE_BUY, SPAN("x")}, "price is not a number"},
	{{SPAN("a"), SPAN("1e999"), SPAN("1"), NS, 1, TRADE_BUY, SPAN("x")},
		"price has more than 64 digits, or 128 without an exponent"},
	{{SPAN("a"), SPAN("1"), SPAN("-1"), NS, 1, TRADE_BUY, SPAN("x")},
		"quantity is not above zero"},
	{{SPAN("a"), SPAN("1"), SPAN(""), NS, 1, TRADE_BUY, SPAN("x")}, "quantity is not a number"},
	{{SPAN("a"), SPAN("1"), SPAN("1e-999"), NS, 1, TRADE_BUY, SPAN("x")},
		"quantity has more than 64 digits, or 128 without an exponent"},
	{{SPAN("a"), SPAN("1"), SPAN("1"), 0, 1, TRADE_BUY, SPAN("x")},
		"timestamp is not after 1970"},
	{{SPAN("a"), SPAN("1"), SPAN("1"), -1, 1, TRADE_BUY, SPAN("x")},
		"timestamp is not after 1970"},
};

/* Names as long as they may be, all of them escapes, and one byte longer. */
static void test_names(struct written *w)
{
	char name[TRADE_NAME_MAX + 1] = {0};
	struct trade trade = {span_make(name, TRADE_NAME_MAX), SPAN("1e127"), SPAN("1e-126"), NS,
		UINT64_MAX, TRADE_SELL, span_make(name, TRADE_NAME_MAX)};
	const char *reason;

	TAP_OK(trade_write(w->out, &trade, &reason) == 0 &&
			strlen(written_text(w)) > 2 * QUOTE_GROWTH * TRADE_NAME_MAX,
		"the longest record");
	trade.product.n++;
	TAP_OK(trade_write(w->out, &trade, &reason) == 1 &&
			strcmp(reason, "product_id is longer than 256 bytes") == 0,
		"product_id is longer than 256 bytes");
	trade.product.n--;
	trade.exchange.n++;
	TAP_OK(trade_write(w->out, &trade, &reason) == 1 &&
			strcmp(reason, "exchange is longer than 256 bytes") == 0,
		"exchange is longer than 256 bytes");
}

int main(void)
{
	struct written w;
	const char *reason;

	written_open(&w);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		bool right = trade_write(w.out, &good[i].trade, &reason) == 0;
		TAP_OK(right && strcmp(written_text(&w), good[i].text) == 0, "record %zu", i);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int result = trade_write(w.out, &bad[i].trade, &reason);
		TAP_OK(result == 1 && strcmp(reason, bad[i].reason) == 0, "%s", bad[i].reason);
	}
	TAP_OK(*written_text(&w) == '\0', "nothing is written of what is refused");
	test_names(&w);
	written_close(&w);
	return tap_end();
}
