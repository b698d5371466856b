/*
 * What happens to a kraken_tail, told in steps, each behind a letter:
 *   C        a new connection: the request is made
 *   G        the request for those that were dropped
 *   a B      the subscription to B is acknowledged; "a" alone: to no pair; @N: at the time of trade N
 *   r B      it is refused; "r" alone: the whole request is
 *   again B  it is refused since it stands already
 *   D B      it is ended; x B: there was none to end
 *   m B5     B is mute: it is unsubscribed, with 5 as the last one that REST shows
 *   k B5     5 is only known of
 *   o B5     before all: B goes on behind trade 5
 *   z B5     before all: it is to have what is later than the time of trade 5
 *   S B1 B2  a snapshot with these trades: pair, id, and @N where its time is that of trade N
 *   U B3 E7  an update; "!" is a trade without a price, "?" one that is no object
 *   F B5     REST shows that B5 is the first one of B, which is adrift
 *   + B2 B3  these are supplied by REST; after "-" those up to the next one are lost
 *   - B3     those up to this one are lost
 *   @ 5      the time of receipt, from now on
 *   h        a heartbeat
 *   = TEXT   a message as it stands, up to the next ";"
 * B and E are the pairs that were asked for. What is read is accounted for after each step.
 */
#ifndef TRADEPIPE_TESTS_KRAKEN_TAIL_STEPS_H
#define TRADEPIPE_TESTS_KRAKEN_TAIL_STEPS_H

#include <stdlib.h>
#include <string.h>

#include "market/kraken_tail.h"

static char btc[] = "BTC/USD", eth[] = "ETH/USD", other[] = "DOT/USD";

static inline const char *pair_of(char letter)
{
	return letter == 'B' ? btc : letter == 'E' ? eth : other;
}

static inline void add_trade(struct buf *to, const char *word)
{
	char *end;
	unsigned long id = strtoul(word + 1, &end, 10);
	unsigned long ms = *end == '@' ? strtoul(end + 1, NULL, 10) : id;

	if (*word == '?') {
		buf_add_text(to, "7");
		return;
	}
	buf_printf(to, "{\"symbol\":\"%s\",\"side\":\"buy\",", pair_of(*word == '!' ? 'B' : *word));
	if (*word != '!')
		buf_add_text(to, "\"price\":1.50,");
	buf_printf(to,
		"\"qty\":0.10,\"ord_type\":\"limit\",\"trade_id\":%lu,"
		"\"timestamp\":\"2026-01-01T00:00:%02lu.%03luZ\"}",
		*word == '!' ? 1 : id, ms / 1000, ms % 1000);
}

static inline void add_answer(
	struct buf *to, const char *method, const char *word, const char *error)
{
	const char *at = strchr(word, '@');
	unsigned long ms = at ? strtoul(at + 1, NULL, 10) : 0;
	char pair = *word;

	buf_printf(to, "{\"method\":\"%s\",\"success\":%s,", method, error ? "false" : "true");
	if (error)
		buf_printf(to, "\"error\":\"%s\",", error);
	if (pair && error)
		buf_printf(to, "\"symbol\":\"%s\",", pair_of(pair));
	if (!error)
		buf_printf(to, "\"result\":{\"channel\":\"trade\"%s%s%s},",
			pair ? ",\"symbol\":\"" : "", pair ? pair_of(pair) : "", pair ? "\"" : "");
	buf_printf(to, "\"time_in\":\"2026-01-01T00:00:%02lu.%03luZ\",\"req_id\":1}", ms / 1000,
		ms % 1000);
}

static inline char *next_word(char *word)
{
	word += strcspn(word, " ");
	return word + strspn(word, " ");
}

static inline void add_trades(struct buf *to, const char *type, char *word)
{
	const char *comma = "";

	buf_printf(to, "{\"channel\":\"trade\",\"type\":\"%s\",\"data\":[", type);
	for (; *word; word = next_word(word), comma = ",") {
		buf_add_text(to, comma);
		add_trade(to, word);
	}
	buf_add_text(to, "]}");
}

/* The message that a step stands for. */
static inline void write_message(struct buf *to, char *step)
{
	char *word = next_word(step);

	if (strncmp(step, "again", 5) == 0)
		add_answer(to, "subscribe", word, "Already subscribed");
	else if (*step == 'a')
		add_answer(to, "subscribe", word, NULL);
	else if (*step == 'r')
		add_answer(to, "subscribe", word, "Currency pair not supported");
	else if (*step == 'D')
		add_answer(to, "unsubscribe", word, NULL);
	else if (*step == 'x')
		add_answer(to, "unsubscribe", word, "Subscription Not Found");
	else if (*step == 'S')
		add_trades(to, "snapshot", word);
	else if (*step == 'U')
		add_trades(to, "update", word);
	else if (*step == 'h')
		buf_add_text(to, "{\"channel\":\"heartbeat\"}");
	else
		buf_add_text(to, word);
}

static inline struct feed_product *product_of(struct kraken_tail *tail, char letter)
{
	return feed_find(&tail->feed, span_text(pair_of(letter)));
}

static inline void supply(struct kraken_tail *tail, char *word)
{
	struct kraken_trade trade;
	const char *reason;
	struct buf object;
	bool lose = false;

	for (; *word; word = next_word(word)) {
		struct feed_product *product = product_of(tail, *word);

		if (*word == '-') {
			lose = true;
			continue;
		}
		buf_init(&object, 1024);
		add_trade(&object, word);
		if (kraken_trade_read(buf_span(&object), &trade, &reason) < 0)
			abort();
		if (lose)
			kraken_tail_lose(tail, product, trade.id, "nobody has them");
		else
			kraken_tail_supply(tail, product, &trade);
		buf_release(&object);
	}
}

/* Steps that are no message; false for one that is. */
static inline bool take_deed(struct kraken_tail *tail, char *step)
{
	char *word = next_word(step);
	struct feed_product *product = *word ? product_of(tail, *word) : NULL;
	uint64_t id = *word ? strtoul(word + 1, NULL, 10) : 0;
	struct buf request;
	int result = 0;

	buf_init(&request, 1024);
	if (*step == 'C')
		result = kraken_tail_subscribe(tail, &request);
	else if (*step == 'G')
		result = kraken_tail_subscribe_dropped(tail, &request);
	else if (*step == 'k' || *step == 'm')
		product->seen_id = id > product->seen_id ? id : product->seen_id;
	else if (*step == 'o')
		kraken_tail_begin_after(
			product, id, INT64_C(1767225600000000000) + (int64_t)id * 1000000);
	else if (*step == 'z')
		feed_begin_since(product, INT64_C(1767225600000000000) + (int64_t)id * 1000000);
	else if (*step == 'F')
		kraken_tail_find_first(tail, product, id);
	else if (*step == '@')
		tail->received_ns = (int64_t)strtoul(word, NULL, 10);
	if (*step == 'm')
		result = kraken_tail_unsubscribe(tail, product, &request);
	if (*step == '+' || *step == '-')
		supply(tail, *step == '+' ? word : step);
	if (result < 0)
		abort();
	buf_release(&request);
	return strchr("CFGkmoz@+-", *step) != NULL;
}

static inline enum kraken_tail_next take_step(struct kraken_tail *tail, char *step, struct err *err)
{
	enum kraken_tail_next next;
	struct buf text;

	if (take_deed(tail, step))
		return kraken_tail_is_done(tail) ? KRAKEN_TAIL_DONE : KRAKEN_TAIL_GO_ON;
	buf_init(&text, 64 * 1024);
	write_message(&text, step);
	tail->n.frames--;
	tail->n.bytes -= text.len;
	next = kraken_tail_take(tail, buf_span(&text), err);
	buf_release(&text);
	return next;
}

#endif
