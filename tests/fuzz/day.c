/* An archive is taken the same in whatever pieces it comes, in bulk or line by line; its records are
 * those of the lines, in the order of their ids; what stands beside them adds up. */
#include "market/binance_day.h"

#include <string.h>

#include "../unit/written.h"
#include "base/diag.h"
#include "fuzz.h"

enum { PIECE = 97 }; /* too little for what goes in bulk */

static struct written written; /* opened once: that takes longer than all the rest */

struct result {
	struct binance_run run;
	uint64_t next;
	enum binance_day_step step;
	char text[sizeof written.text];
};

static void take(struct span text, bool alone, bool begun, size_t piece, struct result *result)
{
	const struct range range = {.product = "X", .until_ns = INT64_MAX};
	struct binance_run *run = &result->run;
	struct binance_chain chain;
	struct binance_mark first;
	struct binance_day day;

	*run = (struct binance_run){.out = written.out, .market = BINANCE_SPOT};
	binance_chain_init(&chain, run, &range, NULL);
	if (begun && binance_day_first(text, &first) == 0)
		binance_chain_begin(&chain, first.id, first.time_ms * 1000000);
	/* All that is read has happened in this "day" or not: both ways are taken. */
	binance_day_init(&day, &chain, "day", 0, alone);
	day.end_ns = INT64_MAX;
	result->step = BINANCE_DAY_MORE;
	for (size_t at = 0; at < text.n && result->step == BINANCE_DAY_MORE; at += piece)
		result->step = binance_day_take(
			&day, span_make(text.p + at, text.n - at < piece ? text.n - at : piece));
	if (result->step == BINANCE_DAY_MORE)
		result->step = binance_day_end(&day);
	FUZZ_REQUIRE(result->step != BINANCE_DAY_BROKEN || day.reason[0]);
	memcpy(result->text, written_text(&written), sizeof result->text);
	result->next = chain.next;
	binance_day_release(&day);
}

/* Nothing follows the highest id that there can be: which one is due next says nothing then. */
static bool follows(uint64_t last, uint64_t next, bool strict)
{
	return last == UINT64_MAX || (strict ? next == last + 1 : next > last);
}

static void check_records(const struct result *result, bool strict)
{
	const struct binance_run *run = &result->run;
	uint64_t last = 0, n = 0;

	FUZZ_REQUIRE(run->read == run->written + run->passed + run->repeated + run->bad);
	for (const char *p = result->text; *p; n++) {
		size_t length = strcspn(p, "\n");
		struct binance_trade trade;
		const char *reason;
		FUZZ_REQUIRE(p[length] == '\n');
		FUZZ_REQUIRE(binance_trade_read(span_make(p, length), &trade, &reason) == 0);
		FUZZ_REQUIRE(n == 0 || follows(last, trade.id, strict));
		last = trade.id;
		p += length + 1;
	}
	FUZZ_REQUIRE(n == run->written);
	FUZZ_REQUIRE(n == 0 || follows(last, result->next, false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result whole, pieces;
	struct span text = span_make((const char *)data, size);

	if (size > 16 * 1024)
		return 0;
	if (!written.out) {
		diag_init("day");
		written_open(&written);
	}
	diag_configure(DIAG_ERROR, false);
	for (int way = 0; way < 4; way++) {
		bool alone = way % 2, begun = way / 2;
		take(text, alone, begun, size + 1, &whole);
		take(text, alone, begun, PIECE, &pieces);
		FUZZ_REQUIRE(whole.step == pieces.step && whole.next == pieces.next);
		FUZZ_REQUIRE(strcmp(whole.text, pieces.text) == 0);
		FUZZ_REQUIRE(
			whole.run.read == pieces.run.read && whole.run.lost == pieces.run.lost);
		check_records(&whole, !alone);
	}
	return 0;
}
