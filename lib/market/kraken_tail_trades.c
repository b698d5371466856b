#include "market/kraken_tail_priv.h"

#include "base/diag.h"
#include "base/num.h"
#include "market/feed_watch.h"

struct feed_product *kraken_tail_find(struct kraken_tail *t, const struct json_value *symbol)
{
	if (symbol->type != JSON_STRING)
		return NULL;
	return feed_find(&t->feed, symbol->escaped ? json_text(symbol, &t->text) : symbol->raw);
}

void kraken_tail_refuse(struct kraken_tail *t, struct span record, const char *reason)
{
	t->n.bad++;
	diag_warning("cannot take '%.*s': %s", span_shown(record), record.p, reason);
}

bool kraken_tail_is_done(const struct kraken_tail *t)
{
	return t->deserted || out_has_failed(t->settings.out) ||
		(t->settings.limit && t->n.written >= t->settings.limit);
}

/* A frame is in the output as a whole: its trades are judged to the last. */
static bool wants_more(const struct kraken_tail *t)
{
	return t->settings.frames || !kraken_tail_is_done(t);
}

/* Puts the newline of a pretty-printed message, which cannot stand within its strings, as a blank. */
static size_t put_line(char *to, struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		to[i] = text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : text.p[i];
	return text.n;
}

void kraken_tail_write_frame(struct kraken_tail *t, struct span text)
{
	static const char head[] = "{\"received_at\":", middle[] = ",\"frame\":";
	char *start = out_room(
		t->settings.out, text.n + sizeof head + NUM_U64_MAX + sizeof middle + sizeof "}\n");
	char *to = start;

	if (!start)
		return;
	if (t->settings.stamp) {
		to += put_line(to, span_text(head));
		to += num_write_u64(to, (uint64_t)t->received_ns);
		to += put_line(to, span_text(middle));
	}
	to += put_line(to, text);
	if (t->settings.stamp)
		*to++ = '}';
	*to++ = '\n';
	out_wrote(t->settings.out, (size_t)(to - start));
}

/* Whether it was written; with frames it stands in one. */
static bool write_trade(
	struct kraken_tail *t, const struct kraken_trade *trade, int64_t received_ns)
{
	struct out *out = t->settings.out;
	bool failed;

	if (t->settings.frames)
		failed = out_has_failed(out);
	else if (t->settings.stamp)
		failed = kraken_trade_write_received(out, trade, received_ns) < 0;
	else
		failed = kraken_trade_write(out, trade) < 0;
	if (failed)
		t->n.unwritten++;
	else
		t->n.written++;
	return !failed;
}

static void lose(struct kraken_tail *t, struct feed_product *product, uint64_t to, const char *why)
{
	t->n.lost += to - product->last_id;
	diag_warning("'%s': lost trades %llu to %llu: %s", product->name,
		(unsigned long long)product->last_id + 1, (unsigned long long)to, why);
	feed_lose(product, to);
}

static void end_repair(struct kraken_tail *t, struct feed_product *product)
{
	if (product->repairing)
		t->n.repairing--;
	product->repairing = false;
}

static void write_held(struct kraken_tail *t, struct feed_product *product, const struct held *held)
{
	struct kraken_trade trade;
	const char *reason;

	t->n.held--;
	if (kraken_trade_read(held->object, &trade, &reason) < 0) { /* it has been read before */
		kraken_tail_refuse(t, held->object, reason);
		return;
	}
	write_trade(t, &trade, held->received_ns);
	feed_move(product, trade.id, trade.time_ns);
}

void kraken_tail_drain(struct kraken_tail *t, struct feed_product *product)
{
	struct held held;
	bool moved = false;

	for (; hold_first(&product->hold, &held) && held.id <= product->last_id; t->n.held--) {
		hold_drop_first(&product->hold, &t->room);
		t->n.passed++;
	}
	while (!kraken_tail_is_done(t) && hold_first(&product->hold, &held) &&
		held.id == product->last_id + 1) {
		write_held(t, product, &held);
		hold_drop_first(&product->hold, &t->room);
		moved = true;
	}
	if (kraken_tail_is_done(t) || feed_missing_to(product) == product->last_id)
		end_repair(t, product);
	else if (moved)
		t->n.gaps++;
}

bool kraken_tail_can_repair(const struct kraken_tail *t, const struct feed_product *product)
{
	return t->settings.repair && !t->settings.frames && (product->since_ns || !product->adrift);
}

void kraken_tail_miss(struct kraken_tail *t, struct feed_product *product)
{
	if (product->repairing || !kraken_tail_can_repair(t, product) ||
		feed_missing_to(product) == product->last_id)
		return;
	product->repairing = true;
	t->n.repairing++;
	t->n.gaps++;
	t->settings.repair(t->settings.arg, product);
}

/* The largest hold makes room for others. False where there is none. */
static bool forget_largest(struct kraken_tail *t)
{
	struct feed_product *largest = t->feed.products;
	size_t n;

	for (size_t i = 1; i < t->feed.n; i++)
		if (hold_size(&t->feed.products[i].hold) > hold_size(&largest->hold))
			largest = &t->feed.products[i];
	n = hold_forget(&largest->hold, &t->room);
	t->n.forgotten += n;
	t->n.held -= n;
	return n > 0;
}

static void hold(
	struct kraken_tail *t, struct feed_product *product, const struct kraken_trade *trade)
{
	const struct held held = {trade->id, t->received_ns, trade->object};
	enum hold_result result;

	t->room.ceiling = t->settings.hold_bytes;
	do
		result = hold_add(&product->hold, &t->room, &held);
	while (result == HOLD_FULL && forget_largest(t));
	switch (result) {
	case HOLD_TAKEN:
		t->n.held++;
		break;
	case HOLD_TWICE:
		t->n.repeated++;
		break;
	case HOLD_FULL:
		t->n.forgotten++;
		break;
	}
	kraken_tail_miss(t, product);
}

static void take_gap(
	struct kraken_tail *t, struct feed_product *product, const struct kraken_trade *trade)
{
	if (kraken_tail_can_repair(t, product)) {
		hold(t, product, trade);
		return;
	}
	t->n.gaps++;
	if (product->adrift)
		kraken_tail_doubt(t, product, trade->id, "there was an interruption");
	else
		lose(t, product, trade->id - 1, "they did not come, or could not be taken");
	write_trade(t, trade, t->received_ns);
	feed_move(product, trade->id, trade->time_ns);
}

/* What comes again is no sign that a subscription is well. */
static void heard(struct kraken_tail *t, struct feed_product *product, bool in_snapshot)
{
	if (!in_snapshot)
		feed_watch_heard(product, t->now_ns);
}

/* Nothing tells whether it came before, or one before it is missing. */
static void note_nameless(struct kraken_tail *t, struct feed_product *product)
{
	if (product->nameless)
		return;
	product->nameless = true;
	t->n.unsure++;
	diag_warning("'%s': trades come without an id: some may come twice, or be missing",
		product->name);
}

static void take_new(struct kraken_tail *t, struct feed_product *product,
	const struct kraken_trade *trade, bool in_snapshot)
{
	switch (feed_judge(product, trade->id, trade->time_ns)) {
	case FEED_NEXT:
		heard(t, product, in_snapshot);
		if (trade->id == 0)
			note_nameless(t, product);
		write_trade(t, trade, t->received_ns);
		if (product->repairing)
			kraken_tail_drain(t, product);
		break;
	case FEED_GAP:
		heard(t, product, in_snapshot);
		take_gap(t, product, trade);
		break;
	case FEED_REPEATED:
		t->n.repeated++;
		break;
	case FEED_BEFORE:
		t->n.passed++;
		break;
	case FEED_ANEW:
		kraken_tail_refuse(t, trade->object,
			"its id is not above the last one, but its time is later");
		break;
	}
}

/* A pair that was not asked for is NULL. */
static void take_trade(struct kraken_tail *t, struct feed_product *product,
	const struct kraken_trade *trade, bool in_snapshot)
{
	t->n.read++;
	if (product)
		take_new(t, product, trade, in_snapshot);
	else
		t->n.passed++;
}

static void begin_snapshot(
	struct kraken_tail *t, struct feed_product *product, const struct kraken_message *snapshot)
{
	feed_watch_begin(product, t->now_ns);
	if (!product->begun || product->adrift)
		kraken_tail_begin(t, product, snapshot);
}

void kraken_tail_take_trades(struct kraken_tail *t, const struct kraken_message *message)
{
	struct json_walk walk = json_walk_start(message->data.raw);
	struct feed_product *product, *before = NULL;
	struct kraken_trade trade;
	struct json_value element;
	const char *reason;

	while (wants_more(t) && json_walk_next(&walk, &element)) {
		if (kraken_trade_read(element.raw, &trade, &reason) < 0) {
			t->n.read++;
			kraken_tail_refuse(t, element.raw, reason);
			continue;
		}
		product = kraken_tail_find(t, &trade.symbol);
		if (message->snapshot && product && product != before)
			begin_snapshot(t, product, message);
		before = product;
		take_trade(t, product, &trade, message->snapshot);
	}
}

bool kraken_tail_take_update(struct kraken_tail *t, struct span text)
{
	struct kraken_trade trades[KRAKEN_UPDATE_MAX];
	size_t n = kraken_trade_read_update(text, trades, KRAKEN_UPDATE_MAX), i = 0;

	if (n == 0)
		return false;
	if (t->settings.frames)
		kraken_tail_write_frame(t, text);
	do
		take_trade(t, kraken_tail_find(t, &trades[i].symbol), &trades[i], false);
	while (++i < n && wants_more(t));
	return true;
}

void kraken_tail_supply(
	struct kraken_tail *t, struct feed_product *product, const struct kraken_trade *trade)
{
	if (kraken_tail_is_done(t)) {
		end_repair(t, product);
		return;
	}
	t->n.read++;
	if (product->since_ns && trade->time_ns <= product->since_ns) {
		t->n.passed++;
		kraken_tail_begin_after(product, trade->id, product->last_ns);
	} else {
		t->n.repaired += write_trade(t, trade, t->received_ns);
		feed_move(product, trade->id, trade->time_ns);
	}
	kraken_tail_drain(t, product);
}

void kraken_tail_lose(
	struct kraken_tail *t, struct feed_product *product, uint64_t to, const char *why)
{
	uint64_t missing_to = feed_missing_to(product);

	if (kraken_tail_is_done(t)) {
		end_repair(t, product);
		return;
	}
	if (to > missing_to)
		to = missing_to;
	if (to <= product->last_id)
		return;
	if (product->adrift)
		kraken_tail_doubt(t, product, to + 1, why);
	else
		lose(t, product, to, why);
	kraken_tail_drain(t, product);
}

void kraken_tail_find_first(struct kraken_tail *t, struct feed_product *product, uint64_t id)
{
	uint64_t missing_to = feed_missing_to(product);

	if (!product->adrift || !product->repairing || id == 0)
		return;
	kraken_tail_begin_after(
		product, id - 1 < missing_to ? id - 1 : missing_to, product->last_ns);
	kraken_tail_drain(t, product);
}
