#include "market/binance_days.h"

#include <string.h>

#include "base/diag.h"
#include "base/stamp.h"
#include "tap.h"

static int64_t ns(const char *text)
{
	int64_t value = -1;

	stamp_parse(span_text(text), &value, NULL);
	return value;
}

static void test_days(void)
{
	static const struct {
		const char *name, *since, *until, *now, *first, *last; /* first NULL: none */
	} cases[] = {
		{"whole days", "2024-12-30T00:00:00Z", "2025-01-02T00:00:00Z",
			"2025-02-01T12:00:00Z", "2024-12-30", "2025-01-01"},
		{"parts of days", "2024-12-30T23:59:59.999999999Z",
			"2025-01-01T00:00:00.000000001Z", "2025-02-01T12:00:00Z", "2024-12-30",
			"2025-01-01"},
		{"not the day that goes on", "2024-12-30T00:00:00Z", "2025-01-02T11:00:00Z",
			"2025-01-02T12:00:00Z", "2024-12-30", "2025-01-01"},
		{"at midnight the day before is over", "2024-12-30T00:00:00Z",
			"2025-01-02T00:00:00Z", "2025-01-02T00:00:00Z", "2024-12-30", "2025-01-01"},
		{"none but today", "2025-01-02T01:00:00Z", "2025-01-02T02:00:00Z",
			"2025-01-02T12:00:00Z", NULL, NULL},
		{"one", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000001Z",
			"2025-01-02T12:00:00Z", "2024-02-29", "2024-02-29"},
		{"none", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z", "2025-01-02T12:00:00Z",
			NULL, NULL},
		{"from the beginning of time", "1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z",
			"2025-01-02T12:00:00Z", "1970-01-01", "1970-01-01"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct binance_days days =
			binance_days_of(ns(cases[i].since), ns(cases[i].until), ns(cases[i].now));
		char first[BINANCE_DATE_MAX], last[BINANCE_DATE_MAX];

		if (!cases[i].first) {
			TAP_OK(days.next > days.last, "%s", cases[i].name);
			continue;
		}
		binance_days_date(days.next, first);
		binance_days_date(days.last, last);
		TAP_OK(strcmp(first, cases[i].first) == 0 && strcmp(last, cases[i].last) == 0,
			"%s: %s to %s", cases[i].name, first, last);
	}
}

static void test_paths(void)
{
	static const struct {
		enum binance_market market;
		const char *symbol, *path;
	} cases[] = {
		{BINANCE_SPOT, "BTCUSDT",
			"/data/spot/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-12-30.zip"},
		{BINANCE_UM, "BTCUSDT",
			"/data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-12-30.zip"},
		{BINANCE_CM, "BTCUSD_PERP",
			"/data/futures/cm/daily/aggTrades/BTCUSD_PERP/"
			"BTCUSD_PERP-aggTrades-2024-12-30.zip"},
	};
	int64_t day = ns("2024-12-30T00:00:00Z") / (24 * 60 * 60 * STAMP_NS_PER_S);
	struct buf path;

	buf_init(&path, 1024);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&path);
		TAP_OK(binance_days_path(&path, cases[i].market, cases[i].symbol, day) == 0 &&
				span_is_text(buf_span(&path), cases[i].path),
			"%s", cases[i].path);
	}
	buf_clear(&path);
	buf_add_text(&path, "https://example.org");
	binance_days_path(&path, BINANCE_SPOT, "X", day);
	TAP_OK(strcmp(path.data,
		       "https://example.org/data/spot/daily/aggTrades/X/"
		       "X-aggTrades-2024-12-30.zip") == 0,
		"behind what there is");
	buf_release(&path);
	buf_init(&path, 20);
	TAP_OK(binance_days_path(&path, BINANCE_SPOT, "X", day) < 0, "no room");
	buf_release(&path);
}

int main(void)
{
	diag_init("binance_days");
	test_days();
	test_paths();
	return tap_end();
}
