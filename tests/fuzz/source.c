/* Whatever a line holds: what the sink is told keeps its promises, and the layouts that are read in
 * a shorter way give the same. */
#include "market/source.h"

#include <string.h>

#include "fuzz.h"
#include "json/json.h"

enum { HEARD_MAX = 1 << 20 };

/* What the sink was told, as text; what comes behind HEARD_MAX is left out. */
struct heard {
	struct buf text;
	size_t trades, passed, bad;
	size_t index; /* of the last call */
};

static void add(struct heard *heard, const void *bytes, size_t n)
{
	buf_add(&heard->text, span_make(bytes, n));
}

static void add_amount(struct heard *heard, const struct decimal *amount)
{
	char canonical[DECIMAL_TEXT_MAX];
	size_t n = decimal_write(canonical, amount);

	FUZZ_REQUIRE(n > 0 && n <= DECIMAL_TEXT_MAX && amount->plain <= amount->token.n);
	add(heard, canonical, n);
	add(heard, amount->token.p, amount->token.n);
}

/* A line holds one record, or several that are counted from 1. */
static void check_index(struct heard *heard, size_t index)
{
	FUZZ_REQUIRE(heard->passed == 0);
	FUZZ_REQUIRE(heard->trades + heard->bad == 1 ? index <= 1 : index == heard->index + 1);
	FUZZ_REQUIRE(heard->trades + heard->bad == 1 || heard->index > 0);
	heard->index = index;
	add(heard, &index, sizeof index);
}

static int on_trade(void *arg, const struct trade *trade, size_t index)
{
	struct heard *heard = arg;

	heard->trades++;
	check_index(heard, index);
	FUZZ_REQUIRE(trade->side <= TRADE_SELL && (trade->has_id || trade->id == 0));
	FUZZ_REQUIRE(trade->time_ns >= 0 && (trade->product.p || trade->product.n == 0));
	add(heard, trade->product.p, trade->product.n);
	add(heard, trade->exchange.p, trade->exchange.n);
	if (!trade->voided) {
		add_amount(heard, &trade->price);
		add_amount(heard, &trade->quantity);
	}
	add(heard, &trade->time_ns, sizeof trade->time_ns);
	if (trade->time_text.p)
		add(heard, trade->time_text.p, TRADE_TIME_TEXT);
	add(heard, &trade->id, sizeof trade->id);
	add(heard, &trade->has_id, sizeof trade->has_id);
	add(heard, &trade->side, sizeof trade->side);
	return 0;
}

static int on_passed(void *arg)
{
	struct heard *heard = arg;

	FUZZ_REQUIRE(heard->trades + heard->passed + heard->bad == 0);
	heard->passed++;
	return 0;
}

static int on_bad(void *arg, size_t index, const char *reason)
{
	struct heard *heard = arg;

	heard->bad++;
	check_index(heard, index);
	FUZZ_REQUIRE(reason && *reason);
	add(heard, reason, strlen(reason));
	return 0;
}

static void read_line(struct span line, enum source_kind kind, struct heard *heard)
{
	const struct source_sink sink = {on_trade, on_passed, on_bad, heard};
	struct source source;

	*heard = (struct heard){.trades = 0};
	buf_init(&heard->text, HEARD_MAX);
	source_init(&source, kind, "X/Y", NULL, &sink);
	FUZZ_REQUIRE(source_read(&source, line) == 0);
	FUZZ_REQUIRE(heard->trades + heard->passed + heard->bad > 0);
	source_release(&source);
}

/* A blank where no layout has one keeps the shorter ways out. */
static void read_spaced(struct span line, enum source_kind kind, struct heard *heard)
{
	struct buf spaced;

	buf_init(&spaced, line.n + 1);
	FUZZ_REQUIRE(buf_add_text(&spaced, "\t") == 0 && buf_add(&spaced, line) == 0);
	read_line(buf_span(&spaced), kind, heard);
	buf_release(&spaced);
}

static void check(struct span line, bool is_json, enum source_kind kind)
{
	struct heard heard = {.trades = 0}, spaced = heard;

	read_line(line, kind, &heard);
	if (is_json && kind != SOURCE_BINANCE_CSV) {
		read_spaced(line, kind, &spaced);
		FUZZ_REQUIRE(heard.trades == spaced.trades && heard.passed == spaced.passed &&
			heard.bad == spaced.bad &&
			span_is(buf_span(&heard.text), buf_span(&spaced.text)));
		buf_release(&spaced.text);
	}
	buf_release(&heard.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span line = span_make((const char *)data, size);
	struct json_value value;
	struct json_fault fault;
	bool is_json = json_scan(line, &value, &fault) == 0;

	for (enum source_kind kind = SOURCE_AUTO; source_names[kind]; kind++)
		check(line, is_json, kind);
	return 0;
}
