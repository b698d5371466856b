/* Streams judged: what counts as missing, repeated and out of order; what is summed and hashed. */
#include "market/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"

#include "tap.h"

#define NOW INT64_C(1790732090331350999) /* 2026-09-30T01:34:50.331350999Z */
#define TOP UINT64_MAX

enum { STEPS_MAX = 8 };

enum kind { PLAIN, VOID, NO_ID, VOID_NO_ID };

struct step {
	uint64_t id;
	int64_t after_ns; /* NOW */
	enum kind kind;
};

static void set_amounts(struct trade *trade, const char *price, const char *quantity)
{
	if (decimal_read(span_text(price), &trade->price) ||
		decimal_read(span_text(quantity), &trade->quantity))
		abort();
}

static struct trade make(const char *exchange, const char *product, const struct step *step)
{
	struct trade trade = {.exchange = span_text(exchange),
		.product = span_text(product),
		.time_ns = NOW + step->after_ns,
		.side = TRADE_BUY};

	trade.has_id = step->kind == PLAIN || step->kind == VOID;
	trade.voided = step->kind == VOID || step->kind == VOID_NO_ID;
	if (trade.has_id)
		trade.id = step->id;
	if (!trade.voided)
		set_amounts(&trade, "2.5", "0.5");
	return trade;
}

static void add(
	struct streams *streams, const char *exchange, const char *product, const struct step *step)
{
	struct trade trade = make(exchange, product, step);

	streams_add(streams, &trade);
}

/* What is said of one stream after some trades. */
static const struct {
	const char *name, *exchange;
	size_t n;
	struct step steps[STEPS_MAX];
	uint64_t count, voided, missing, duplicates, disordered, without_id;
	uint64_t first_id, last_id;
	int64_t first, last; /* after NOW */
	bool whole;
} cases[] = {
	{"in order", "kraken", 3, {{7, 0, 0}, {8, 0, 0}, {9, 5, 0}}, 3, 0, 0, 0, 0, 0, 7, 9, 0, 5,
		true},
	{"missing", "kraken", 2, {{7, 0, 0}, {10, 1, 0}}, 2, 0, 2, 0, 0, 0, 7, 10, 0, 1, false},
	{"repeated", "kraken", 3, {{7, 0, 0}, {8, 1, 0}, {8, 2, 0}}, 3, 0, 0, 1, 0, 0, 7, 8, 0, 1,
		false},
	{"repeated, of an earlier time", "kraken", 3, {{7, 0, 0}, {8, 5000, 0}, {7, 0, 0}}, 3, 0, 0,
		1, 0, 0, 7, 8, 0, 5000, false},
	{"late", "kraken", 3, {{7, 0, 0}, {9, 2, 0}, {8, 1, 0}}, 3, 0, 0, 0, 1, 0, 7, 9, 0, 2,
		false},
	{"late by its id and its time, once", "binance", 3, {{7, 5000, 0}, {9, 9000, 0}, {8, 0, 0}},
		3, 0, 0, 0, 1, 0, 7, 9, 5000, 9000, false},
	{"below the first", "kraken", 3, {{7, 5, 0}, {5, 3, 0}, {8, 6, 0}}, 3, 0, 1, 0, 1, 0, 5, 8,
		3, 6, false},
	{"a step back that is none", "kraken", 3, {{7, 2000, 0}, {8, 0, 0}, {9, 1999, 0}}, 3, 0, 0,
		0, 0, 0, 7, 9, 2000, 1999, true},
	{"none in microseconds", "kraken", 2, {{7, 2000, 0}, {8, -999, 0}}, 2, 0, 0, 0, 0, 0, 7, 8,
		2000, -999, true},
	{"a step back", "kraken", 2, {{7, 2001, 0}, {8, 0, 0}}, 2, 0, 0, 0, 1, 0, 7, 8, 2001, 0,
		false},
	{"steps back are from the latest time", "kraken", 3,
		{{7, 2500, 0}, {8, 1000, 0}, {9, 0, 0}}, 3, 0, 0, 0, 1, 0, 7, 9, 2500, 0, false},
	{"none within a microsecond elsewhere", "binance", 2, {{7, 0, 0}, {8, -999, 0}}, 2, 0, 0, 0,
		0, 0, 7, 8, 0, -999, true},
	{"any step back elsewhere", "binance", 2, {{7, 1, 0}, {8, 0, 0}}, 2, 0, 0, 0, 1, 0, 7, 8, 1,
		0, false},
	{"also where the name only begins so", "krakens", 2, {{7, 1, 0}, {8, 0, 0}}, 2, 0, 0, 0, 1,
		0, 7, 8, 1, 0, false},
	{"of an unknown exchange", "", 2, {{7, 1, 0}, {8, 0, 0}}, 2, 0, 0, 0, 1, 0, 7, 8, 1, 0,
		false},
	{"a jump back in time", "binance", 2, {{7, 1, 0}, {9, 0, 0}}, 2, 0, 1, 0, 1, 0, 7, 9, 1, 0,
		false},
	{"void ones fill their places", "kraken", 4,
		{{6, 0, VOID}, {7, 1, 0}, {8, 2, VOID}, {9, 3, 0}}, 2, 2, 0, 0, 0, 0, 7, 9, 1, 3,
		true},
	{"the time of a void one is not looked at", "binance", 4,
		{{6, 1, 0}, {7, 0, VOID}, {8, 9000, VOID}, {9, 2, 0}}, 2, 2, 0, 0, 0, 0, 6, 9, 1, 2,
		true},
	{"void ones alone", "kraken", 2, {{6, 0, VOID}, {8, 0, VOID}}, 0, 2, 1, 0, 0, 0, 0, 0, -NOW,
		-NOW, false},
	{"a void one repeated, and late", "kraken", 5,
		{{6, 0, 0}, {8, 0, 0}, {7, 0, VOID}, {7, 0, VOID}, {8, 0, VOID}}, 2, 3, 0, 2, 1, 0,
		6, 8, 0, 0, false},
	{"a void one without id", "kraken", 2, {{6, 0, 0}, {0, 0, VOID_NO_ID}}, 1, 1, 0, 0, 0, 0, 6,
		6, 0, 0, true},
	{"without ids", "kraken", 3, {{0, 5, NO_ID}, {0, 3, NO_ID}, {0, 9, NO_ID}}, 3, 0, 0, 0, 0,
		3, 0, 0, 5, 9, false},
	{"without ids, the last one earlier", "binance", 2, {{0, 5, NO_ID}, {0, -5000, NO_ID}}, 2,
		0, 0, 0, 1, 2, 0, 0, 5, -5000, false},
	{"with and without", "binance", 4, {{0, 1, NO_ID}, {7, 2, 0}, {8, 3, 0}, {0, 4, NO_ID}}, 4,
		0, 0, 0, 0, 2, 7, 8, 2, 3, false},
	{"ids up to the last one", "binance", 4, {{0, 0, 0}, {TOP, 1, 0}, {1, 1, 0}, {TOP, 1, 0}},
		4, 0, TOP - 2, 1, 1, 0, 0, TOP, 0, 1, false},
};

static bool is_case(size_t i, const struct stream *stream)
{
	return stream->count == cases[i].count && stream->voided == cases[i].voided &&
		gaps_total(&stream->gaps) == cases[i].missing &&
		stream->duplicates == cases[i].duplicates &&
		stream->disordered == cases[i].disordered &&
		stream->without_id == cases[i].without_id &&
		stream->first_id == cases[i].first_id && stream->last_id == cases[i].last_id &&
		stream->first_ns == NOW + cases[i].first &&
		stream->last_ns == NOW + cases[i].last && stream_is_whole(stream) == cases[i].whole;
}

static bool is_total(const struct streams *streams, size_t i)
{
	return streams->missing == cases[i].missing && streams->duplicates == cases[i].duplicates &&
		streams->disordered == cases[i].disordered &&
		streams->without_id == cases[i].without_id &&
		streams_are_whole(streams) == cases[i].whole;
}

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct streams streams = {.items = NULL};
		for (size_t k = 0; k < cases[i].n; k++)
			add(&streams, cases[i].exchange, "BTC/USD", &cases[i].steps[k]);
		TAP_OK(streams.n == 1 && is_case(i, streams.items[0]) && is_total(&streams, i),
			"%s", cases[i].name);
		streams_release(&streams);
	}
}

/* Times that the records of trades have been cut off from give the same verdict. */
static void test_cut_off(void)
{
	static const int64_t later[] = {0, 1, 999, 1000, 1001, 1999, 2000, 2001, 2999, 3000, 3001};
	enum { LATER = sizeof later / sizeof *later };
	static const char *const exchanges[] = {"kraken", "binance"};
	bool good = true;

	for (size_t i = 0; i < (size_t)LATER * LATER * 2; i++) {
		const char *exchange = exchanges[i % 2];
		struct streams exact = {.n = 0}, cut = {.n = 0};
		int64_t at[2] = {later[i / 2 % LATER], later[i / 2 / LATER]};
		for (size_t k = 0; k < 2; k++) {
			int64_t ns = NOW - NOW % 1000 + at[k];
			add(&exact, exchange, "P", &(struct step){k, ns - NOW, PLAIN});
			add(&cut, exchange, "P", &(struct step){k, ns - ns % 1000 - NOW, PLAIN});
		}
		good = exact.disordered == cut.disordered && good;
		streams_release(&exact);
		streams_release(&cut);
	}
	TAP_OK(good, "trades and their records are judged alike");
}

/* The digest of the text, line by line, is the one given. */
static bool is_digest(const struct digest *digest, const char *text)
{
	struct digest *expected = digest_open();
	char is[DIGEST_HEX], should_be[DIGEST_HEX];

	for (size_t n; *text; text += n) {
		n = strcspn(text, "\n") + 1;
		memcpy(digest_room(expected), text, n);
		digest_wrote(expected, n);
	}
	digest_hex(digest, is);
	digest_hex(expected, should_be);
	digest_close(expected);
	return memcmp(is, should_be, DIGEST_HEX) == 0;
}

static bool is_sum(struct sum *sum, const char *text)
{
	char to[SUM_TEXT_MAX];
	size_t n = sum_write(to, sum);

	return span_is_text(span_make(to, n), text);
}

#define NINES "99999999999999999999999999999999"
#define ZEROS "00000000000000000000000000000000"
#define LONG_PRICE NINES NINES ZEROS ZEROS

static void test_hashed(void)
{
	static const char text[] = "2026-09-30T01:34:50.331350Z";
	struct streams streams = {.items = NULL};
	struct trade trade = make("kraken", "BTC/USD", &(struct step){109583109, 0, PLAIN});
	struct stream *stream;

	set_amounts(&trade, "83320.6", "0.00034127");
	streams_add(&streams, &trade);
	trade = make("kraken", "BTC/USD", &(struct step){109583110, 1, VOID});
	streams_add(&streams, &trade);
	trade = make("kraken", "BTC/USD", &(struct step){109583111, 1, PLAIN});
	trade.side = TRADE_SELL;
	trade.time_text = span_make(text, TRADE_TIME_TEXT);
	set_amounts(&trade, "8.332060e4", "0.00034000");
	streams_add(&streams, &trade);
	streams_add(&streams, &trade);
	trade = make("kraken", "BTC/USD", &(struct step){0, 1001, NO_ID});
	trade.side = TRADE_SIDE_UNKNOWN;
	set_amounts(&trade, "100", "1e-1");
	streams_add(&streams, &trade);
	stream = streams.items[0];
	TAP_OK(is_digest(stream->sha256,
		       "109583109 83320.6 0.00034127 buy\n109583111 83320.6 0.00034 sell\n"
		       "109583111 83320.6 0.00034 sell\n- 100 0.1 -\n"),
		"what is hashed");
	TAP_OK(is_digest(stream->sha256_time,
		       "109583109 83320.6 0.00034127 buy 2026-09-30T01:34:50.331350Z\n"
		       "109583111 83320.6 0.00034 sell 2026-09-30T01:34:50.331350Z\n"
		       "109583111 83320.6 0.00034 sell 2026-09-30T01:34:50.331350Z\n"
		       "- 100 0.1 - 2026-09-30T01:34:50.331352Z\n"),
		"and with the time");
	TAP_OK(is_sum(&stream->quantity, "0.10102127") && is_sum(&stream->value, "95.092829162"),
		"what is summed");
	streams_release(&streams);
}

static void test_longest(void)
{
	struct streams streams = {.items = NULL};
	struct trade trade = make("binance", "X", &(struct step){TOP, 0, PLAIN});
	bool good;

	trade.side = TRADE_SELL;
	set_amounts(&trade, NINES NINES "e64", NINES NINES "e64");
	streams_add(&streams, &trade);
	good = is_digest(streams.items[0]->sha256,
		"18446744073709551615 " LONG_PRICE " " LONG_PRICE " sell\n");
	good = is_digest(streams.items[0]->sha256_time,
		       "18446744073709551615 " LONG_PRICE " " LONG_PRICE
		       " sell 2026-09-30T01:34:50.331350Z\n") &&
		good;
	TAP_OK(good, "the longest line there is");
	for (int i = 0; i < 100; i++)
		streams_add(&streams, &trade);
	TAP_OK(streams.items[0]->count == 101, "and many of them");
	streams_release(&streams);
}

/* Names lie in memory that is gone when they are compared. */
static void add_gone(struct streams *streams, const char *exchange, size_t product, uint64_t id)
{
	char name[32], venue[32];
	struct trade trade;

	snprintf(name, sizeof name, "%s%zu", product % 3 ? "P" : "PRODUCT-OF-A-LONGER-NAME",
		product);
	snprintf(venue, sizeof venue, "%s", exchange);
	trade = make(venue, name, &(struct step){id, 0, PLAIN});
	streams_add(streams, &trade);
}

static void test_interleaved(void)
{
	enum { PRODUCTS = 300, ROUNDS = 5 };
	struct streams streams = {.items = NULL};
	bool good = true;

	for (size_t i = 0; i < (size_t)PRODUCTS * ROUNDS; i++) {
		size_t product = i * 7 % PRODUCTS;
		add_gone(&streams, "kraken", product, i / PRODUCTS + product);
		add_gone(&streams, "binance", product, i / PRODUCTS + 2 * product);
		add_gone(&streams, "kraken", product, i / PRODUCTS + product);
	}
	TAP_OK(streams.n == 2 * (size_t)PRODUCTS, "a stream for each exchange and product");
	for (size_t i = 0; i < streams.n; i++)
		good = streams.items[i]->count == (i % 2 ? 1 : 2) * ROUNDS &&
			streams.items[i]->gaps.n == 0 && good;
	TAP_OK(good, "with its own trades");
	TAP_OK(span_is_text(streams.items[0]->product, "PRODUCT-OF-A-LONGER-NAME0") &&
			span_is_text(streams.items[3]->product, "P7") &&
			span_is_text(streams.items[3]->exchange, "binance"),
		"in the order of their first trades");
	TAP_OK(streams.duplicates == (uint64_t)PRODUCTS * ROUNDS && !streams_are_whole(&streams),
		"duplicates of all of them");
	streams_release(&streams);
	TAP_OK(!streams.items && streams_are_whole(&streams), "released, there are none");
	streams_release(&streams);
}

static void test_names(void)
{
	static const struct {
		struct span exchange, product;
	} names[] = {
		{SPAN("ab"), SPAN("c")},
		{SPAN("a"), SPAN("bc")},
		{SPAN("a"), SPAN("bc\0")},
		{{NULL, 0}, SPAN("bc")},
		{SPAN("bc"), SPAN("a")},
		{SPAN("abcdefgh"), SPAN("ijklmnop")},
		{SPAN("abcdefghijklmnop"), SPAN("a")},
		{SPAN("abcdefgh"), SPAN("ijklmnoq")},
	};
	enum { NAMES = sizeof names / sizeof *names };
	struct streams streams = {.items = NULL};
	bool good = true;

	for (uint64_t i = 0; i < 2 * (uint64_t)NAMES; i++) {
		struct trade trade = make("", "", &(struct step){i / NAMES, 0, PLAIN});
		trade.exchange = names[i % NAMES].exchange;
		trade.product = names[i % NAMES].product;
		streams_add(&streams, &trade);
	}
	for (size_t i = 0; i < streams.n; i++)
		good = streams.items[i]->count == 2 && good;
	TAP_OK(streams.n == NAMES && good && streams_are_whole(&streams), "names alike");
	for (size_t i = 0; i < NAMES; i++) {
		const struct stream *found =
			streams_find(&streams, names[i].exchange, names[i].product);
		good = found == streams.items[i] && found->place == i && good;
	}
	TAP_OK(good && !streams_find(&streams, span_text("bc"), span_text("")) &&
			streams.n == NAMES,
		"found by their names, and none made");
	streams_release(&streams);
}

/* Two streams that lack more ids than can be counted, until some come. */
static void test_missing(void)
{
	struct streams streams = {.items = NULL};
	bool good = true;

	add(&streams, "binance", "A", &(struct step){0, 0, PLAIN});
	add(&streams, "binance", "A", &(struct step){TOP, 0, PLAIN});
	TAP_OK(streams.missing == TOP - 1, "missing from the first to the last id");
	add(&streams, "binance", "B", &(struct step){0, 0, PLAIN});
	add(&streams, "binance", "B", &(struct step){5, 0, PLAIN});
	TAP_OK(streams.missing == TOP, "more than can be counted");
	add(&streams, "binance", "B", &(struct step){2, 0, PLAIN});
	add(&streams, "binance", "A", &(struct step){2, 0, PLAIN});
	TAP_OK(streams.missing == TOP, "still more");
	add(&streams, "binance", "B", &(struct step){4, 0, PLAIN});
	TAP_OK(streams.missing == TOP, "just as many");
	add(&streams, "binance", "B", &(struct step){3, 0, PLAIN});
	TAP_OK(streams.missing == TOP - 1, "one fewer");
	for (uint64_t i = 0; i < 50; i++)
		add(&streams, "binance", "A", &(struct step){TOP / 50 * i + 7, 0, PLAIN});
	for (size_t i = 0; i < streams.n; i++)
		good = !stream_is_whole(streams.items[i]) && good;
	TAP_OK(good && streams.missing == TOP - 51, "and fifty");
	streams_release(&streams);
}

static void test_expect(void)
{
	struct streams streams = {.items = NULL};
	const struct stream *last;
	struct gaps_walk walk;
	const struct gap *gap;

	TAP_OK(!streams_find(&streams, span_text("kraken"), span_text("A")) && !streams.table,
		"none is found among none");
	streams_expect(&streams, span_text("A"), 5, 4);
	TAP_OK(streams.n == 0, "nothing is demanded");
	add(&streams, "kraken", "A", &(struct step){5, 0, PLAIN});
	add(&streams, "kraken", "B", &(struct step){5, 0, PLAIN});
	add(&streams, "binance", "A", &(struct step){6, 0, PLAIN});
	streams_expect(&streams, span_text("B"), 5, 5);
	TAP_OK(streams_are_whole(&streams), "what came is demanded");
	streams_expect(&streams, span_text("A"), 4, 6);
	TAP_OK(streams.missing == 4 && streams.n == 3, "of whatever exchange");
	TAP_OK(!stream_is_whole(streams.items[0]) && stream_is_whole(streams.items[1]) &&
			!stream_is_whole(streams.items[2]),
		"of one product");
	streams_expect(&streams, span_text("C"), 1, 10);
	last = streams.items[streams.n - 1];
	TAP_OK(streams.n == 4 && streams.missing == 14 && span_is_text(last->product, "C") &&
			last->exchange.n == 0 && last->count == 0 && !stream_is_whole(last),
		"a product that never came");
	walk = gaps_walk_start(&last->gaps);
	gap = gaps_walk_next(&walk);
	TAP_OK(last->gaps.n == 1 && gap->first == 1 && gap->last == 10, "all of it is missing");
	streams_expect(&streams, span_text("C"), 8, 12);
	TAP_OK(streams.n == 4 && streams.missing == 16, "demanded again");
	streams_expect(&streams, span_text("D"), 0, TOP);
	TAP_OK(streams.missing == TOP, "all ids there are");
	streams_release(&streams);
}

int main(void)
{
	test_cases();
	test_cut_off();
	test_hashed();
	test_longest();
	test_interleaved();
	test_names();
	test_missing();
	test_expect();
	return tap_end();
}
