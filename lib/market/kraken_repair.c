#include "market/kraken_repair.h"

#include <string.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/stamp.h"
#include "market/kraken_pages_answer.h"
#include "market/kraken_trade.h"

#define PAUSE_NS                                                                                   \
	STAMP_NS_PER_S /* behind the first answer that brings nothing; it grows by as much */
#define PAUSE_MAX_NS (5 * STAMP_NS_PER_S)
#define LONG_NS (5 * STAMP_NS_PER_S)
/* Times are not always in the order of ids: a later trade may lie before the last one. */
#define LOOK_BACK_NS STAMP_NS_PER_S
/* Far longer than REST has been seen to lag, or is cached. */
#define PROOF_NS (30 * STAMP_NS_PER_S)

enum {
	FULL_MAX = 20,	 /* full pages in a row that bring nothing */
	PROOFS_MIN = 5,	 /* answers that show a hole as Kraken's own */
	PROOF_PART = 10, /* of the patience */
};

static void set_since(struct kraken_repair *r, int64_t ns)
{
	r->since_ns = ns > 0 ? (uint64_t)ns : 0;
	r->since[num_write_u64(r->since, r->since_ns)] = '\0';
}

/* Whether the product is further than it was: what has been waited for is there, or given up. */
static bool look(struct kraken_repair *r)
{
	if (r->product->last_id == r->last_id)
		return false;
	r->last_id = r->product->last_id;
	r->waiting_since_ns = 0;
	r->tries = r->full = r->proofs = 0;
	r->hole_to = 0;
	return true;
}

static void say_end(struct kraken_repair *r)
{
	if (!r->said_end)
		diag_info("'%s': the repair is over: %llu trades came over REST", r->product->name,
			(unsigned long long)r->supplied);
	r->said_end = true;
}

/* By how much more than to the last trade it goes back. Where that is not known, to where one may be,
 * and, once one was there, to that. */
static int64_t further_ns(struct kraken_repair *r, int64_t now_ns)
{
	static const int64_t odd_ns[] = {0, KRAKEN_MARGIN_NS, STAMP_NS_PER_S, 60 * STAMP_NS_PER_S};
	static const int64_t adrift_ns[] = {
		60 * STAMP_NS_PER_S, 3600 * STAMP_NS_PER_S, 86400 * STAMP_NS_PER_S};
	/* The last trade's time is yet to come. */
	static const int64_t ahead_ns[] = {
		STAMP_NS_PER_S, 60 * STAMP_NS_PER_S, 3600 * STAMP_NS_PER_S, 86400 * STAMP_NS_PER_S};
	const int64_t *steps = r->product->last_ns > now_ns ? ahead_ns : odd_ns;
	bool is_odd = r->hole_to || !r->seen;

	if (r->product->adrift)
		return r->back_ns = adrift_ns[r->tries % (sizeof adrift_ns / sizeof *adrift_ns)];
	if (!r->product->since_ns)
		r->back_ns = 0;
	return r->back_ns + (is_odd ? steps[r->tries % (sizeof odd_ns / sizeof *odd_ns)] : 0);
}

/* When the last trade was. Where a page did not show it, either its time may be wrong, which is the
 * latest of all, or that of the trade handed on last, or, where it is yet to come, our own clock: they
 * are tried in turn. */
static int64_t last_ns(const struct kraken_repair *r, int64_t now_ns)
{
	const struct feed_product *product = r->product;
	const int64_t guesses[] = {product->last_ns, now_ns, product->moved_ns};
	int64_t guess = guesses[r->tries % (sizeof guesses / sizeof *guesses)];

	return !r->seen && guess > 0 && guess < product->last_ns ? guess : product->last_ns;
}

/* Asks again for what follows the last trade. A page that did not show that, or showed later trades
 * but not the next one, may be right from further back: times are not always in the order of ids, nor
 * always right. A cache has no answer yet to a request that was never made. */
static void go_back(struct kraken_repair *r, int64_t now_ns)
{
	int64_t from_ns = last_ns(r, now_ns);

	set_since(r, from_ns - KRAKEN_MARGIN_NS - r->nudges++ - further_ns(r, now_ns));
	r->full = 0;
}

static void say_begin(const struct feed_product *product)
{
	unsigned long long from = product->last_id + 1, to = feed_missing_to(product);

	if (product->adrift)
		diag_info("'%s': trades before %llu may be missing: asking REST", product->name,
			to + 1);
	else
		diag_info("'%s': trades %llu to %llu are missing: asking REST", product->name, from,
			to);
}

void kraken_repair_begin(struct kraken_repair *repair, struct kraken_tail *tail,
	struct feed_product *product, const char *query, int64_t patience_ns)
{
	*repair = (struct kraken_repair){
		.tail = tail,
		.product = product,
		.query = query,
		.patience_ns = patience_ns,
		.last_id = product->last_id,
		.seen = true,
	};
	say_begin(product);
	go_back(repair, INT64_MAX);
}

void kraken_repair_release(struct kraken_repair *r)
{
	kraken_page_release(&r->page);
}

static void write_path(struct buf *path, const char *query, const char *since)
{
	buf_clear(path);
	buf_printf(path, "/0/public/Trades?pair=%s&count=%d", query, KRAKEN_PAGE_MAX);
	if (since)
		buf_printf(path, "&since=%s", since);
}

enum kraken_repair_step kraken_repair_next(
	struct kraken_repair *r, int64_t now_ns, struct buf *path, int64_t *wait_ns)
{
	if (!r->product->repairing) {
		say_end(r);
		return KRAKEN_REPAIR_DONE;
	}
	if (now_ns < r->not_before_ns) {
		*wait_ns = r->not_before_ns - now_ns;
		return KRAKEN_REPAIR_WAIT;
	}
	write_path(path, r->query, r->since);
	return KRAKEN_REPAIR_ASK;
}

/* Once for each row, which is asked for again and again. */
static void say_bad(struct kraken_repair *r, const struct kraken_page_row *row)
{
	if (row->row.id ? row->row.id == r->bad_id : r->said_nameless)
		return;
	if (row->row.id)
		r->bad_id = row->row.id;
	else
		r->said_nameless = true;
	diag_warning("'%s': cannot take '%.*s': %s", r->product->name, span_shown(row->text),
		row->text.p, row->bad);
}

static void take_row(struct kraken_repair *r, const struct kraken_page_row *row)
{
	char time[STAMP_TEXT_MAX];
	struct kraken_trade trade;
	uint64_t id = row->row.id;
	bool is_next = id && id == r->product->last_id + 1;

	if (row->bad && (is_next || !id))
		say_bad(r, row);
	if (row->bad || !is_next)
		return;
	kraken_row_trade(&row->row, span_text(r->product->name), time, &trade);
	kraken_tail_supply(r->tail, r->product, &trade);
	r->supplied++;
}

static bool shows_known(const struct kraken_repair *r)
{
	for (size_t i = 0; i < r->page.n; i++)
		if (r->page.rows[i].row.id && r->page.rows[i].row.id <= r->product->last_id)
			return true;
	return false;
}

/* The lowest id of the page that was not there before; 0: there is none. What shall be the first of all
 * may be bad. */
static uint64_t find_later(const struct kraken_repair *r)
{
	uint64_t least = 0;

	for (size_t i = 0; i < r->page.n; i++) {
		const struct kraken_page_row *row = &r->page.rows[i];

		if ((!row->bad || r->product->adrift) && row->row.id > r->product->last_id &&
			(!least || row->row.id < least))
			least = row->row.id;
	}
	return least;
}

/* Goes on where a full page ended: at Kraken's own `last`, or at the last row; where that is no
 * further, at the moment behind, since there are more trades at this one than fit on a page, or Kraken
 * does not look at what it is asked for. False where that has been tried enough. */
static bool follow(struct kraken_repair *r)
{
	const struct kraken_page *page = &r->page;
	const struct kraken_row *last = &page->rows[page->n - 1].row;
	bool has_last = page->last[0] && page->last_ns < INT64_MAX;
	int64_t since_ns = (int64_t)r->since_ns;
	int64_t ns = has_last ? (int64_t)page->last_ns : last->time_ns;

	if (++r->full > FULL_MAX)
		return false;
	if (has_last && page->last_ns > r->since_ns) {
		memcpy(r->since, page->last, sizeof r->since);
		r->since_ns = page->last_ns;
	} else if (last->time_ns - KRAKEN_MARGIN_NS > since_ns) {
		set_since(r, last->time_ns - KRAKEN_MARGIN_NS);
	} else {
		ns = ns < since_ns ? since_ns : ns;
		set_since(r, ns < INT64_MAX ? ns + 1 : ns);
	}
	return true;
}

/* What is missing up to the next trade that REST has shown, or all of it. */
static uint64_t missing_to(const struct kraken_repair *r)
{
	uint64_t to = feed_missing_to(r->product);

	return r->hole_to && r->hole_to < to ? r->hole_to : to;
}

static void warn_once(struct kraken_repair *r, int64_t now_ns)
{
	unsigned long long from = r->product->last_id + 1, to = missing_to(r);

	if (r->warned || now_ns - r->waiting_since_ns < LONG_NS)
		return;
	r->warned = true;
	if (r->product->adrift)
		diag_warning("'%s': still waiting for REST: trades before %llu may be missing",
			r->product->name, to + 1);
	else
		diag_warning("'%s': still waiting for trades %llu to %llu, which REST does not "
			     "show yet",
			r->product->name, from, to);
}

/* What is missing will not come. Where it is proven that REST shows the first one, it is that; nothing
 * lies before it that could be gone back to. */
static void give_up(struct kraken_repair *r, bool is_proven, const char *why)
{
	r->back_ns = 0;
	if (is_proven && r->product->adrift)
		kraken_tail_find_first(r->tail, r->product, r->hole_to + 1);
	else
		kraken_tail_lose(r->tail, r->product, missing_to(r), why);
}

/* An answer has brought nothing, or has not brought all. Whether the patience is over, as it is where
 * nothing more can be hoped for. */
static bool wear_out(struct kraken_repair *r, int64_t now_ns, bool is_hopeless, const char *why)
{
	if (!r->waiting_since_ns)
		r->waiting_since_ns = now_ns;
	if (now_ns - r->waiting_since_ns < r->patience_ns && !is_hopeless) {
		warn_once(r, now_ns);
		return false;
	}
	give_up(r, is_hopeless, why);
	return true;
}

/* The last request is made when the patience ends. */
static int64_t pause_ns(const struct kraken_repair *r, int64_t now_ns)
{
	int64_t left_ns = r->waiting_since_ns + r->patience_ns - now_ns;
	int64_t pause = PAUSE_MAX_NS;

	if (r->tries < PAUSE_MAX_NS / PAUSE_NS)
		pause = r->tries * PAUSE_NS;
	return pause < left_ns ? pause : left_ns;
}

/* How long a hole must be shown. */
static int64_t proof_ns(const struct kraken_repair *r)
{
	int64_t part_ns = r->patience_ns / PROOF_PART;

	return part_ns > PROOF_NS ? part_ns : PROOF_NS;
}

/* Whether there may be a trade before this one, which a page has shown to be the first: one that has
 * no id. */
static bool is_vague(const struct kraken_repair *r, uint64_t first)
{
	for (size_t i = 0; i < r->page.n && r->page.rows[i].row.id != first; i++)
		if (!r->page.rows[i].row.id)
			return true;
	return false;
}

/* Whether a page can be right about the first trade of a product that is adrift. */
static bool may_begin(const struct kraken_repair *r, uint64_t first)
{
	return !is_vague(r, first) && first - 1 <= feed_missing_to(r->product);
}

/* Whether it is proven by now that Kraken itself has the hole, behind which a page has shown `later` to
 * be the first trade; 0: it has shown none. A full page that does not come that far says nothing about
 * it; one that ends before it comes from a REST that lags. */
static bool proves(struct kraken_repair *r, uint64_t later, int64_t now_ns)
{
	bool is_full = r->page.n >= KRAKEN_PAGE_MAX;

	if (later ? later - 1 != r->hole_to : !is_full)
		r->proofs = 0;
	if (later)
		r->hole_to = later - 1;
	if (!later || !(r->seen || r->product->last_id == 0))
		return false;
	if (r->product->adrift && !may_begin(r, later)) {
		r->proofs = 0;
		return false;
	}
	if (r->proofs++ == 0)
		r->proven_since_ns = now_ns;
	return r->proofs >= PROOFS_MIN && now_ns - r->proven_since_ns >= proof_ns(r);
}

static const char *why_missing(const struct kraken_repair *r, uint64_t later)
{
	if (r->product->adrift && is_vague(r, later))
		return "REST shows trades before it that have no id";
	if (r->hole_to)
		return "Kraken's REST interface does not have them";
	return "Kraken's REST interface did not show them in time";
}

static void turn_page(struct kraken_repair *r, int64_t now_ns)
{
	uint64_t later = find_later(r);
	bool is_proven = proves(r, later, now_ns);

	if (!later && r->page.n >= KRAKEN_PAGE_MAX && follow(r))
		return;
	if (wear_out(r, now_ns, is_proven, why_missing(r, later))) {
		go_back(r, now_ns);
		return;
	}
	r->tries++;
	r->not_before_ns = now_ns + pause_ns(r, now_ns);
	go_back(r, now_ns);
}

/* Rows that could not be put in the order of their ids may need more than one turn. */
static void take_rows(struct kraken_repair *r)
{
	uint64_t before;

	do {
		before = r->product->last_id;
		for (size_t i = 0; i < r->page.n && r->product->repairing; i++)
			take_row(r, &r->page.rows[i]);
	} while (r->product->last_id != before && find_later(r) == r->product->last_id + 1);
}

/* The trade behind which a product that is adrift begins: the last one that does not belong to it before
 * the first one that may. False where the page shows none. */
static bool find_before(const struct kraken_repair *r, uint64_t *id)
{
	*id = 0;
	for (size_t i = 0; i < r->page.n; i++) {
		const struct kraken_page_row *row = &r->page.rows[i];

		if (row->row.id == 1 && *id == 0)
			return true;
		if (!row->bad && row->row.time_ns > r->product->since_ns)
			break;
		if (!row->bad && row->row.id > *id)
			*id = row->row.id;
	}
	return *id > 0;
}

static void take_page(struct kraken_repair *r, int64_t now_ns)
{
	uint64_t before;

	if (r->product->adrift && find_before(r, &before))
		kraken_tail_find_first(r->tail, r->product, before + 1);
	r->seen = shows_known(r);
	take_rows(r);
	look(r);
	if (r->product->repairing)
		turn_page(r, now_ns);
	if (!r->product->repairing)
		say_end(r);
}

/* The same is asked for again, but not of a cache that is confused. */
static void take_fault(struct kraken_repair *r, int64_t now_ns, int64_t wait_ns, const char *why)
{
	r->not_before_ns = now_ns + wait_ns;
	set_since(r, (int64_t)r->since_ns - 1);
	if (wear_out(r, now_ns, false, why))
		go_back(r, now_ns);
	if (!r->product->repairing)
		say_end(r);
}

enum kraken_verdict kraken_repair_take(
	struct kraken_repair *r, int64_t now_ns, long status, struct span body, struct err *err)
{
	struct kraken_asked asked = {
		.pairs = r->pairs,
		.pair = r->pairs ? kraken_pairs_find(r->pairs, r->product->name, NULL) : NULL,
		.since_ns = r->since_ns,
		.now_ns = now_ns,
	};
	enum kraken_verdict verdict = kraken_pages_answer(&asked, status, body, &r->page, err);

	look(r);
	if (r->product->repairing && verdict == KRAKEN_TAKEN)
		take_page(r, now_ns);
	else if (r->product->repairing && (verdict == KRAKEN_AGAIN || verdict == KRAKEN_TOO_FAST))
		take_fault(r, now_ns, asked.wait_ns, err->text);
	kraken_page_release(&r->page); /* many pairs may be under repair */
	return verdict;
}

static void excuse(int64_t *since_ns, int64_t now_ns, int64_t ns)
{
	int64_t gone_ns = now_ns - *since_ns;

	*since_ns += ns < gone_ns ? ns : gone_ns;
}

void kraken_repair_excuse(struct kraken_repair *r, int64_t now_ns, int64_t ns)
{
	if (r->waiting_since_ns)
		excuse(&r->waiting_since_ns, now_ns, ns);
	if (r->proofs)
		excuse(&r->proven_since_ns, now_ns, ns);
}

void kraken_repair_renew(struct kraken_repair *r)
{
	r->waiting_since_ns = 0;
	r->proofs = 0;
}

void kraken_repair_give_up(struct kraken_repair *r, const char *why)
{
	uint64_t before = 0;

	while (r->product->repairing && r->product->last_id + 1 > before) {
		before = r->product->last_id + 1;
		kraken_tail_lose(r->tail, r->product, feed_missing_to(r->product), why);
	}
	say_end(r);
}

void kraken_repair_look(
	const struct feed_product *product, const char *query, int64_t now_ns, struct buf *path)
{
	char since[NUM_U64_MAX + 1] = "";

	if (product->last_ns > LOOK_BACK_NS && product->last_ns <= now_ns)
		since[num_write_u64(since, (uint64_t)(product->last_ns - LOOK_BACK_NS))] = '\0';
	write_path(path, query, *since ? since : NULL);
}

enum kraken_verdict kraken_repair_see(const struct kraken_pairs *pairs,
	const struct feed_product *product, long status, struct span body, int64_t now_ns,
	uint64_t *newest_id, struct err *err)
{
	struct kraken_asked asked = {.pairs = pairs,
		.pair = pairs ? kraken_pairs_find(pairs, product->name, NULL) : NULL,
		.now_ns = now_ns};
	struct kraken_page page = {.n = 0};
	enum kraken_verdict verdict = kraken_pages_answer(&asked, status, body, &page, err);

	*newest_id = 0;
	for (size_t i = 0; verdict == KRAKEN_TAKEN && i < page.n; i++)
		if (!page.rows[i].bad && page.rows[i].row.id > *newest_id)
			*newest_id = page.rows[i].row.id;
	kraken_page_release(&page);
	return verdict;
}
