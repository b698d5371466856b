#include "market/last.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/quote.h"
#include "base/stamp.h"
#include "market/trade.h"
#include "market/trade_record.h"

enum { MICROSECONDS = 6 };

struct stream {
	char *names; /* the exchange, then the product */
	struct span exchange, product;
	char *value; /* NULL: it is to be composed */
	size_t n;
	bool has_id;
	uint64_t id;
	int64_t time_ns;
	int32_t partition;
	int64_t offset;
};

struct last {
	const char *products;	 /* NULL: all */
	struct stream **streams; /* by exchange and product */
	size_t n, cap;
	size_t bytes;
	struct buf names; /* of the record that is being read */
};

const char *last_member_name(enum last_member member)
{
	static const char *const names[LAST_MEMBERS] = {
		[LAST_PRODUCT_ID] = "product_id",
		[LAST_TIMESTAMP] = "timestamp",
		[LAST_TRADE_ID] = "trade_id",
		[LAST_EXCHANGE] = "exchange",
	};

	return names[member];
}

/* The next of the products asked for; p NULL behind the last one. */
static struct span next_product(const char *products, size_t *at)
{
	const char *from = products + *at;
	size_t n;

	if (*at > 0 && from[-1] == '\0')
		return span_make(NULL, 0);
	n = strcspn(from, ",");
	*at += n + 1;
	return span_make(from, n);
}

static bool is_asked_for(const struct last *last, struct span product)
{
	struct span asked;
	size_t at = 0;

	if (!last->products)
		return true;
	while ((asked = next_product(last->products, &at)).p)
		if (span_is(asked, product))
			return true;
	return false;
}

struct last *last_open(const char *products)
{
	struct span product;
	struct last *last;
	size_t at = 0;

	while (products && (product = next_product(products, &at)).p)
		if (product.n == 0)
			return NULL;
	last = mem_alloc(1, sizeof *last);
	last->products = products;
	buf_init(&last->names, (size_t)2 * TRADE_RECORD_MAX);
	return last;
}

void last_close(struct last *last)
{
	if (!last)
		return;
	for (size_t i = 0; i < last->n; i++) {
		free(last->streams[i]->names);
		free(last->streams[i]->value);
		free(last->streams[i]);
	}
	free(last->streams);
	buf_release(&last->names);
	free(last);
}

static int compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

/* Where the trade's stream is, or belongs. */
static size_t find(const struct last *last, const struct trade *trade, bool *is_there)
{
	size_t from = 0, to = last->n;

	*is_there = false;
	while (from < to && !*is_there) {
		size_t middle = from + (to - from) / 2;
		const struct stream *s = last->streams[middle];
		int order = compare(trade->exchange, s->exchange);
		if (order == 0)
			order = compare(trade->product, s->product);
		*is_there = order == 0;
		if (order > 0)
			from = middle + 1;
		else
			to = middle;
	}
	return to;
}

static struct stream *add(struct last *last, size_t at, const struct trade *trade)
{
	struct stream *s = mem_alloc(1, sizeof *s);

	if (last->n == last->cap) {
		last->cap = last->cap ? last->cap * 2 : 64;
		last->streams = mem_resize(last->streams, last->cap, sizeof(struct stream *));
	}
	memmove(&last->streams[at + 1], &last->streams[at],
		(last->n++ - at) * sizeof(struct stream *));
	last->streams[at] = s;
	s->names = mem_alloc(trade->exchange.n + trade->product.n + 1, 1);
	if (trade->exchange.n > 0)
		memcpy(s->names, trade->exchange.p, trade->exchange.n);
	memcpy(s->names + trade->exchange.n, trade->product.p, trade->product.n);
	s->exchange = span_make(s->names, trade->exchange.n);
	s->product = span_make(s->names + trade->exchange.n, trade->product.n);
	s->offset = -1;
	return s;
}

static bool is_later(
	const struct stream *s, const struct trade *trade, const struct last_record *record)
{
	if (trade->has_id != s->has_id)
		return trade->has_id;
	if (trade->has_id && trade->id != s->id)
		return trade->id > s->id;
	if (record->partition == s->partition)
		return record->offset > s->offset;
	return trade->time_ns > s->time_ns;
}

static bool is_line(struct span value)
{
	return !memchr(value.p, '\n', value.n) && !memchr(value.p, '\r', value.n);
}

static enum last_verdict keep(struct last *last, struct stream *s, const struct trade *trade,
	const struct last_record *record, bool is_whole)
{
	bool copies = is_whole && is_line(record->value);

	last->bytes -= s->n;
	s->n = copies ? record->value.n : 0;
	last->bytes += s->n;
	if (last->bytes > LAST_BYTES_MAX)
		return LAST_FULL;
	if (copies) {
		s->value = mem_resize(s->value, s->n, 1);
		memcpy(s->value, record->value.p, s->n);
	} else {
		free(s->value);
		s->value = NULL;
	}
	s->has_id = trade->has_id;
	s->id = trade->id;
	s->time_ns = trade->time_ns;
	s->partition = record->partition;
	s->offset = record->offset;
	return LAST_TAKEN;
}

/* Lets what stands beside the value stand in for a member; *is_whole is cleared then. NULL, or the
 * reason why it will not do. */
static const char *stand_in(struct json_value *member, struct span beside, bool *is_whole)
{
	if (!beside.p || (member->type != JSON_NONE && member->type != JSON_NULL))
		return NULL;
	if (!quote_is_utf8(beside))
		return "a header is not UTF-8";
	*member = (struct json_value){.type = JSON_STRING, .raw = beside};
	*is_whole = false;
	return NULL;
}

static const char *read_trade(
	struct last *last, const struct last_record *record, struct trade *trade, bool *is_whole)
{
	static const struct json_value any_amount = {.type = JSON_NUMBER, .raw = SPAN("1")};
	const struct span *beside = record->beside;
	struct trade_record members;
	const char *reason = trade_record_scan(record->value, &members);

	if (reason)
		return reason;
	*is_whole = true;
	if (members.timestamp_ms.type == JSON_NONE)
		reason = stand_in(&members.timestamp, beside[LAST_TIMESTAMP], is_whole);
	if (reason || (reason = stand_in(&members.product_id, beside[LAST_PRODUCT_ID], is_whole)) ||
		(reason = stand_in(&members.trade_id, beside[LAST_TRADE_ID], is_whole)) ||
		(reason = stand_in(&members.exchange, beside[LAST_EXCHANGE], is_whole)))
		return reason;
	if (members.price.type == JSON_NONE)
		members.price = any_amount;
	if (members.quantity.type == JSON_NONE)
		members.quantity = any_amount;
	*is_whole &= members.timestamp.type == JSON_STRING;
	reason = trade_record_read(&members, &last->names, trade);
	return reason ? reason : trade_check(trade);
}

/* Most records are laid out as trade-normalize writes them, and have all members. */
static const char *read_any(
	struct last *last, const struct last_record *record, struct trade *trade, bool *is_whole)
{
	*is_whole = true;
	if (trade_record_read_plain(record->value, trade) && trade->has_id &&
		trade->exchange.n > 0 && !trade_check(trade))
		return NULL;
	return read_trade(last, record, trade, is_whole);
}

enum last_verdict last_take(
	struct last *last, const struct last_record *record, const char **reason)
{
	enum last_verdict verdict = LAST_TAKEN;
	bool is_whole, is_there;
	struct trade trade;
	size_t at;

	*reason = read_any(last, record, &trade, &is_whole);
	if (*reason)
		return LAST_BAD;
	if (!is_asked_for(last, trade.product))
		return LAST_TAKEN;
	at = find(last, &trade, &is_there);
	if (!is_there && last->n == LAST_STREAMS_MAX)
		verdict = LAST_FULL;
	else if (!is_there)
		verdict = keep(last, add(last, at, &trade), &trade, record, is_whole);
	else if (is_later(last->streams[at], &trade, record))
		verdict = keep(last, last->streams[at], &trade, record, is_whole);
	if (verdict == LAST_FULL)
		*reason = "more than 65536 streams, or more than 64 MiB of their records";
	return verdict;
}

size_t last_streams(const struct last *last)
{
	return last->n;
}

struct span last_missing(const struct last *last, size_t *at)
{
	struct span product = {NULL, 0};
	bool is_there = true;

	while (last->products && is_there) {
		product = next_product(last->products, at);
		is_there = false;
		for (size_t i = 0; product.p && i < last->n && !is_there; i++)
			is_there = span_is(last->streams[i]->product, product);
	}
	return product;
}

int last_write(const struct last *last, size_t stream, struct buf *to)
{
	const struct stream *s = last->streams[stream];
	char time[STAMP_TEXT_MAX];
	int failed;

	if (s->value)
		return buf_add(to, span_make(s->value, s->n));
	failed = buf_add_text(to, "{\"product_id\":") | quote_json(to, s->product) |
		buf_add_text(to, ",\"timestamp\":\"") |
		buf_add(to, span_make(time, stamp_write(time, s->time_ns, MICROSECONDS))) |
		buf_add_text(to, "\"");
	if (s->has_id)
		failed |= buf_add_text(to, ",\"trade_id\":") | buf_add_u64(to, s->id);
	if (s->exchange.n > 0)
		failed |= buf_add_text(to, ",\"exchange\":") | quote_json(to, s->exchange);
	return failed | buf_add_text(to, "}");
}
