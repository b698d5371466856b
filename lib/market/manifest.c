#include "market/manifest.h"

#include "base/quote.h"
#include "base/stamp.h"

enum { STAMP_DIGITS = 9 };

/* Functions that append to a buffer return 0, or -1 at its ceiling. */

static int add_name(struct buf *to, const char *before, struct span name)
{
	if (buf_add_text(to, before) < 0)
		return -1;
	return name.n ? quote_json(to, name) : buf_add_text(to, "null");
}

static int add_count(struct buf *to, const char *before, uint64_t count)
{
	return buf_add_text(to, before) < 0 || buf_add_u64(to, count) < 0 ? -1 : 0;
}

static int add_id(struct buf *to, const char *before, bool known, uint64_t id)
{
	if (known)
		return add_count(to, before, id);
	return buf_add_text(to, before) < 0 || buf_add_text(to, "null") < 0 ? -1 : 0;
}

static int add_time(struct buf *to, const char *before, int64_t ns)
{
	char text[STAMP_TEXT_MAX];

	if (buf_add_text(to, before) < 0)
		return -1;
	if (ns == 0)
		return buf_add_text(to, "null");
	return quote_json(to, span_make(text, stamp_write(text, ns, STAMP_DIGITS)));
}

static int add_sum(struct buf *to, const char *before, struct sum *sum)
{
	char text[SUM_TEXT_MAX];

	if (buf_add_text(to, before) < 0)
		return -1;
	return quote_json(to, span_make(text, sum_write(text, sum)));
}

static int add_digest(struct buf *to, const char *before, const struct digest *digest)
{
	char text[DIGEST_HEX];

	if (buf_add_text(to, before) < 0)
		return -1;
	digest_hex(digest, text);
	return quote_json(to, span_make(text, sizeof text));
}

static int add_gap(struct buf *to, const char *before, const struct gap *gap)
{
	if (add_count(to, before, gap->first) < 0 || add_count(to, ",\"last\":", gap->last) < 0 ||
		add_time(to, ",\"after\":", gap->after_ns) < 0 ||
		add_time(to, ",\"before\":", gap->before_ns) < 0)
		return -1;
	return buf_add_text(to, "}");
}

static int add_gaps(struct buf *to, const struct gaps *gaps)
{
	struct gaps_walk walk = gaps_walk_start(gaps);
	const char *before = "{\"first\":";
	const struct gap *gap;

	for (; (gap = gaps_walk_next(&walk)); before = ",{\"first\":")
		if (add_gap(to, before, gap) < 0)
			return -1;
	return 0;
}

static int add_found(struct buf *to, const struct stream *stream)
{
	if (add_name(to, "{\"exchange\":", stream->exchange) < 0 ||
		add_name(to, ",\"product_id\":", stream->product) < 0 ||
		add_count(to, ",\"count\":", stream->count) < 0 ||
		add_id(to, ",\"first_id\":", stream->has_ids, stream->first_id) < 0 ||
		add_id(to, ",\"last_id\":", stream->has_ids, stream->last_id) < 0 ||
		add_time(to, ",\"first_time\":", stream->first_ns) < 0)
		return -1;
	return add_time(to, ",\"last_time\":", stream->last_ns);
}

static int add_sums(struct buf *to, struct stream *stream)
{
	if (add_count(to, ",\"duplicates\":", stream->duplicates) < 0 ||
		add_count(to, ",\"disordered\":", stream->disordered) < 0 ||
		add_sum(to, ",\"sum_quantity\":", &stream->quantity) < 0 ||
		add_sum(to, ",\"sum_value\":", &stream->value) < 0 ||
		add_digest(to, ",\"sha256\":", stream->sha256) < 0)
		return -1;
	return add_digest(to, ",\"sha256_time\":", stream->sha256_time);
}

int manifest_write_stream(struct buf *to, struct stream *stream)
{
	if (add_found(to, stream) < 0 || buf_add_text(to, ",\"missing\":[") < 0 ||
		add_gaps(to, &stream->gaps) < 0 || buf_add_text(to, "]") < 0 ||
		add_sums(to, stream) < 0)
		return -1;
	if (stream->without_id && add_count(to, ",\"without_id\":", stream->without_id) < 0)
		return -1;
	return buf_add_text(to, "}");
}

int manifest_write(struct buf *to, struct streams *streams)
{
	const char *whole = streams_are_whole(streams) ? "true" : "false";

	if (buf_printf(to, "{\"whole\":%s,\"streams\":[", whole) < 0)
		return -1;
	for (size_t i = 0; i < streams->n; i++)
		if ((i && buf_add_text(to, ",") < 0) ||
			manifest_write_stream(to, streams->items[i]) < 0)
			return -1;
	return buf_add_text(to, "]}\n");
}
