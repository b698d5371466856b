/* Whatever comes as answers to requests for pages of trades, each a line of the input: no id is written
 * twice or out of order, rows without ids neither, the account adds up, and requests are well-formed.
 * The first byte says what is asked for. */
#include "market/kraken_pages.h"

#include <string.h>

#include "base/stamp.h"
#include "market/kraken_trade.h"

#include "fuzz.h"
#include "output.h"

static const struct kraken_pair pair = {
	"BTC/USD", "XBTUSD", "XBTUSD", "XBT/USD", "XXBTZUSD", "online"};

enum { BY_IDS = 1, CURSOR = 2, CURSOR_ID = 4, BOUNDS = 8, LIMIT = 16, SMALL = 32 };

static void set_range(struct range *range, unsigned mode)
{
	*range = (struct range){.product = pair.name, .until_ns = INT64_MAX};
	if (mode & BOUNDS) {
		range->since_ns = 1688669597 * STAMP_NS_PER_S;
		range->until_ns = 1688669602 * STAMP_NS_PER_S;
	}
	if (mode & BY_IDS) {
		range->by_ids = true;
		range->first_id = 5;
		range->last_id = 61044953;
	} else if (mode & CURSOR) {
		range->has_cursor = true;
		range->cursor_has_id = mode & CURSOR_ID;
		range->cursor_id = 61044952;
		range->cursor_ns = 1688669597827736000;
		range->cursor_same = 1;
	}
}

/* Reads the records back. */
static void check_output(FILE *file, const struct range *range, uint64_t written)
{
	enum { ROOM = 1024 * 1024 };
	static char line[ROOM];
	uint64_t last = range->by_ids ? range->first_id - 1 : 0, n = 0;

	if (range->has_cursor && range->cursor_has_id)
		last = range->cursor_id;
	for (; fgets(line, ROOM, file); n++) {
		struct kraken_trade trade;
		const char *reason;

		FUZZ_REQUIRE(kraken_trade_read(
				     span_make(line, strcspn(line, "\n")), &trade, &reason) == 0);
		FUZZ_REQUIRE(trade.id == 0 || trade.id > last);
		FUZZ_REQUIRE(!range->by_ids || (trade.id && trade.id <= range->last_id));
		FUZZ_REQUIRE(range->by_ids ||
			(trade.time_ns < range->until_ns &&
				(range->has_cursor || trade.time_ns >= range->since_ns)));
		last = trade.id ? trade.id : last;
	}
	FUZZ_REQUIRE(n == written);
}

static void ask(struct kraken_pages *pages, int64_t *now_ns, struct span body)
{
	struct buf path;
	struct err err;
	int64_t wait_ns = 0;

	buf_init(&path, 1024);
	switch (kraken_pages_next(pages, *now_ns, &path, &wait_ns)) {
	case KRAKEN_PAGES_DONE:
		break;
	case KRAKEN_PAGES_WAIT:
		FUZZ_REQUIRE(wait_ns > 0);
		*now_ns += wait_ns;
		break;
	case KRAKEN_PAGES_ASK:
		FUZZ_REQUIRE(path.len > 0 && path.len < 128);
		if (kraken_pages_take(pages, *now_ns, 200, body, &err) != KRAKEN_TAKEN)
			FUZZ_REQUIRE(err.code && strlen(err.text) > 0);
	}
	FUZZ_REQUIRE(kraken_pages_part(pages) <= KRAKEN_PAGES_WHOLE);
	buf_release(&path);
}

/* The answers one after the other, the last one several times. */
static void play(struct kraken_pages *pages, struct span answers)
{
	enum { AGAIN = 6 };
	int64_t now_ns = pages->run->start_ns;
	unsigned again = 0;

	while (answers.n && again < AGAIN) {
		const char *end = memchr(answers.p, '\n', answers.n);
		size_t n = end ? (size_t)(end - answers.p) : answers.n;

		ask(pages, &now_ns, span_make(answers.p, n));
		now_ns += STAMP_NS_PER_S;
		if (end)
			answers = span_make(end + 1, answers.n - n - 1);
		else
			again++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct out *out;
	static FILE *file;
	unsigned mode = size ? data[0] : 0;
	struct kraken_run run = {
		.start_ns = 1700000000 * STAMP_NS_PER_S,
		.page_size = mode & SMALL ? 2 : KRAKEN_PAGE_MAX,
		.limit = mode & LIMIT ? 3 : 0,
	};
	struct kraken_pages pages;
	struct range range;

	run.out = out = out ? out : output_open(&file);
	set_range(&range, mode);
	kraken_pages_init(&pages, &run, &pair, &range);
	if (size > 1)
		play(&pages, span_make((const char *)data + 1, size - 1));
	kraken_pages_release(&pages);
	FUZZ_REQUIRE(run.read == run.written + run.repeated + run.passed + run.bad);
	FUZZ_REQUIRE(!run.limit || run.written <= run.limit);
	output_rewind(out, file);
	check_output(file, &range, run.written);
	output_clear(file);
	return 0;
}
