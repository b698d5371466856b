#include "market/binance_chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/quote.h"

enum { BINANCE_WEIGHT_PRESET = 6000, MINUTE_MS = 60 * 1000 };

void binance_run_init(
	struct binance_run *run, const struct binance_options *options, bool ids, uint64_t limit)
{
	bool is_spot = options->market == 0;

	*run = (struct binance_run){
		.market = BINANCE_SPOT + (enum binance_market)options->market,
		.has_api = is_spot && options->source != BINANCE_FROM_ARCHIVES,
		.has_archives = options->source != BINANCE_FROM_API && !ids,
		.limit = limit,
		.weight = {.name = "weight",
			.units =
				options->weight ? (uint32_t)options->weight : BINANCE_WEIGHT_PRESET,
			.window_ms = MINUTE_MS},
		.has_asked = options->weight > 0,
	};
}

size_t binance_run_rows(const struct binance_run *run, struct account_row rows[BINANCE_RUN_ROWS])
{
	const struct account_row all[BINANCE_RUN_ROWS] = {
		{"read", ACCOUNT_IN, &run->read, "trades received", false, false},
		{"written", ACCOUNT_FATE, &run->written, "trades written", false, false},
		{"repeated", ACCOUNT_FATE, &run->repeated, "trades received again", false, false},
		{"passed", ACCOUNT_FATE, &run->passed, "trades outside the range", false, false},
		{"lost", ACCOUNT_LOSS, &run->lost, "trades that were not to be had", true, false},
		{"bad", ACCOUNT_LOSS, &run->bad, "trades refused", false, true},
		{"unwritten", ACCOUNT_LOSS, &run->unwritten, "trades the output did not take",
			false, true},
		{"days_lost", ACCOUNT_LOSS, &run->days_lost, "days without an archive of use", true,
			true},
		{"void", ACCOUNT_MEMO, &run->voided, "trades written that are void", true, true},
		{"days", ACCOUNT_MEMO, &run->days, "days read from archives", true, true},
		{"edges_unverified", ACCOUNT_MEMO, &run->edges_unverified,
			"ends of a range that only the API could verify", true, true},
	};

	memcpy(rows, all, sizeof all);
	return BINANCE_RUN_ROWS;
}

static bool is_plain(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		(c && strchr("-_.~", c));
}

/* As RFC 3986 has it. */
static void escape(const char *symbol, char *to)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *symbol; symbol++) {
		unsigned char c = (unsigned char)*symbol;
		if (is_plain(c)) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	*to = '\0';
}

/* Symbols may be of any script, but go into records without escapes, and into paths: one that is of
 * dots alone would be a way out of the folder. */
static const char *refuse_symbol(const char *symbol)
{
	if (!*symbol)
		return "it is empty";
	if (strlen(symbol) > BINANCE_SYMBOL_MAX)
		return "it has more than 64 bytes";
	if (!quote_is_utf8(span_text(symbol)))
		return "it is not UTF-8";
	for (const char *p = symbol; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F || strchr("\"\\/", *p))
			return "symbols have no blanks, quotes or slashes";
	return symbol[strspn(symbol, ".")] ? NULL : "symbols are not made of dots";
}

static void write_head(struct binance_chain *chain)
{
	static const char *const markets[] = {
		[BINANCE_MARKET_UNKNOWN] = "",
		[BINANCE_SPOT] = "",
		[BINANCE_UM] = "\"market\":\"um\",",
		[BINANCE_CM] = "\"market\":\"cm\",",
	};

	chain->head_n = (size_t)snprintf(chain->head, sizeof chain->head,
		"{\"s\":\"%s\",%s\"a\":", chain->symbol, markets[chain->run->market]);
}

int binance_chain_init(struct binance_chain *chain, struct binance_run *run,
	const struct range *range, struct err *err)
{
	const char *reason = refuse_symbol(range->product);

	*chain = (struct binance_chain){.run = run,
		.symbol = range->product,
		.since_ns = range->since_ns,
		.until_ns = range->until_ns,
		.end_id = UINT64_MAX,
		.reached_ns = range->since_ns};
	if (reason)
		return err_set(err, EXIT_USAGE, "cannot ask for the symbol '%s': %s", chain->symbol,
			reason);
	if (range->has_cursor && !range->cursor_has_id)
		return err_set(err, EXIT_USAGE,
			"cannot go on behind the last record of '%s': it has no trade_id",
			chain->symbol);
	if (range->by_ids) {
		binance_chain_begin(chain, range->first_id, 0);
		chain->end_id = range->last_id == UINT64_MAX ? UINT64_MAX : range->last_id + 1;
		chain->since_ns = 0;
	} else if (range->has_cursor) {
		binance_chain_begin(chain, range->cursor_id + 1, range->cursor_ns);
		/* As it was when that record was written; what is only asked for now begins later. */
		if (range->cursor_ns < range->since_ns)
			chain->since_ns = 0;
	}
	escape(chain->symbol, chain->escaped);
	write_head(chain);
	return 0;
}

void binance_chain_begin(struct binance_chain *chain, uint64_t id, int64_t time_ns)
{
	chain->begun = true;
	chain->next = chain->floor = id;
	chain->reached_ns = time_ns;
}

void binance_chain_drop(struct binance_chain *chain, uint64_t id)
{
	chain->run->read++;
	if (id < chain->floor)
		chain->run->passed++;
	else
		chain->run->repeated++;
}

static char *put(char *to, struct span text)
{
	memcpy(to, text.p, text.n);
	return to + text.n;
}

#define PUT(to, literal) put((to), span_make((literal), sizeof(literal) - 1))

static int write_record(
	struct binance_chain *chain, const struct binance_row *row, bool maker, struct span best)
{
	enum { NAMES = 64 }; /* bytes, at most, of all that stands around the values */
	struct span head = span_make(chain->head, chain->head_n);
	size_t n = head.n + row->id.n + row->price.n + row->quantity.n + row->first.n +
		row->last.n + row->time.n + best.n + NAMES;
	char *begin = out_room(chain->run->out, n);
	char *to = begin;

	if (!to)
		return -1;
	to = PUT(put(put(to, head), row->id), ",\"p\":\"");
	to = PUT(put(to, row->price), "\",\"q\":\"");
	to = PUT(put(to, row->quantity), "\",\"f\":");
	to = PUT(put(to, row->first), ",\"l\":");
	to = PUT(put(to, row->last), ",\"T\":");
	to = put(to, row->time);
	to = maker ? PUT(to, ",\"m\":true") : PUT(to, ",\"m\":false");
	if (best.p)
		to = put(PUT(to, ",\"M\":"), best);
	to = PUT(to, "}\n");
	out_wrote(chain->run->out, (size_t)(to - begin));
	return 0;
}

int binance_chain_take(struct binance_chain *chain, const struct binance_row *row,
	const struct binance_trade *trade, struct span best)
{
	struct binance_run *run = chain->run;

	run->read++;
	chain->next++;
	chain->reached_ns = trade->time_ns;
	if (!binance_chain_wants(chain, trade->time_ns)) {
		run->passed++;
		return 0;
	}
	if (write_record(chain, row, trade->buyer_is_maker, best) < 0) {
		run->unwritten++;
		return -1;
	}
	run->written++;
	run->voided += trade->voided;
	return 0;
}

void binance_chain_lose(struct binance_chain *chain, uint64_t id, int64_t time_ns, const char *why)
{
	uint64_t first = chain->next;
	bool asked = chain->reached_ns < chain->until_ns || time_ns < chain->until_ns;

	chain->next = id;
	if (!asked || first >= id)
		return;
	chain->lost += id - first;
	chain->run->lost += id - first;
	diag_warning("%s: %" PRIu64 " trades are lost, ids %" PRIu64 " to %" PRIu64 ": %s",
		chain->symbol, id - first, first, id - 1, why);
}
