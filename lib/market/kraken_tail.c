#include "market/kraken_tail.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/quote.h"

enum {
	HELD_MAX = 64 * 1024 * 1024, /* bytes of messages held at the start */
	NAME_MAX_BYTES = 4096,	     /* of an unescaped pair; Kraken's have a dozen */
};

int kraken_tail_init(struct kraken_tail *t, char *const *pairs, size_t n, struct err *err)
{
	const char *twice;

	*t = (struct kraken_tail){.out = NULL};
	for (size_t i = 0; i < n; i++) {
		if (!*pairs[i])
			return err_set(err, EXIT_USAGE, "a pair's name is empty");
		if (!quote_is_utf8(span_text(pairs[i])))
			return err_set(err, EXIT_USAGE, "pair '%s' is not UTF-8", pairs[i]);
	}
	if (feed_init(&t->feed, pairs, n, &twice) < 0)
		return err_set(err, EXIT_USAGE, "pair '%s' is given twice", twice);
	buf_init(&t->held, HELD_MAX);
	buf_init(&t->text, NAME_MAX_BYTES);
	return 0;
}

void kraken_tail_release(struct kraken_tail *t)
{
	feed_release(&t->feed);
	buf_release(&t->held);
	buf_release(&t->text);
}

int kraken_tail_subscribe(struct kraken_tail *t, struct buf *request)
{
	const char **names = mem_alloc(t->feed.n, sizeof *names);
	size_t n = 0;
	int result = -1;

	feed_ask_again(&t->feed);
	buf_clear(&t->held);
	for (size_t i = 0; i < t->feed.n; i++)
		if (t->feed.products[i].state == FEED_ASKED)
			names[n++] = t->feed.products[i].name;
	if (n > 0)
		result = kraken_subscribe_write(request, names, n, 1);
	free(names);
	return result;
}

const char *kraken_tail_unanswered(const struct kraken_tail *t)
{
	const struct feed_product *product = feed_first(&t->feed, FEED_ASKED);
	return product ? product->name : NULL;
}

static struct feed_product *find(struct kraken_tail *t, const struct json_value *symbol)
{
	if (symbol->type != JSON_STRING)
		return NULL;
	return feed_find(&t->feed, json_text(symbol, &t->text));
}

static void refuse(struct kraken_tail *t, struct span record, const char *reason)
{
	t->n.bad++;
	diag_warning("cannot take '%.*s': %s", span_shown(record), record.p, reason);
}

static void report_gap(struct kraken_tail *t, const char *pair, uint64_t first, uint64_t last)
{
	t->n.lost += last - first + 1;
	diag_warning("'%s': lost trades %llu to %llu: they did not come, or could not be taken",
		pair, (unsigned long long)first, (unsigned long long)last);
}

static void write_trade(struct kraken_tail *t, const struct kraken_trade *trade)
{
	if (kraken_trade_write(t->out, trade) < 0)
		t->n.unwritten++;
	else
		t->n.written++;
}

static bool is_done(const struct kraken_tail *t)
{
	return out_has_failed(t->out) || (t->limit && t->n.written >= t->limit);
}

/* A pair's stream begins with the last t->last trades of its first snapshot: after the one before
 * them, if the snapshot reaches back that far. */
static void begin(
	struct kraken_tail *t, struct feed_product *product, const struct kraken_message *message)
{
	struct json_value element;
	struct kraken_trade trade;
	const char *reason;
	uint64_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		struct json_walk walk = json_walk_start(message->data.raw);
		uint64_t place = 0;

		while (json_walk_next(&walk, &element)) {
			if (kraken_trade_read(element.raw, &trade, &reason) < 0 ||
				find(t, &trade.symbol) != product)
				continue;
			place++;
			if (pass == 1 && place + t->last == n)
				feed_begin_after(product, trade.id, trade.time_ns);
		}
		n = place;
	}
	product->begun = true;
}

static void take_new(
	struct kraken_tail *t, struct feed_product *product, const struct kraken_trade *trade)
{
	uint64_t missing;

	switch (feed_judge(product, trade->id, trade->time_ns, &missing)) {
	case FEED_GAP:
		report_gap(t, product->name, missing, trade->id - 1);
		write_trade(t, trade);
		break;
	case FEED_NEXT:
		write_trade(t, trade);
		break;
	case FEED_REPEATED:
		t->n.repeated++;
		break;
	case FEED_BEFORE:
		t->n.passed++;
		break;
	case FEED_ANEW:
		refuse(t, trade->object, "its id is not above the last one, but its time is later");
		break;
	}
}

/* `snapshot` is the message that the trade is from, where that is one. */
static void take_trade(struct kraken_tail *t, const struct kraken_trade *trade,
	const struct kraken_message *snapshot)
{
	struct feed_product *product = find(t, &trade->symbol);

	t->n.read++;
	if (!product) {
		t->n.passed++;
		return;
	}
	if (snapshot && !product->begun)
		begin(t, product, snapshot);
	take_new(t, product, trade);
}

static enum kraken_tail_next take_trades(
	struct kraken_tail *t, const struct kraken_message *message)
{
	struct json_walk walk = json_walk_start(message->data.raw);
	struct kraken_trade trade;
	struct json_value element;
	const char *reason;

	while (!is_done(t) && json_walk_next(&walk, &element)) {
		if (kraken_trade_read(element.raw, &trade, &reason) == 0) {
			take_trade(t, &trade, message->snapshot ? message : NULL);
			continue;
		}
		t->n.read++;
		refuse(t, element.raw, reason);
	}
	return is_done(t) ? KRAKEN_TAIL_DONE : KRAKEN_TAIL_GO_ON;
}

/* A message in Kraken's own layout, as almost all are, need not be scanned as JSON first. */
static bool take_update(struct kraken_tail *t, struct span text)
{
	struct kraken_trade trades[KRAKEN_UPDATE_MAX];
	size_t n = kraken_trade_read_update(text, trades, KRAKEN_UPDATE_MAX);

	for (size_t i = 0; i < n && !is_done(t); i++)
		take_trade(t, &trades[i], NULL);
	return n > 0;
}

static enum kraken_tail_next hold(struct kraken_tail *t, struct span message, struct err *err)
{
	if (buf_add(&t->held, span_make((const char *)&message.n, sizeof message.n)) == 0 &&
		buf_add(&t->held, message) == 0)
		return KRAKEN_TAIL_GO_ON;
	err_set(err, EXIT_FAILED,
		"cannot hold more than %d bytes of messages before all pairs are acknowledged",
		HELD_MAX);
	return KRAKEN_TAIL_FAIL;
}

static enum kraken_tail_next take_held(struct kraken_tail *t)
{
	enum kraken_tail_next next = KRAKEN_TAIL_GO_ON;
	struct kraken_message message;
	size_t n;

	for (size_t at = 0; at < t->held.len && next == KRAKEN_TAIL_GO_ON; at += n) {
		memcpy(&n, t->held.data + at, sizeof n);
		at += sizeof n;
		kraken_message_read(span_make(t->held.data + at, n), &message);
		next = take_trades(t, &message);
	}
	buf_release(&t->held);
	return next;
}

/* Once every pair is answered, what was held back at the start goes out. */
static enum kraken_tail_next answered(struct kraken_tail *t)
{
	if (t->begun || kraken_tail_unanswered(t))
		return KRAKEN_TAIL_GO_ON;
	t->begun = true;
	return take_held(t);
}

static void explain_refusal(const char *name, struct span text, struct err *err)
{
	struct buf known;

	buf_init(&known, NAME_MAX_BYTES);
	if (kraken_v2_name(span_text(name), &known))
		err_set(err, EXIT_USAGE, "cannot subscribe to '%s': %.*s (it is '%.*s' here)", name,
			span_shown(text), text.p, span_shown(buf_span(&known)), known.data);
	else
		err_set(err, EXIT_USAGE, "cannot subscribe to '%s': %.*s", name, span_shown(text),
			text.p);
	buf_release(&known);
}

/* At the start a refusal ends the program; later, when a pair is delisted, the others go on. */
static enum kraken_tail_next take_refusal(
	struct kraken_tail *t, const struct kraken_message *message, struct err *err)
{
	struct feed_product *product = find(t, &message->symbol);
	struct span text = message->text.raw;

	if (!product) {
		err_set(err, EXIT_USAGE, "cannot subscribe: %.*s", span_shown(text), text.p);
		return t->begun ? KRAKEN_TAIL_RECONNECT : KRAKEN_TAIL_FAIL;
	}
	if (span_is_text(text, "Already subscribed")) {
		product->state = FEED_ACKNOWLEDGED;
		return answered(t);
	}
	explain_refusal(product->name, text, err);
	if (!t->begun)
		return KRAKEN_TAIL_FAIL;
	t->n.refused += product->state != FEED_REFUSED;
	product->state = FEED_REFUSED;
	if (feed_count(&t->feed, FEED_REFUSED) == t->feed.n)
		return KRAKEN_TAIL_FAIL;
	diag_warning("%s", err->text);
	return KRAKEN_TAIL_GO_ON;
}

/* An error that names no request: while answers are due it was meant for ours; later there is
 * nothing that a new connection could mend. */
static enum kraken_tail_next take_error(struct kraken_tail *t, struct span text, struct err *err)
{
	err_set(err, EXIT_FAILED, "Kraken says: %.*s", span_shown(text), text.p);
	if (kraken_tail_unanswered(t))
		return KRAKEN_TAIL_RECONNECT;
	diag_warning("%s", err->text);
	return KRAKEN_TAIL_GO_ON;
}

static void take_status(struct kraken_tail *t, struct span state)
{
	if (span_is_text(state, t->state) || state.n >= sizeof t->state)
		return;
	if (!span_is_text(state, "online"))
		diag_warning("Kraken says that its system is '%.*s'", span_shown(state), state.p);
	else if (*t->state)
		diag_warning("Kraken says that its system is 'online' again");
	memcpy(t->state, state.p, state.n);
	t->state[state.n] = '\0';
}

enum kraken_tail_next kraken_tail_take(struct kraken_tail *t, struct span text, struct err *err)
{
	struct kraken_message message;
	struct feed_product *product;

	if (t->begun && take_update(t, text))
		return is_done(t) ? KRAKEN_TAIL_DONE : KRAKEN_TAIL_GO_ON;
	kraken_message_read(text, &message);
	switch (message.kind) {
	case KRAKEN_TRADES:
		return t->begun ? take_trades(t, &message) : hold(t, text, err);
	case KRAKEN_SUBSCRIBED:
		if ((product = find(t, &message.symbol)))
			product->state = FEED_ACKNOWLEDGED;
		return answered(t);
	case KRAKEN_REFUSED:
		return take_refusal(t, &message, err);
	case KRAKEN_ERROR:
		return take_error(t, message.text.raw, err);
	case KRAKEN_STATUS:
		take_status(t, message.text.raw);
		break;
	case KRAKEN_MALFORMED:
		t->n.read++;
		refuse(t, text, message.reason);
		break;
	case KRAKEN_HEARTBEAT:
	case KRAKEN_UNSUBSCRIBED:
	case KRAKEN_PONG:
	case KRAKEN_OTHER:
		break;
	}
	return KRAKEN_TAIL_GO_ON;
}
