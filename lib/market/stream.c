#include "market/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/stamp.h"
#include "base/word.h"

enum {
	CAP_FIRST = 16,
	NS_PER_US = 1000,
	LINE_BYTES = NUM_U64_MAX + 2 * DECIMAL_TEXT_MAX + sizeof "sell" + STAMP_TEXT_MAX + 4,
};

_Static_assert((int)LINE_BYTES <= (int)DIGEST_PIECE_MAX, "a line is one piece");

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static uint64_t hash_name(uint64_t hash, struct span name)
{
	char rest[WORD_SIZE] = {0};

	for (; name.n >= WORD_SIZE; name = span_make(name.p + WORD_SIZE, name.n - WORD_SIZE))
		hash = mix(hash, word_load(name.p));
	for (size_t i = 0; i < name.n; i++)
		rest[i] = name.p[i];
	return mix(hash, word_load(rest));
}

/* Names are short: nearly all of them are one word. */
static bool is_name(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	if (a.n == 0 || a.n >= WORD_SIZE)
		return span_is(a, b);
	return word_load_few(a.p, a.n) == word_load_few(b.p, b.n);
}

static bool is_of(const struct stream *stream, struct span exchange, struct span product)
{
	return stream && is_name(stream->product, product) && is_name(stream->exchange, exchange);
}

/* The place in the table of the stream of these names, empty where there is none. */
static struct stream **find_slot(
	const struct streams *streams, uint64_t hash, struct span exchange, struct span product)
{
	size_t at = hash & (streams->slots - 1);

	while (streams->table[at] &&
		(streams->table[at]->hash != hash || !is_of(streams->table[at], exchange, product)))
		at = (at + 1) & (streams->slots - 1);
	return streams->table + at;
}

/* Room for one more; half of the table stays empty. */
static void grow(struct streams *streams)
{
	if (streams->n < streams->cap)
		return;
	streams->cap = streams->cap ? 2 * streams->cap : CAP_FIRST;
	streams->items = mem_resize(streams->items, streams->cap, sizeof(struct stream *));
	streams->slots = 2 * streams->cap;
	free(streams->table);
	streams->table = mem_alloc(streams->slots, sizeof(struct stream *));
	for (size_t i = 0; i < streams->n; i++) {
		struct stream *item = streams->items[i];
		*find_slot(streams, item->hash, item->exchange, item->product) = item;
	}
}

static struct span copy_name(struct span name)
{
	char *copy = mem_alloc(name.n, 1);

	if (name.n > 0)
		memcpy(copy, name.p, name.n);
	return span_make(copy, name.n);
}

static struct stream *new_stream(uint64_t hash, struct span exchange, struct span product)
{
	struct stream *stream = mem_alloc(1, sizeof *stream);

	stream->hash = hash;
	stream->exchange = copy_name(exchange);
	stream->product = copy_name(product);
	stream->sha256 = digest_open();
	stream->sha256_time = digest_open();
	return stream;
}

static void free_stream(struct stream *stream)
{
	free((char *)(uintptr_t)stream->exchange.p);
	free((char *)(uintptr_t)stream->product.p);
	gaps_release(&stream->gaps);
	digest_close(stream->sha256);
	digest_close(stream->sha256_time);
	free(stream);
}

void streams_release(struct streams *streams)
{
	for (size_t i = 0; i < streams->n; i++)
		free_stream(streams->items[i]);
	free(streams->items);
	free(streams->table);
	*streams = (struct streams){.items = NULL};
}

/* The stream of these names, made where there is none. */
static struct stream *look_up(struct streams *streams, struct span exchange, struct span product)
{
	uint64_t hash = hash_name(hash_name(0, exchange), product);
	struct stream **slot;

	grow(streams);
	slot = find_slot(streams, hash, exchange, product);
	if (!*slot) {
		*slot = streams->items[streams->n] = new_stream(hash, exchange, product);
		(*slot)->place = streams->n++;
	}
	return *slot;
}

struct stream *streams_find(
	const struct streams *streams, struct span exchange, struct span product)
{
	if (streams->n == 0)
		return NULL;
	return *find_slot(streams, hash_name(hash_name(0, exchange), product), exchange, product);
}

static struct stream *find(struct streams *streams, struct span exchange, struct span product)
{
	struct stream *found = streams->recent;

	if (is_of(found, exchange, product))
		return found;
	found = streams->previous;
	if (!is_of(found, exchange, product))
		found = look_up(streams, exchange, product);
	streams->previous = streams->recent;
	streams->recent = found;
	return found;
}

/* Brings the number of all missing ids up to date with a stream of which `before` were missing. */
static void recount(struct streams *streams, const struct stream *stream, uint64_t before)
{
	uint64_t now = gaps_total(&stream->gaps);

	streams->missing_low += now;
	streams->missing_high += streams->missing_low < now;
	streams->missing_high -= streams->missing_low < before;
	streams->missing_low -= before;
	streams->missing = streams->missing_high ? UINT64_MAX : streams->missing_low;
}

static enum gaps_verdict judge_id(
	struct streams *streams, struct stream *stream, const struct trade *trade)
{
	uint64_t before = gaps_total(&stream->gaps);
	enum gaps_verdict verdict = gaps_add(&stream->gaps, trade->id, trade->time_ns);

	if (verdict == GAPS_JUMP || verdict == GAPS_LATE)
		recount(streams, stream, before);
	if (verdict == GAPS_REPEATED) {
		stream->duplicates++;
		streams->duplicates++;
	}
	return verdict;
}

/* Whether the trade is earlier than one that came before it. */
static bool steps_back(const struct stream *stream, const struct trade *trade)
{
	static const struct span kraken = SPAN("kraken");

	int64_t step_us;

	if (trade->time_ns >= stream->recent_ns || trade->voided)
		return false;
	step_us = stream->recent_ns / NS_PER_US - trade->time_ns / NS_PER_US;
	return step_us > (span_is(stream->exchange, kraken) ? STREAM_SKEW_US : 0);
}

/* A trade is out of order once, by its id or by its time, and not where it is there already. */
static void judge(struct streams *streams, struct stream *stream, const struct trade *trade)
{
	enum gaps_verdict verdict = GAPS_NEXT;

	if (trade->has_id)
		verdict = judge_id(streams, stream, trade);
	if (verdict == GAPS_LATE || (verdict != GAPS_REPEATED && steps_back(stream, trade))) {
		stream->disordered++;
		streams->disordered++;
	}
	if (trade->voided)
		return;
	if (!trade->has_id) {
		stream->without_id++;
		streams->without_id++;
	}
	if (trade->time_ns > stream->recent_ns)
		stream->recent_ns = trade->time_ns;
}

static void note_ends(struct stream *stream, const struct trade *trade)
{
	bool begins = stream->count == 0 || (trade->has_id && !stream->has_ids);

	if (stream->has_ids && !trade->has_id)
		return;
	if (begins || (trade->has_id && trade->id < stream->first_id)) {
		stream->first_id = trade->id;
		stream->first_ns = trade->time_ns;
	}
	if (begins || !trade->has_id || trade->id > stream->last_id) {
		stream->last_id = trade->id;
		stream->last_ns = trade->time_ns;
	}
	stream->has_ids |= trade->has_id;
}

static void add_amounts(struct stream *stream, const struct trade *trade)
{
	struct sum_term price, quantity;

	sum_read(&price, &trade->price);
	sum_read(&quantity, &trade->quantity);
	sum_add(&stream->quantity, &quantity);
	sum_add_product(&stream->value, &price, &quantity);
}

static char *put_id(char *to, const struct trade *trade)
{
	if (trade->has_id)
		return to + trade_write_id(to, trade);
	*to++ = '-';
	return to;
}

static char *put_side(char *to, enum trade_side side)
{
	if (side == TRADE_BUY)
		return (char *)memcpy(to, "buy", 3) + 3;
	if (side == TRADE_SELL)
		return (char *)memcpy(to, "sell", 4) + 4;
	*to++ = '-';
	return to;
}

static void hash_trade(struct stream *stream, const struct trade *trade)
{
	char *line = digest_room(stream->sha256), *timed = digest_room(stream->sha256_time);
	char *to = put_id(line, trade);
	size_t n;

	*to++ = ' ';
	to += decimal_write(to, &trade->price);
	*to++ = ' ';
	to += decimal_write(to, &trade->quantity);
	*to++ = ' ';
	to = put_side(to, trade->side);
	n = (size_t)(to - line);
	*to = '\n';
	digest_wrote(stream->sha256, n + 1);

	memcpy(timed, line, n);
	to = timed + n;
	*to++ = ' ';
	to += trade_write_time(to, trade);
	*to++ = '\n';
	digest_wrote(stream->sha256_time, (size_t)(to - timed));
}

void streams_add(struct streams *streams, const struct trade *trade)
{
	struct stream *stream = find(streams, trade->exchange, trade->product);

	judge(streams, stream, trade);
	if (trade->voided) {
		stream->voided++;
		return;
	}
	note_ends(stream, trade);
	stream->count++;
	add_amounts(stream, trade);
	hash_trade(stream, trade);
}

static void expect(struct streams *streams, struct stream *stream, uint64_t first, uint64_t last)
{
	uint64_t before = gaps_total(&stream->gaps);

	gaps_expect(&stream->gaps, first, last);
	recount(streams, stream, before);
}

void streams_expect(struct streams *streams, struct span product, uint64_t first, uint64_t last)
{
	bool came = false;

	if (first > last)
		return;
	for (size_t i = 0; i < streams->n; i++) {
		if (!span_is(streams->items[i]->product, product))
			continue;
		came = true;
		expect(streams, streams->items[i], first, last);
	}
	if (!came)
		expect(streams, find(streams, span_make(NULL, 0), product), first, last);
}

bool stream_is_whole(const struct stream *stream)
{
	return stream->gaps.n == 0 && stream->duplicates == 0 && stream->disordered == 0 &&
		stream->without_id == 0;
}

bool streams_are_whole(const struct streams *streams)
{
	return streams->missing == 0 && streams->duplicates == 0 && streams->disordered == 0 &&
		streams->without_id == 0;
}
