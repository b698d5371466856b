#include "market/verdict.h"

#include "base/stamp.h"

enum {
	STAMP_DIGITS = 6,
	PIECE = 64, /* bytes of a name that are escaped at once */
};

static int add_name(struct buf *to, struct span name)
{
	char text[QUOTE_GROWTH * PIECE];

	while (name.n > 0) {
		size_t n = name.n < PIECE ? name.n : PIECE;
		if (buf_add(to, span_make(text, quote_write(text, span_make(name.p, n)))) < 0)
			return -1;
		name = span_make(name.p + n, name.n - n);
	}
	return 0;
}

int verdict_title(struct buf *to, struct span product, struct span exchange)
{
	if (add_name(to, product) < 0)
		return -1;
	if (exchange.n == 0)
		return 0;
	return buf_add_text(to, " of ") < 0 || add_name(to, exchange) < 0 ? -1 : 0;
}

struct teller {
	const struct stream *stream;
	void (*tell)(void *arg, const char *line);
	void *arg;
	struct buf line;
};

static struct buf *begin_line(struct teller *t)
{
	buf_clear(&t->line);
	verdict_title(&t->line, t->stream->product, t->stream->exchange);
	return &t->line;
}

static void end_line(struct teller *t)
{
	buf_add(&t->line, span_make("", 1));
	t->tell(t->arg, t->line.data);
}

static void add_stamp(struct buf *to, const char *before, int64_t ns)
{
	char text[STAMP_TEXT_MAX];

	buf_add_text(to, before);
	buf_add(to, span_make(text, stamp_write(text, ns, STAMP_DIGITS)));
}

static void add_times(struct buf *to, const struct gap *gap)
{
	if (gap->after_ns && gap->before_ns) {
		add_stamp(to, ", between ", gap->after_ns);
		add_stamp(to, " and ", gap->before_ns);
	} else if (gap->after_ns) {
		add_stamp(to, ", after ", gap->after_ns);
	} else if (gap->before_ns) {
		add_stamp(to, ", before ", gap->before_ns);
	}
}

static void tell_gap(struct teller *t, const struct gap *gap)
{
	uint64_t n = gap->last - gap->first;
	struct buf *line = begin_line(t);

	if (n == 0)
		buf_printf(line, ": id %llu is missing", (unsigned long long)gap->first);
	else
		buf_printf(line, ": ids %llu to %llu are missing (%llu)",
			(unsigned long long)gap->first, (unsigned long long)gap->last,
			(unsigned long long)(n < UINT64_MAX ? n + 1 : n));
	add_times(line, gap);
	end_line(t);
}

static void tell_gaps(struct teller *t, const struct gaps *gaps)
{
	struct gaps_walk walk = gaps_walk_start(gaps);
	const struct gap *gap;

	for (size_t i = 0; i < VERDICT_GAPS_MAX && (gap = gaps_walk_next(&walk)); i++)
		tell_gap(t, gap);
	if (gaps->n <= VERDICT_GAPS_MAX)
		return;
	buf_printf(begin_line(t), ": ... and %zu more gaps (--manifest lists all)",
		gaps->n - VERDICT_GAPS_MAX);
	end_line(t);
}

static void tell_count(struct teller *t, const char *what, uint64_t n)
{
	if (n == 0)
		return;
	buf_printf(begin_line(t), "%s%llu", what, (unsigned long long)n);
	end_line(t);
}

void verdict_tell_faults(
	const struct stream *stream, void (*tell)(void *arg, const char *line), void *arg)
{
	struct teller t = {.stream = stream, .tell = tell, .arg = arg};

	buf_init(&t.line, VERDICT_LINE_MAX);
	tell_gaps(&t, &stream->gaps);
	tell_count(&t, ": trades that came again: ", stream->duplicates);
	tell_count(&t, ": trades out of order: ", stream->disordered);
	tell_count(&t, ": trades without an id: ", stream->without_id);
	buf_release(&t.line);
}

int verdict_write(struct buf *to, const struct stream *stream)
{
	if (verdict_title(to, stream->product, stream->exchange) < 0 ||
		buf_printf(to, ": %s: %llu %s", stream_is_whole(stream) ? "whole" : "not whole",
			(unsigned long long)stream->count,
			stream->count == 1 ? "trade" : "trades") < 0)
		return -1;
	if (stream->has_ids &&
		buf_printf(to, ", ids %llu to %llu", (unsigned long long)stream->first_id,
			(unsigned long long)stream->last_id) < 0)
		return -1;
	return buf_add(to, span_make("", 1));
}
