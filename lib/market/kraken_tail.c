#include "market/kraken_tail.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/quote.h"
#include "market/feed_watch.h"
#include "market/kraken_tail_priv.h"

enum {
	EARLY_MAX = 64 * 1024 * 1024, /* bytes of messages held at the start */
	NAME_MAX_BYTES = 4096,	      /* of an unescaped pair; Kraken's have a dozen */
};

/* Our requests by their numbers, for those who read a capture. */
enum { REQUEST_ALL = 1, REQUEST_DROPPED, REQUEST_END };

/* What stands before each message in tail->early. */
struct early {
	size_t n;
	int64_t received_ns;
};

int kraken_tail_init(struct kraken_tail *t, char *const *pairs, size_t n, struct err *err)
{
	const char *twice;

	*t = (struct kraken_tail){.begun = false};
	for (size_t i = 0; i < n; i++) {
		if (!*pairs[i])
			return err_set(err, EXIT_USAGE, "a pair's name is empty");
		if (!quote_is_utf8(span_text(pairs[i])))
			return err_set(err, EXIT_USAGE, "pair '%s' is not UTF-8", pairs[i]);
	}
	if (feed_init(&t->feed, pairs, n, &twice) < 0)
		return err_set(err, EXIT_USAGE, "pair '%s' is given twice", twice);
	buf_init(&t->early, EARLY_MAX);
	buf_init(&t->text, NAME_MAX_BYTES);
	return 0;
}

void kraken_tail_release(struct kraken_tail *t)
{
	feed_release(&t->feed);
	buf_release(&t->early);
	buf_release(&t->text);
}

/* The request that subscribes all pairs in a state. */
static int subscribe(
	const struct kraken_tail *t, enum feed_state state, struct buf *request, uint64_t req_id)
{
	const char **names = mem_alloc(t->feed.n, sizeof *names);
	size_t n = 0;
	int result = -1;

	for (size_t i = 0; i < t->feed.n; i++)
		if (t->feed.products[i].state == state)
			names[n++] = t->feed.products[i].name;
	if (n > 0)
		result = kraken_subscribe_write(request, names, n, req_id);
	free(names);
	return result;
}

/* What came of a pair before all were acknowledged is fetched again; frames are no trades. */
static void interrupt_all(struct kraken_tail *t)
{
	for (size_t i = 0; i < t->feed.n; i++)
		if (t->begun || t->feed.products[i].state != FEED_ASKED)
			feed_interrupt(&t->feed.products[i]);
	if (!t->settings.frames)
		buf_clear(&t->early);
}

int kraken_tail_subscribe(struct kraken_tail *t, struct buf *request)
{
	interrupt_all(t);
	feed_ask_again(&t->feed);
	if (subscribe(t, FEED_ASKED, request, REQUEST_ALL) < 0)
		return -1;
	for (size_t i = 0; i < t->feed.n; i++)
		kraken_tail_miss(t, &t->feed.products[i]);
	return 0;
}

int kraken_tail_subscribe_dropped(struct kraken_tail *t, struct buf *request)
{
	if (subscribe(t, FEED_DROPPED, request, REQUEST_DROPPED) < 0)
		return -1;
	for (size_t i = 0; i < t->feed.n; i++) {
		if (t->feed.products[i].state != FEED_DROPPED)
			continue;
		t->feed.products[i].state = FEED_ASKED;
		feed_interrupt(&t->feed.products[i]);
	}
	return 0;
}

int kraken_tail_unsubscribe(
	struct kraken_tail *t, struct feed_product *product, struct buf *request)
{
	if (kraken_unsubscribe_write(request, &product->name, 1, REQUEST_END) < 0)
		return -1;
	product->state = FEED_DROPPED;
	feed_interrupt(product);
	kraken_tail_miss(t, product);
	return 0;
}

const char *kraken_tail_unanswered(const struct kraken_tail *t)
{
	for (size_t i = 0; i < t->feed.n; i++)
		if (t->feed.products[i].state == FEED_ASKED && !t->feed.products[i].refused)
			return t->feed.products[i].name;
	return NULL;
}

static enum kraken_tail_next go_on(const struct kraken_tail *t)
{
	return kraken_tail_is_done(t) ? KRAKEN_TAIL_DONE : KRAKEN_TAIL_GO_ON;
}

/* Whether the message is a line of the output that consists of them. */
static bool is_frame(
	const struct kraken_tail *t, const struct kraken_message *message, struct span text)
{
	struct json_value value;
	struct json_fault fault;

	return t->settings.frames &&
		(message->kind != KRAKEN_MALFORMED || json_scan(text, &value, &fault) == 0);
}

static int keep_early(struct kraken_tail *t, struct span text, struct err *err)
{
	const struct early head = {text.n, t->received_ns};

	if (buf_add(&t->early, span_make((const char *)&head, sizeof head)) == 0 &&
		buf_add(&t->early, text) == 0)
		return 0;
	return err_set(err, EXIT_FAILED,
		"cannot hold more than %d bytes of messages before all pairs are acknowledged",
		EARLY_MAX);
}

static enum kraken_tail_next take_early(struct kraken_tail *t)
{
	int64_t received_ns = t->received_ns;
	struct kraken_message message;
	struct early head;

	for (size_t at = 0; at < t->early.len && !kraken_tail_is_done(t); at += head.n) {
		struct span text;

		memcpy(&head, t->early.data + at, sizeof head);
		at += sizeof head;
		text = span_make(t->early.data + at, head.n);
		t->received_ns = head.received_ns;
		if (t->settings.frames)
			kraken_tail_write_frame(t, text);
		kraken_message_read(text, &message);
		if (message.kind == KRAKEN_TRADES)
			kraken_tail_take_trades(t, &message);
	}
	t->received_ns = received_ns;
	buf_release(&t->early);
	return go_on(t);
}

static void readmit(struct kraken_tail *t, struct feed_product *product)
{
	t->n.refused--;
	t->n.unsure -= product->given_up;
	product->refused = product->given_up = false;
	diag_warning("Kraken has accepted '%s' again", product->name);
}

/* Once every pair is answered, what was held back at the start goes out. */
static enum kraken_tail_next answered(
	struct kraken_tail *t, struct feed_product *product, struct span text)
{
	if (product) {
		kraken_tail_open(t, product, text);
		if (product->refused)
			readmit(t, product);
		product->state = FEED_ACKNOWLEDGED;
		feed_watch_begin(product, t->now_ns);
	}
	if (t->begun || kraken_tail_unanswered(t))
		return KRAKEN_TAIL_GO_ON;
	t->begun = true;
	return take_early(t);
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

static void desert(struct kraken_tail *t)
{
	if (!t->deserted)
		diag_warning("Kraken has refused every pair: there is nothing left to read");
	t->deserted = true;
}

/* The others were looked at long ago, perhaps. */
static void look_again(struct kraken_tail *t)
{
	for (size_t i = 0; i < t->feed.n; i++)
		feed_watch_refuse(&t->feed.products[i], t->now_ns);
}

/* With frames REST is not asked, so there is nothing to wait for. */
static enum kraken_tail_next take_late_refusal(
	struct kraken_tail *t, struct feed_product *product, const struct err *err)
{
	product->state = FEED_REFUSED;
	if (!product->refused) {
		diag_warning("%s", err->text);
		product->refused = true;
		t->n.refused++;
		feed_interrupt(product);
		feed_watch_refuse(product, t->now_ns);
		if (t->n.refused == t->feed.n)
			look_again(t);
	}
	if (!t->settings.repair && feed_count(&t->feed, FEED_REFUSED) == t->feed.n)
		desert(t);
	return go_on(t);
}

void kraken_tail_give_up(struct kraken_tail *t, struct feed_product *product, const char *why)
{
	if (!feed_watch_may_settle(product, t->now_ns))
		return;
	product->watch.settled = true;
	if (product->given_up)
		return;
	product->given_up = true;
	t->n.unsure++;
	diag_warning("'%s': some trades behind %llu may be missing: %s", product->name,
		(unsigned long long)product->last_id, why);
}

void kraken_tail_check_deserted(struct kraken_tail *t)
{
	for (size_t i = 0; i < t->feed.n; i++) {
		const struct feed_product *product = &t->feed.products[i];

		if (product->state != FEED_REFUSED || !product->watch.settled ||
			product->watch.shown_id || product->repairing)
			return;
	}
	desert(t);
}

/* At the start a refusal ends the program. */
static enum kraken_tail_next take_refusal(struct kraken_tail *t,
	const struct kraken_message *message, struct span whole, struct err *err)
{
	struct feed_product *product = kraken_tail_find(t, &message->symbol);
	struct span text = message->text.raw;
	struct err late;

	if (message->ending) /* of a subscription that was gone already */
		return KRAKEN_TAIL_GO_ON;
	if (!product) {
		err_set(err, EXIT_USAGE, "cannot subscribe: %.*s", span_shown(text), text.p);
		return t->begun ? KRAKEN_TAIL_RECONNECT : KRAKEN_TAIL_FAIL;
	}
	if (span_is_text(text, "Already subscribed"))
		return answered(t, product, whole);
	explain_refusal(product->name, text, t->begun ? &late : err);
	return t->begun ? take_late_refusal(t, product, &late) : KRAKEN_TAIL_FAIL;
}

/* The end of a subscription that we have not asked for. */
static void take_end(struct kraken_tail *t, const struct json_value *symbol)
{
	struct feed_product *product = kraken_tail_find(t, symbol);

	if (!product || product->state != FEED_ACKNOWLEDGED)
		return;
	product->state = FEED_DROPPED;
	product->drops++;
	diag_warning("Kraken has ended the subscription to '%s': subscribing anew", product->name);
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

/* Takes what has not been taken as a message in Kraken's usual layout. */
static enum kraken_tail_next take_message(struct kraken_tail *t,
	const struct kraken_message *message, struct span text, struct err *err)
{
	switch (message->kind) {
	case KRAKEN_TRADES:
		if (t->begun)
			kraken_tail_take_trades(t, message);
		break;
	case KRAKEN_SUBSCRIBED:
		return answered(t, kraken_tail_find(t, &message->symbol), text);
	case KRAKEN_UNSUBSCRIBED:
		take_end(t, &message->symbol);
		break;
	case KRAKEN_REFUSED:
		return take_refusal(t, message, text, err);
	case KRAKEN_ERROR:
		return take_error(t, message->text.raw, err);
	case KRAKEN_STATUS:
		take_status(t, message->text.raw);
		break;
	case KRAKEN_MALFORMED:
		t->n.read++;
		kraken_tail_refuse(t, text, message->reason);
		break;
	case KRAKEN_HEARTBEAT:
	case KRAKEN_PONG:
	case KRAKEN_OTHER:
		break;
	}
	return go_on(t);
}

enum kraken_tail_next kraken_tail_take(struct kraken_tail *t, struct span text, struct err *err)
{
	struct kraken_message message;
	bool frame;

	t->n.frames++;
	t->n.bytes += text.n;
	if (t->begun && kraken_tail_take_update(t, text))
		return go_on(t);
	kraken_message_read(text, &message);
	frame = is_frame(t, &message, text);
	if (t->begun && frame)
		kraken_tail_write_frame(t, text);
	else if (!t->begun && (frame || message.kind == KRAKEN_TRADES) &&
		keep_early(t, text, err) < 0)
		return KRAKEN_TAIL_FAIL;
	return take_message(t, &message, text, err);
}
