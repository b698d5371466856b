#include "market/cursor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/stamp.h"
#include "base/word.h"
#include "market/cursor_priv.h"

/* More than interfaces differ by for one and the same trade. */
#define CLEARLY_LATER_NS STAMP_NS_PER_MS

enum {
	CAP_FIRST = 16,
	TIME_DIGITS_MAX = 19,
	ESCAPED_GROWTH = 3,
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static uint64_t hash_values(const struct span *values, size_t n)
{
	uint64_t hash = n;

	for (size_t i = 0; i < n; i++) {
		struct span left = values[i];
		hash = mix(hash, left.n);
		for (; left.n >= WORD_SIZE;
			left = span_make(left.p + WORD_SIZE, left.n - WORD_SIZE))
			hash = mix(hash, word_load(left.p));
		if (left.n > 0)
			hash = mix(hash, word_load_few(left.p, left.n));
	}
	return hash;
}

static bool is_of(const struct cursor *c, size_t number, const struct span *values)
{
	for (size_t i = 0; i < c->n_fields; i++)
		if (!span_is(c->streams[number].values[i], values[i]))
			return false;
	return true;
}

/* Of the stream with these values, or an empty place. */
static size_t *find_slot(const struct cursor *c, uint64_t hash, const struct span *values)
{
	size_t at = hash & (c->slots - 1);

	while (c->table[at] &&
		(c->streams[c->table[at] - 1].hash != hash || !is_of(c, c->table[at] - 1, values)))
		at = (at + 1) & (c->slots - 1);
	return c->table + at;
}

struct cursor_stream *cursor_find(struct cursor *c, const struct span *values)
{
	size_t number;

	if (c->n == 0)
		return NULL;
	if (c->recent < c->n && is_of(c, c->recent, values))
		return c->streams + c->recent;
	number = *find_slot(c, hash_values(values, c->n_fields), values);
	if (!number)
		return NULL;
	c->recent = number - 1;
	return c->streams + c->recent;
}

static void fill_table(struct cursor *c)
{
	memset(c->table, 0, c->slots * sizeof *c->table);
	for (size_t i = 0; i < c->n; i++)
		*find_slot(c, c->streams[i].hash, c->streams[i].values) = i + 1;
}

/* Room for one more; half of the table stays empty. */
static void grow(struct cursor *c)
{
	if (c->n < c->cap)
		return;
	c->cap = c->cap ? 2 * c->cap : CAP_FIRST;
	c->slots = 2 * c->cap;
	c->streams = mem_resize(c->streams, c->cap, sizeof *c->streams);
	c->changed = mem_resize(c->changed, c->cap, sizeof *c->changed);
	c->table = mem_resize(c->table, c->slots, sizeof *c->table);
	fill_table(c);
}

int cursor_escape(struct buf *to, struct span value)
{
	char *at = buf_room(to, ESCAPED_GROWTH * value.n);
	size_t n = 0;

	if (!at)
		return -1;
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		if (c > ' ' && c < 0x7f && c != ',' && c != '%') {
			at[n++] = (char)c;
			continue;
		}
		at[n++] = '%';
		at[n++] = "0123456789ABCDEF"[c >> 4];
		at[n++] = "0123456789ABCDEF"[c & 15];
	}
	buf_added(to, n);
	return 0;
}

static int write_values(const struct cursor *c, const struct span *values, struct buf *to)
{
	for (size_t i = 0; i < c->n_fields; i++)
		if ((i > 0 && buf_add_text(to, ",") < 0) || cursor_escape(to, values[i]) < 0)
			return -1;
	return 0;
}

/* What a stream may come to need: its first id stays, the others may grow. */
static size_t room_of(size_t text, uint64_t first)
{
	char digits[NUM_U64_MAX];

	return text + 1 + num_write_u64(digits, first) + 1 + NUM_U64_MAX + 1 + TIME_DIGITS_MAX + 1;
}

/* The part in which a stream would go that takes so much; parts_max where there is none. */
static size_t part_for(const struct cursor *c, size_t room)
{
	if (room > c->room)
		return c->parts_max;
	return c->used + room <= c->room ? c->parts - 1 : c->parts;
}

/* One block for the list of values, their bytes, and their text. */
static void copy_values(
	struct cursor *c, struct cursor_stream *s, const struct span *values, struct span text)
{
	size_t n = c->n_fields * sizeof *s->values;
	char *at;

	for (size_t i = 0; i < c->n_fields; i++)
		n += values[i].n;
	s->values = mem_alloc(n + text.n, 1);
	at = (char *)(s->values + c->n_fields);
	for (size_t i = 0; i < c->n_fields; i++) {
		s->values[i] = span_make(at, values[i].n);
		if (values[i].n > 0)
			memcpy(at, values[i].p, values[i].n);
		at += values[i].n;
	}
	if (text.n > 0)
		memcpy(at, text.p, text.n);
	s->text = span_make(at, text.n);
}

static void put_stream(
	struct cursor *c, const struct span *values, const struct cursor_run *run, struct span text)
{
	size_t room = room_of(text.n, run->first), part = part_for(c, room);
	struct cursor_stream *s;

	grow(c);
	s = c->streams + c->n;
	*s = (struct cursor_stream){
		.hash = hash_values(values, c->n_fields), .now = *run, .part = (uint16_t)part};
	copy_values(c, s, values, text);
	c->recent = c->n;
	*find_slot(c, s->hash, s->values) = ++c->n;
	c->used = part == c->parts - 1 ? c->used + room : room;
	c->parts = part + 1;
}

int cursor_add(struct cursor *c, const struct span *values, const struct cursor_run *run)
{
	struct buf text;
	int result = -1;

	buf_init(&text, ESCAPED_GROWTH * (size_t)CURSOR_PART_MAX);
	if (write_values(c, values, &text) == 0 &&
		part_for(c, room_of(text.len, run->first)) < c->parts_max) {
		put_stream(c, values, run, buf_span(&text));
		result = 0;
	}
	buf_release(&text);
	return result;
}

static bool has_room(const struct cursor *c, const struct span *values, uint64_t first)
{
	struct buf text;
	bool fits;

	buf_init(&text, ESCAPED_GROWTH * (size_t)CURSOR_PART_MAX);
	fits = write_values(c, values, &text) == 0 &&
		part_for(c, room_of(text.len, first)) < c->parts_max;
	buf_release(&text);
	return fits;
}

static enum cursor_verdict refuse(enum cursor_verdict verdict, char *reason, const char *format,
	...) __attribute__((format(printf, 3, 4)));

static enum cursor_verdict refuse(
	enum cursor_verdict verdict, char *reason, const char *format, ...)
{
	va_list args;

	if (!reason)
		return verdict;
	va_start(args, format);
	vsnprintf(reason, CURSOR_REASON_MAX, format, args);
	va_end(args);
	return verdict;
}

static enum cursor_verdict judge_first(
	const struct cursor *c, const struct cursor_record *r, char *reason)
{
	struct span name = r->values[c->n_fields - 1];

	if (has_room(c, r->values, r->id))
		return CURSOR_NEXT;
	return refuse(CURSOR_FULL, reason,
		"the cursor has no room for the stream of '%.*s': it holds %zu streams in %zu "
		"partitions of the topic, %d characters in each",
		span_shown(name), name.p, c->n, c->parts_max, CURSOR_PART_MAX);
}

static bool is_later(const struct cursor_run *run, int64_t time_ns)
{
	return run->time_ns > 0 && time_ns > CLEARLY_LATER_NS &&
		time_ns - CLEARLY_LATER_NS > run->time_ns;
}

#define ULL(n) ((unsigned long long)(n))

static enum cursor_verdict judge_id(
	const struct cursor_stream *s, const struct cursor_record *r, char *reason)
{
	const struct cursor_run *run = &s->now;
	char time[STAMP_TEXT_MAX + 1];

	if (r->id > run->last && r->id - run->last == 1)
		return CURSOR_NEXT;
	if (r->id > run->last)
		return refuse(CURSOR_GAP, reason,
			"ids %llu to %llu of '%.*s' are missing before id %llu", ULL(run->last + 1),
			ULL(r->id - 1), span_shown(s->text), s->text.p, ULL(r->id));
	if (is_later(run, r->time_ns)) {
		time[stamp_write(time, run->time_ns, 6)] = '\0';
		return refuse(CURSOR_LATER, reason,
			"id %llu of '%.*s' is not above the last one, %llu, but later than its "
			"time, %s: its sequence seems to have begun anew",
			ULL(r->id), span_shown(s->text), s->text.p, ULL(run->last), time);
	}
	if (r->id >= run->first)
		return CURSOR_SKIP;
	return refuse(CURSOR_BELOW, reason, "id %llu of '%.*s' is below %llu, where it begins",
		ULL(r->id), span_shown(s->text), s->text.p, ULL(run->first));
}

enum cursor_verdict cursor_judge(
	struct cursor *c, const struct cursor_record *r, char reason[CURSOR_REASON_MAX])
{
	const struct cursor_stream *s;

	if (!r->has_id)
		return refuse(CURSOR_NO_ID, reason, "it has no id");
	s = cursor_find(c, r->values);
	return s ? judge_id(s, r, reason) : judge_first(c, r, reason);
}

void cursor_advance(struct cursor *c, const struct cursor_record *r)
{
	struct cursor_stream *s = cursor_find(c, r->values);
	const struct cursor_run first = {r->id, r->id, r->time_ns > 0 ? r->time_ns : 0};

	if (!s) {
		cursor_add(c, r->values, &first);
		return;
	}
	if (!s->changed && (size_t)(s - c->streams) < c->n_committed) {
		s->changed = true;
		c->changed[c->n_changed++] = (size_t)(s - c->streams);
	}
	s->now.last = r->id;
	if (r->time_ns > s->now.time_ns)
		s->now.time_ns = r->time_ns;
}

void cursor_commit(struct cursor *c)
{
	for (size_t i = 0; i < c->n_changed; i++) {
		struct cursor_stream *s = c->streams + c->changed[i];
		s->committed = s->now;
		s->changed = false;
	}
	for (size_t i = c->n_committed; i < c->n; i++)
		c->streams[i].committed = c->streams[i].now;
	c->n_committed = c->n;
	c->n_changed = 0;
	c->counter++;
}

/* Streams lie in their parts in the order in which they began. */
static void measure(struct cursor *c)
{
	c->parts = c->n > 0 ? c->streams[c->n - 1].part + (size_t)1 : 1;
	c->used = 0;
	for (size_t i = c->n; i > 0 && c->streams[i - 1].part == c->parts - 1; i--)
		c->used += room_of(c->streams[i - 1].text.n, c->streams[i - 1].now.first);
}

void cursor_rollback(struct cursor *c)
{
	for (size_t i = 0; i < c->n_changed; i++) {
		struct cursor_stream *s = c->streams + c->changed[i];
		s->now = s->committed;
		s->changed = false;
	}
	c->n_changed = 0;
	if (c->n == c->n_committed)
		return;
	while (c->n > c->n_committed)
		free(c->streams[--c->n].values);
	fill_table(c);
	measure(c);
}

size_t cursor_fields(const struct cursor *c)
{
	return c->n_fields;
}

size_t cursor_streams(const struct cursor *c)
{
	return c->n;
}

bool cursor_is_exchange(struct span field)
{
	return span_is_text(field, "exchange") || (field.n > 0 && *field.p == '@');
}

static int split_fields(struct cursor *c, struct span text)
{
	const char *at = c->fields_raw, *end = at + text.n;

	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		struct span field = span_make(at, (size_t)((comma ? comma : end) - at));
		if (field.n == 0 || c->n_fields == CURSOR_FIELDS_MAX)
			return -1;
		c->fields[c->n_fields++] = field;
		if (!comma)
			return write_values(c, c->fields, &c->fields_text);
		at = comma + 1;
	}
}

struct cursor *cursor_open(struct span fields, uint64_t run, size_t parts, struct err *err)
{
	static const char longest[] = CURSOR_TAG CURSOR_VERSION " 18446744073709551615 "
								"0123456789abcdef 200/200 \n";
	struct cursor *c = mem_alloc(1, sizeof *c);

	c->run = run;
	c->parts_max = parts > CURSOR_PARTS_MAX ? CURSOR_PARTS_MAX : parts;
	c->parts = 1;
	c->fields_raw = mem_alloc(fields.n + 1, 1);
	memcpy(c->fields_raw, fields.p, fields.n);
	buf_init(&c->fields_text, CURSOR_FIELDS_TEXT_MAX);
	if (split_fields(c, fields) < 0) {
		err_set(err, EXIT_USAGE,
			"cannot tell streams by '%.*s': it must be 1 to %d fields, %d bytes in all",
			span_shown(fields), fields.p, CURSOR_FIELDS_MAX,
			CURSOR_FIELDS_TEXT_MAX / ESCAPED_GROWTH);
		cursor_close(c);
		return NULL;
	}
	c->room = CURSOR_PART_MAX - (sizeof longest - 1) - c->fields_text.len;
	return c;
}

void cursor_close(struct cursor *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		free(c->streams[i].values);
	free(c->streams);
	free(c->changed);
	free(c->table);
	free(c->fields_raw);
	buf_release(&c->fields_text);
	free(c);
}
