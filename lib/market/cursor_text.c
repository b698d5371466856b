#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "market/cursor_priv.h"

/* The first line of a part. */
struct head {
	uint64_t counter;
	struct span run, fields;
	uint64_t part, parts;
	struct span rest; /* the other lines */
};

/* The head of a cursor that has no fields yet counts on these being there. */
static void write_head(const struct cursor *c, size_t part, struct buf *to)
{
	buf_printf(to, CURSOR_TAG CURSOR_VERSION " %" PRIu64 " %016" PRIx64 " %zu/%zu %.*s\n",
		c->counter + 1, c->run, part + 1, c->parts, (int)c->fields_text.len,
		c->fields_text.data);
}

void cursor_write(const struct cursor *c, struct cursor_text *text)
{
	for (size_t i = 0; i < c->parts; i++) {
		text->parts[i].ceiling = CURSOR_PART_MAX;
		buf_clear(&text->parts[i]);
		write_head(c, i, &text->parts[i]);
	}
	for (size_t i = 0; i < c->n; i++) {
		const struct cursor_stream *s = c->streams + i;
		struct buf *to = &text->parts[s->part];
		buf_add(to, s->text);
		buf_add_text(to, " ");
		buf_add_u64(to, s->now.first);
		buf_add_text(to, " ");
		buf_add_u64(to, s->now.last);
		buf_add_text(to, " ");
		buf_add_u64(to, (uint64_t)s->now.time_ns);
		buf_add_text(to, "\n");
	}
	text->n = c->parts;
	for (size_t i = 0; i < text->n; i++)
		text->spans[i] = buf_span(&text->parts[i]);
}

void cursor_text_release(struct cursor_text *text)
{
	for (size_t i = 0; i < CURSOR_PARTS_MAX; i++)
		buf_release(&text->parts[i]);
	text->n = 0;
}

/* Takes what lies before the next `end`, which is taken too. -1 where there is none. */
static int take(struct span *text, char end, struct span *word)
{
	const char *at = text->n > 0 ? memchr(text->p, end, text->n) : NULL;

	if (!at)
		return -1;
	*word = span_make(text->p, (size_t)(at - text->p));
	*text = span_make(at + 1, text->n - word->n - 1);
	return 0;
}

static int take_u64(struct span *text, char end, uint64_t *value)
{
	struct span word;

	return take(text, end, &word) < 0 ? -1 : num_u64(word, value);
}

static int refuse(struct err *err, size_t partition, const char *why)
{
	return err_set(err, EXIT_USAGE, "cannot use the cursor: its part in partition %zu %s",
		partition, why);
}

static int read_head(struct span text, size_t partition, struct head *head, struct err *err)
{
	static const struct span tag = SPAN(CURSOR_TAG);
	struct span version;

	if (text.n < tag.n || memcmp(text.p, tag.p, tag.n) != 0)
		return refuse(err, partition, "is not of tradepipe's making");
	text = span_make(text.p + tag.n, text.n - tag.n);
	if (take(&text, ' ', &version) < 0)
		return refuse(err, partition, "is damaged");
	if (!span_is_text(version, CURSOR_VERSION))
		return refuse(err, partition, "was written by another release of tradepipe");
	if (take_u64(&text, ' ', &head->counter) < 0 || take(&text, ' ', &head->run) < 0 ||
		head->run.n != CURSOR_RUN_DIGITS || take_u64(&text, '/', &head->part) < 0 ||
		take_u64(&text, ' ', &head->parts) < 0 || take(&text, '\n', &head->fields) < 0 ||
		head->part < 1 || head->part > head->parts || head->parts > CURSOR_PARTS_MAX)
		return refuse(err, partition, "is damaged");
	head->rest = text;
	return 0;
}

static int digit(char c)
{
	const char *digits = "0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Undoes cursor_escape() in place, `to` having room for as much as there is. */
static int unescape(struct span text, char *to, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < text.n; i++) {
		int high, low;
		if (text.p[i] != '%') {
			to[(*n)++] = text.p[i];
			continue;
		}
		if (text.n - i < 3)
			return -1;
		high = digit(text.p[i + 1]);
		low = digit(text.p[i + 2]);
		if (high < 0 || low < 0)
			return -1;
		to[(*n)++] = (char)(high << 4 | low);
		i += 2;
	}
	return 0;
}

/* The values of a line: as many as there are fields. */
static int read_values(size_t fields, struct span text, char *room, struct span *values)
{
	for (size_t i = 0; i < fields; i++) {
		struct span word = text;
		bool is_last = i + 1 == fields;
		if (!is_last && take(&text, ',', &word) < 0)
			return -1;
		if (is_last && word.n > 0 && memchr(word.p, ',', word.n))
			return -1;
		if (unescape(word, room, &values[i].n) < 0)
			return -1;
		values[i].p = room;
		room += values[i].n;
	}
	return 0;
}

static const char *read_stream(struct cursor *c, struct span line)
{
	struct span text, values[CURSOR_FIELDS_MAX];
	char room[CURSOR_PART_MAX];
	struct cursor_run run;
	uint64_t time_ns;

	if (line.n > sizeof room || take(&line, ' ', &text) < 0 ||
		take_u64(&line, ' ', &run.first) < 0 || take_u64(&line, ' ', &run.last) < 0 ||
		num_u64(line, &time_ns) < 0 || run.first > run.last || time_ns > INT64_MAX ||
		read_values(c->n_fields, text, room, values) < 0)
		return "is damaged";
	run.time_ns = (int64_t)time_ns;
	if (cursor_find(c, values))
		return "names a stream twice";
	return cursor_add(c, values, &run) < 0 ? "no longer fits the topic's partitions" : NULL;
}

static int read_part(struct cursor *c, const struct head *head, size_t partition, struct err *err)
{
	struct span rest = head->rest, line;
	const char *why;

	while (rest.n > 0) {
		why = take(&rest, '\n', &line) < 0 ? "is damaged" : read_stream(c, line);
		if (why)
			return refuse(err, partition, why);
	}
	return 0;
}

/* Of all parts that are there: those with the highest counter, by their number. */
struct found {
	struct head heads[CURSOR_PARTS_MAX];
	size_t partitions[CURSOR_PARTS_MAX];
	size_t n;	 /* how many parts were found */
	struct head top; /* any one of them */
};

static int collect(const struct span *texts, size_t n, struct found *found, struct err *err)
{
	struct head head;

	for (size_t i = 0; i < n; i++) {
		if (!texts[i].p)
			continue;
		if (read_head(texts[i], i, &head, err) < 0)
			return -1;
		if (found->n > 0 && head.counter < found->top.counter)
			continue;
		if (found->n == 0 || head.counter > found->top.counter)
			*found = (struct found){.top = head};
		if (!span_is(head.run, found->top.run) || head.parts != found->top.parts ||
			!span_is(head.fields, found->top.fields) ||
			found->heads[head.part - 1].part)
			return refuse(err, i, "belongs to another one with the same counter");
		found->heads[head.part - 1] = head;
		found->partitions[head.part - 1] = i;
		found->n++;
	}
	if (found->n > 0 && found->n < found->top.parts)
		return err_set(err, EXIT_USAGE,
			"cannot use the cursor: of its %zu parts %zu are missing",
			(size_t)found->top.parts, (size_t)found->top.parts - found->n);
	return 0;
}

static int read_found(struct cursor *c, const struct found *found, struct err *err)
{
	if (!span_is(found->top.fields, buf_span(&c->fields_text)))
		return err_set(err, EXIT_USAGE,
			"cannot use the cursor: it is of streams by %.*s, not by %.*s",
			span_shown(found->top.fields), found->top.fields.p,
			span_shown(buf_span(&c->fields_text)), c->fields_text.data);
	for (size_t i = 0; i < found->n; i++)
		if (read_part(c, &found->heads[i], found->partitions[i], err) < 0)
			return -1;
	/* The commit counts it up to what was read. */
	c->counter = found->top.counter - 1;
	cursor_commit(c);
	return 1;
}

int cursor_read(struct cursor *c, const struct span *texts, size_t n, struct err *err)
{
	struct found *found = mem_alloc(1, sizeof *found);
	int result = collect(texts, n, found, err);

	if (result == 0 && found->n > 0)
		result = read_found(c, found, err);
	free(found);
	return result;
}

static int load(struct cursor **cursor, struct found *found, struct err *err)
{
	char fields[CURSOR_PART_MAX];
	size_t n;

	if (found->top.fields.n > sizeof fields || unescape(found->top.fields, fields, &n) < 0)
		return err_set(err, EXIT_USAGE, "cannot use the cursor: it is damaged");
	*cursor = cursor_open(span_make(fields, n), 0, CURSOR_PARTS_MAX, err);
	return *cursor ? read_found(*cursor, found, err) : -1;
}

int cursor_load(struct cursor **cursor, const struct span *texts, size_t n, struct err *err)
{
	struct found *found = mem_alloc(1, sizeof *found);
	int result = collect(texts, n, found, err);

	*cursor = NULL;
	if (result == 0 && found->n > 0)
		result = load(cursor, found, err);
	if (result < 0) {
		cursor_close(*cursor);
		*cursor = NULL;
	}
	free(found);
	return result;
}
