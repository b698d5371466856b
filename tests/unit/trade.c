/* The bounds of a trade. */
#include "market/trade.h"

#include "tap.h"

#define NS INT64_C(1790732090331350999)

static struct trade usual(void)
{
	return (struct trade){.product = SPAN("BTC/USD"),
		.exchange = SPAN("kraken"),
		.time_ns = NS,
		.id = 1,
		.has_id = true};
}

static void require(const struct trade *trade, const char *reason, const char *what)
{
	const char *got = trade_check(trade);

	TAP_OK(got == reason || (got && reason && strcmp(got, reason) == 0), "%s: %s", what,
		got ? got : "within bounds");
}

static void test_names(void)
{
	static const char long_name[TRADE_NAME_MAX + 1] = {0};
	struct trade trade = usual();

	require(&trade, NULL, "a usual trade");
	trade.product = span_make(long_name, TRADE_NAME_MAX);
	trade.exchange = trade.product;
	trade.id = UINT64_MAX;
	require(&trade, NULL, "names as long as they may be");
	trade.product.n++;
	require(&trade, "product_id is longer than 256 bytes", "a long product");
	trade = usual();
	trade.exchange = span_make(long_name, TRADE_NAME_MAX + 1);
	require(&trade, "exchange is longer than 256 bytes", "a long exchange");
	trade = usual();
	trade.product = span_text("");
	require(&trade, "product_id is empty", "no product");
	trade = usual();
	trade.exchange = span_text("");
	require(&trade, NULL, "an unknown exchange");
}

static void test_ids(void)
{
	static const struct {
		const char *exchange;
		bool from_zero;
	} exchanges[] = {{"binance", true}, {"binance-um", true}, {"binance-cm", true},
		{"binance2", false}, {"kraken", false}, {"b", false}, {"", true}};

	for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++) {
		struct trade trade = usual();
		trade.exchange = span_text(exchanges[i].exchange);
		trade.id = 0;
		require(&trade, exchanges[i].from_zero ? NULL : "trade_id is 0",
			exchanges[i].exchange);
		trade.has_id = false;
		require(&trade, NULL, "no id");
	}
}

static void test_times(void)
{
	struct trade trade = usual();
	int64_t ns = -1;

	trade.time_ns = 0;
	require(&trade, "timestamp is not after 1970", "the first moment");
	trade.time_ns = -1;
	require(&trade, "timestamp is not after 1970", "a moment before");
	trade.time_ns = 999;
	require(&trade, "timestamp is not after 1970", "what is written as the first moment");
	trade.time_ns = 1000;
	require(&trade, NULL, "a microsecond after");
	TAP_OK(trade_time_ms(1498793709153, &ns) == 0 && ns == INT64_C(1498793709153000000), "ms");
	TAP_OK(trade_time_us(1735689600010866, &ns) == 0 && ns == INT64_C(1735689600010866000),
		"us");
	TAP_OK(trade_time_ms(INT64_MAX / 1000000, &ns) == 0 && ns == INT64_C(9223372036854000000),
		"the last ms");
	TAP_OK(trade_time_ms(INT64_MAX / 1000000 + 1, &ns) == -1, "a ms beyond");
	TAP_OK(trade_time_us(INT64_MAX / 1000 + 1, &ns) == -1, "a us beyond");
	TAP_OK(trade_time_us(UINT64_MAX, &ns) == -1, "far beyond");
}

static void test_amounts(void)
{
	static const struct {
		const char *name, *token, *reason;
	} cases[] = {
		{"price", "83320.60", NULL},
		{"price", "", "price is not a number"},
		{"quantity", "0", "quantity is not above zero"},
		{"qty", "1e999", "qty has more than 64 digits, or 128 without an exponent"},
		{"volume", "x", "volume is not a number"},
		{"p", "-1", "p is not above zero"},
		{"q", "1e-999", "q has more than 64 digits, or 128 without an exponent"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct decimal amount;
		const char *got =
			trade_read_amount(cases[i].name, span_text(cases[i].token), &amount);
		TAP_OK(cases[i].reason ? got && strcmp(got, cases[i].reason) == 0
				       : !got && span_is_text(amount.token, cases[i].token),
			"%s %s", cases[i].name, cases[i].token);
	}
}

int main(void)
{
	test_names();
	test_ids();
	test_times();
	test_amounts();
	return tap_end();
}
