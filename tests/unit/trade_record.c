/* Trade records, read back. */
#include "market/trade_record.h"

#include <stdlib.h>

#include "market/trade_format.h"
#include "shown.h"
#include "tap.h"
#include "written.h"

#define PRODUCT "\"product_id\":\"BTC/USD\""
#define PRICE "\"price\":83320.6"
#define QUANTITY "\"quantity\":0.00034127"
#define TIME "\"timestamp\":\"2026-09-30T01:34:50.331350Z\""
#define TIME_MS "\"timestamp_ms\":1790732090331"
#define ID "\"trade_id\":109583109"
#define SIDE "\"side\":\"buy\""
#define EXCHANGE "\"exchange\":\"kraken\""
#define FIVE PRODUCT "," PRICE "," QUANTITY "," TIME "," TIME_MS
#define USUAL "{" FIVE "," ID "," SIDE "," EXCHANGE "}"
#define AMOUNTS "83320.6 0.00034127 1790732090331350000"
#define USUAL_SHOWN "kraken BTC/USD " AMOUNTS " id=109583109 buy time"

static const struct {
	const char *record, *shown;
	bool plain;
} good[] = {
	{USUAL, USUAL_SHOWN, true},
	{"{" FIVE "," EXCHANGE "}", "kraken BTC/USD " AMOUNTS " time", true},
	{"{" FIVE "," ID "," EXCHANGE "}", "kraken BTC/USD " AMOUNTS " id=109583109 time", true},
	{"{" FIVE ",\"trade_id\":0,\"side\":\"sell\",\"exchange\":\"binance\"}",
		"binance BTC/USD " AMOUNTS " id=0 sell time", true},
	{"{" FIVE ",\"trade_id\":18446744073709551615," EXCHANGE "}",
		"kraken BTC/USD " AMOUNTS " id=18446744073709551615 time", false},
	{"{\"product_id\":\"x\",\"price\":2668.00,\"quantity\":10," TIME "," TIME_MS
	 ",\"exchange\":\"\"}",
		"- x 2668.00 10 1790732090331350000 time", true},
	{" {" EXCHANGE " , " SIDE "," ID "," TIME_MS "," TIME "," QUANTITY "," PRICE "," PRODUCT
	 ",\"new\":[1]}\r",
		USUAL_SHOWN, false},
	{"{" FIVE "}", "- BTC/USD " AMOUNTS " time", false},
	{"{" FIVE ",\"trade_id\":null,\"side\":null,\"exchange\":null}",
		"- BTC/USD " AMOUNTS " time", false},
	{"{" PRODUCT "," PRICE "," QUANTITY "," TIME "}", "- BTC/USD " AMOUNTS " time", false},
	{"{" PRODUCT "," PRICE "," QUANTITY "," TIME_MS "}",
		"- BTC/USD 83320.6 0.00034127 1790732090331000000", false},
	{"{" PRODUCT ",\"price\":\"83320.60\",\"quantity\":\"1e-8\"," TIME "}",
		"- BTC/USD 83320.60 1e-8 1790732090331350000 time", false},
	{"{" FIVE ",\"trade_id\":\"18446744073709551615\"}",
		"- BTC/USD " AMOUNTS " id=18446744073709551615 time", false},
	{"{" FIVE ",\"trade_id\":\"1\\u0030\",\"side\":\"\\u0073ell\"}",
		"- BTC/USD " AMOUNTS " id=10 sell time", false},
	{"{\"product_id\":\"\\u00e9\\/\\\"\",\"exchange\":\"\\u20ac\\t\"," PRICE "," QUANTITY
	 "," TIME "}",
		"\xe2\x82\xac\t \xc3\xa9/\" " AMOUNTS " time", false},
	{"{\"product_id\":\"BTC/USD\",\"exchange\":\"krak\\u0065n\"," PRICE "," QUANTITY "," TIME
	 "}",
		"kraken BTC/USD " AMOUNTS " time", false},
	{"{" PRODUCT "," PRICE "," QUANTITY
	 ",\"timestamp\":\"2026-09-30T03:34:50.331350999+02:00\"," TIME_MS "}",
		"- BTC/USD 83320.6 0.00034127 1790732090331350999", false},
	{"{" PRODUCT "," PRICE "," QUANTITY
	 ",\"timestamp\":\"2026-09-30t01:34:50.331350z\"," TIME_MS "}",
		"- BTC/USD " AMOUNTS, false},
	{"{" PRODUCT "," PRICE "," QUANTITY
	 ",\"timestamp\":\"2026\\u002d09-30T01:34:50.331350Z\"," TIME_MS "}",
		"- BTC/USD " AMOUNTS, false},
	{"{" PRODUCT "," PRICE "," QUANTITY ",\"timestamp\":\"1970-01-01T00:00:00.000999Z\","
	 "\"timestamp_ms\":0}",
		"- BTC/USD 83320.6 0.00034127 999000 time", false},
};

#define WITH(member) "{" FIVE "," ID "," SIDE "," EXCHANGE "," member "}"
#define ID_REASON "trade_id is not an integer from 0 to 18446744073709551615"
#define TIME_REASON "timestamp is not an RFC 3339 time between 1970 and 2262"
#define MS_REASON "timestamp_ms is not an integer of milliseconds between 1970 and 2262"

static const struct {
	const char *record, *reason;
} bad[] = {
	{"", "not JSON: ends too early"},
	{"[]", "not a JSON object"},
	{USUAL ",", "not JSON: something behind the value"},
	{WITH("\"price\":01"), "not JSON: a number with leading zeros"},
	{"{}", "product_id is missing"},
	{"{" PRICE "," QUANTITY "," TIME "," EXCHANGE "}", "product_id is missing"},
	{WITH("\"product_id\":1"), "product_id is not a string"},
	{WITH("\"product_id\":null"), "product_id is not a string"},
	{"{" PRODUCT "," QUANTITY "," TIME "}", "price is missing"},
	{WITH("\"price\":null"), "price is not a number"},
	{WITH("\"price\":[1]"), "price is not a number"},
	{WITH("\"price\":\"\""), "price is not a number"},
	{WITH("\"price\":\" 1\""), "price is not a number"},
	{WITH("\"price\":\"\\u0031\""), "price is not a number"},
	{WITH("\"price\":\"0\""), "price is not above zero"},
	{WITH("\"price\":-1"), "price is not above zero"},
	{WITH("\"price\":1e999"), "price has more than 64 digits, or 128 without an exponent"},
	{"{" PRODUCT "," PRICE "," TIME "}", "quantity is missing"},
	{WITH("\"quantity\":true"), "quantity is not a number"},
	{WITH("\"quantity\":0.0"), "quantity is not above zero"},
	{"{" PRODUCT "," PRICE "," QUANTITY "}", "timestamp is missing"},
	{WITH("\"timestamp\":1790732090331"), "timestamp is not a string"},
	{WITH("\"timestamp\":null"), "timestamp is not a string"},
	{WITH("\"timestamp\":\"2026-09-30\""), TIME_REASON},
	{WITH("\"timestamp\":\"2026-09-30T01:34:60Z\""), TIME_REASON},
	{WITH("\"timestamp\":\"2026-09-30T01:34:50.3313500000Z\""),
		"timestamp has more than 9 fractional digits"},
	{WITH("\"timestamp_ms\":\"1790732090331\""), MS_REASON},
	{WITH("\"timestamp_ms\":null"), MS_REASON},
	{WITH("\"timestamp_ms\":-1"), MS_REASON},
	{WITH("\"timestamp_ms\":1790732090331.0"), MS_REASON},
	{WITH("\"timestamp_ms\":9223372036855"), MS_REASON},
	{WITH("\"timestamp_ms\":1790732090332"), "timestamp_ms is another moment than timestamp"},
	{WITH("\"timestamp_ms\":1790732090330"), "timestamp_ms is another moment than timestamp"},
	{WITH("\"timestamp_ms\":1790732090"), "timestamp_ms is another moment than timestamp"},
	{WITH("\"trade_id\":-1"), ID_REASON},
	{WITH("\"trade_id\":1.0"), ID_REASON},
	{WITH("\"trade_id\":true"), ID_REASON},
	{WITH("\"trade_id\":\"\""), ID_REASON},
	{WITH("\"trade_id\":\"1e3\""), ID_REASON},
	{WITH("\"trade_id\":\"0007\""), ID_REASON},
	{WITH("\"trade_id\":\"\\u0030\\u0037\""), ID_REASON},
	{WITH("\"trade_id\":\"00\""), ID_REASON},
	{WITH("\"trade_id\":18446744073709551616"), ID_REASON},
	{WITH("\"side\":1"), "side is not a string"},
	{WITH("\"side\":\"Buy\""), "side is neither buy nor sell"},
	{WITH("\"side\":\"\""), "side is neither buy nor sell"},
	{WITH("\"exchange\":1"), "exchange is not a string"},
};

/* The long way. */
static const char *read_record(struct span text, struct buf *names, struct trade *trade)
{
	struct trade_record record;
	const char *reason = trade_record_scan(text, &record);

	return reason ? reason : trade_record_read(&record, names, trade);
}

static void test_tables(struct buf *names)
{
	char text[SHOWN_MAX] = "";
	struct trade trade;
	const char *reason;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct span record = span_text(good[i].record);
		reason = read_record(record, names, &trade);
		TAP_OK(!reason && strcmp(shown(&trade, text), good[i].shown) == 0, "%s: %s",
			good[i].record, reason ? reason : text);
		bool plain = trade_record_read_plain(record, &trade);
		TAP_OK(plain == good[i].plain &&
				(!plain || strcmp(shown(&trade, text), good[i].shown) == 0),
			"the shortcut %s that", plain ? "takes" : "leaves");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		reason = read_record(span_text(bad[i].record), names, &trade);
		TAP_OK(reason && strcmp(reason, bad[i].reason) == 0 &&
				!trade_record_read_plain(span_text(bad[i].record), &trade),
			"%s: %s (%s)", bad[i].record, bad[i].reason, reason ? reason : "");
	}
}

/* A record of just TRADE_RECORD_MAX bytes, all of it escapes in its names, and one that is longer. */
static void test_bounds(struct buf *names)
{
	static const char front[] = "{" PRICE "," QUANTITY "," TIME ",\"product_id\":\"";
	static const char middle[] = "\\n\",\"exchange\":\"\\u0001";
	struct buf record;
	struct trade trade;
	const char *reason;

	buf_init(&record, TRADE_RECORD_MAX + 1024);
	buf_add_text(&record, front);
	while (record.len < TRADE_RECORD_MAX / 2)
		buf_add_text(&record, "\\t");
	buf_add_text(&record, middle);
	while (record.len < TRADE_RECORD_MAX - 2)
		buf_add_text(&record, "x");
	buf_add_text(&record, "\"}");
	reason = read_record(buf_span(&record), names, &trade);
	TAP_OK(!reason && trade.product.n > TRADE_RECORD_MAX / 5 && trade.product.p[0] == '\t' &&
			trade.product.p[trade.product.n - 1] == '\n' &&
			trade.exchange.p[0] == '\1' &&
			trade.exchange.p[trade.exchange.n - 1] == 'x',
		"a record of 64 KiB");
	record.len -= 2;
	buf_add_text(&record, "x\"}");
	reason = read_record(buf_span(&record), names, &trade);
	TAP_OK(reason && strcmp(reason, "a record of more than 65536 bytes") == 0, "and no longer");
	buf_clear(&record);
	buf_add_text(&record, "{\"product_id\":\"");
	while (record.len < TRADE_RECORD_MAX)
		buf_add_text(&record, "x");
	buf_add_text(&record, "\"," PRICE "," QUANTITY "," TIME "," TIME_MS "," EXCHANGE "}");
	TAP_OK(!trade_record_read_plain(buf_span(&record), &trade), "by the shortcut neither");
	buf_release(&record);
}

/* What the shortcut takes is what the long way reads. */
static bool ways_agree(const char *record, size_t n, struct buf *names, bool *taken)
{
	char fast_text[SHOWN_MAX], slow_text[SHOWN_MAX];
	struct trade fast, slow;
	char *exact = malloc(n ? n : 1); /* so that a sanitizer sees who reads beyond */
	bool agree;

	if (!exact)
		abort();
	memcpy(exact, record, n);
	*taken = trade_record_read_plain(span_make(exact, n), &fast);
	agree = !*taken ||
		(!read_record(span_make(exact, n), names, &slow) &&
			strcmp(shown(&fast, fast_text), shown(&slow, slow_text)) == 0 &&
			fast.price.plain == slow.price.plain &&
			fast.quantity.plain == slow.quantity.plain && !fast.voided);
	free(exact);
	return agree;
}

static void test_shortcut(struct buf *names)
{
	static const char alphabet[] = "0123456789.-+eE\"\\{}[],: \0\x1f\x7f\x80\xc3ZTtz/ab";
	char record[] = USUAL;
	size_t n = sizeof record - 1;
	size_t wrong = 0, taken_changed = 0;
	bool taken;

	for (size_t cut = 0; cut < n; cut++)
		wrong += !ways_agree(record, cut, names, &taken) || taken;
	TAP_OK(wrong == 0, "the shortcut takes none that is cut short");
	for (size_t i = 0; i < n; i++) {
		char kept = record[i];
		for (size_t c = 0; c < sizeof alphabet - 1; c++) {
			record[i] = alphabet[c];
			wrong += !ways_agree(record, n, names, &taken);
			taken_changed += taken;
		}
		record[i] = kept;
	}
	TAP_OK(wrong == 0 && taken_changed > 100, "both ways read the same, whatever byte changes");
}

/* What trade_write() wrote is read back, whatever the numbers look like. */
static void test_written(struct buf *names)
{
	static const enum trade_numbers spellings[] = {
		TRADE_CANONICAL, TRADE_QUOTED, TRADE_LITERAL};
	struct trade_format format;
	struct trade trade, again = {.has_id = false};
	struct span record;
	struct written w;
	char first[SHOWN_MAX], second[SHOWN_MAX];
	const char *reason;

	written_open(&w);
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		trade_format_schema(&format, TRADE_FULL, spellings[i]);
		read_record(span_text(USUAL), names, &trade);
		trade.product = span_text("a\"\\\t/\xc3\xa9");
		reason = "";
		if (trade_write(w.out, &format, &trade, &record, &reason) == 0)
			reason = read_record(record, names, &again);
		TAP_OK(!reason && strcmp(shown(&trade, first), shown(&again, second)) == 0,
			"written with numbers of spelling %zu: %s", i, second);
	}
	trade_format_schema(&format, TRADE_STRICT, TRADE_CANONICAL);
	TAP_OK(trade_write(w.out, &format, &trade, &record, &reason) == 0 &&
			!read_record(record, names, &again) && again.exchange.n == 0 &&
			!again.has_id && again.side == TRADE_SIDE_UNKNOWN,
		"of --schema strict the exchange, the id and the side are unknown");
	written_close(&w);
}

int main(void)
{
	struct buf names;

	buf_init(&names, 2 * TRADE_RECORD_MAX);
	test_tables(&names);
	test_bounds(&names);
	test_shortcut(&names);
	test_written(&names);
	buf_release(&names);
	return tap_end();
}
