/* The grammar is that of python-dotenv 1.2, parser.py and variables.py (read in 2026). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/quote.h"
#include "job/env_priv.h"

enum {
	FILE_MAX = 64 * 1024,
	VALUES_MAX = 1024 * 1024, /* of all together: ${NAME} can make them grow without end */
};

static const char blanks[] = " \t\v\f";
static const char white[] = " \t\v\f\n";

struct entry {
	char *name;
	char *value; /* NULL: its line has no "=" */
};

struct env_file {
	struct entry *entries;
	size_t n, cap;
	size_t held; /* bytes of all values */
};

/* The text ends with a NUL, and has none before. */
struct parse {
	struct env_file *file;
	size_t length; /* of all */
	const char *p;
	const char *reason;
};

static int refuse(struct parse *s, const char *reason)
{
	s->reason = reason;
	return -1;
}

static void add_entry(struct env_file *file, struct span name, const char *value)
{
	struct entry *entry;

	if (file->n == file->cap) {
		file->cap = file->cap ? 2 * file->cap : 16;
		file->entries = mem_resize(file->entries, file->cap, sizeof *file->entries);
	}
	entry = &file->entries[file->n++];
	entry->name = mem_alloc(name.n + 1, 1);
	memcpy(entry->name, name.p, name.n);
	entry->value = value ? mem_text(value) : NULL;
	file->held += value ? strlen(value) : 0;
}

/* What stands for ${NAME} and ${NAME:-DEFAULT}. A line without a value counts as empty. */
static const char *stand_in(const struct env_file *file, const char *name, const char *preset)
{
	const char *value = getenv(name);

	if (value)
		return value;
	for (size_t i = file->n; i > 0; i--)
		if (strcmp(file->entries[i - 1].name, name) == 0)
			return file->entries[i - 1].value ? file->entries[i - 1].value : "";
	return preset;
}

/* Takes a variable apart, behind its "${"; NULL where it is none, or else what lies behind it. */
static char *split_variable(char *name, const char **preset)
{
	char *end = name + strcspn(name, "}:");
	char *behind = end;

	*preset = "";
	if (end[0] == ':' && end[1] == '-') {
		*preset = end + 2;
		behind = end + strcspn(end, "}");
	} else if (*end == ':') {
		return NULL;
	}
	if (!*behind)
		return NULL;
	*end = *behind = '\0';
	return behind + 1;
}

/* Appends the text with its variables replaced, which it is taken apart for, and a NUL. */
static int expand(const struct env_file *file, char *text, struct buf *to)
{
	const char *preset;
	char *dollar;

	while ((dollar = strstr(text, "${"))) {
		char *behind = split_variable(dollar + 2, &preset);
		size_t kept = (size_t)(dollar - text) + (behind ? 0 : 1);
		if (buf_add(to, span_make(text, kept)) < 0 ||
			(behind && buf_add_text(to, stand_in(file, dollar + 2, preset)) < 0))
			return -1;
		text = behind ? behind : dollar + 1;
	}
	return buf_add(to, span_make(text, strlen(text) + 1));
}

/* The inside of quotes: pairs of what is behind a backslash, and what it stands for. */
static void add_unescaped(struct buf *to, struct span text, const char *pairs)
{
	for (size_t i = 0; i < text.n; i++) {
		const char *meant = text.p + i;
		for (const char *pair = pairs; *pair && text.p[i] == '\\'; pair += 2)
			if (i + 1 < text.n && text.p[i + 1] == *pair) {
				meant = pair + 1;
				i++;
				break;
			}
		buf_add(to, span_make(meant, 1));
	}
}

/* The first quote without a backslash in front, whatever is in front of that; or else the last. */
static const char *closing(const char *inside)
{
	const char quote[] = {inside[-1], '\0'};
	const char *last = NULL;

	for (const char *p = strchr(inside, *quote); p; p = strchr(p + 1, *quote)) {
		if (p == inside || p[-1] != '\\')
			return p;
		last = p;
	}
	return last;
}

static int take_quoted(struct parse *s, struct buf *raw)
{
	const char *inside = s->p + 1;
	const char *end = closing(inside);

	if (!end)
		return refuse(s, "its quote is never closed");
	add_unescaped(raw, span_make(inside, (size_t)(end - inside)),
		*s->p == '"' ? "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v" : "\\\\''");
	s->p = end + 1;
	return 0;
}

/* The value begins at s->p, maybe behind blanks. A comment is left for take_end(). */
static void take_bare(struct parse *s, bool is_behind_blanks, struct buf *raw)
{
	size_t n = strcspn(s->p, "\n"), i = is_behind_blanks ? 0 : 1;

	while (i < n && (s->p[i] != '#' || (i > 0 && !strchr(blanks, s->p[i - 1]))))
		i++;
	if (i < n)
		n = i;
	while (n > 0 && strchr(blanks, s->p[n - 1]))
		n--;
	buf_add(raw, span_make(s->p, n));
	s->p += n;
}

static int take_name(struct parse *s, struct span *name)
{
	size_t n;

	if (*s->p == '\'') {
		n = strcspn(s->p + 1, "'");
		*name = span_make(s->p + 1, n);
		if (n == 0 || !s->p[n + 1])
			return refuse(s, "its name is not whole");
		s->p += n + 2;
		return 0;
	}
	n = strcspn(s->p, "=# \t\v\f\n");
	*name = span_make(s->p, n);
	s->p += n;
	return n ? 0 : refuse(s, "it has no name");
}

/* A comment, and the end of the line. */
static int take_end(struct parse *s)
{
	s->p += strspn(s->p, blanks);
	if (*s->p == '#')
		s->p += strcspn(s->p, "\n");
	return *s->p == '\0' || *s->p == '\n'
		? 0
		: refuse(s, "something stands behind what should be its end");
}

static int take_value(struct parse *s, struct span name)
{
	size_t n = strspn(s->p, blanks);
	struct buf raw, value;
	int result = 0;

	s->p += n;
	buf_init(&raw, s->length + 1);
	buf_init(&value, VALUES_MAX - s->file->held + 1);
	if (*s->p == '\'' || *s->p == '"')
		result = take_quoted(s, &raw);
	else
		take_bare(s, n > 0, &raw);
	if (result == 0) {
		buf_add(&raw, span_make("", 1));
		result = expand(s->file, raw.data, &value) < 0
			? refuse(s, "with its variables replaced it is too long")
			: take_end(s);
	}
	if (result == 0)
		add_entry(s->file, name, value.data);
	buf_release(&raw);
	buf_release(&value);
	return result;
}

static void skip_export(struct parse *s)
{
	static const struct span word = SPAN("export");
	size_t n;

	if (strncmp(s->p, word.p, word.n) != 0)
		return;
	n = strspn(s->p + word.n, blanks);
	if (n > 0)
		s->p += word.n + n;
}

static int take_statement(struct parse *s)
{
	struct span name;

	skip_export(s);
	if (*s->p == '#')
		return take_end(s);
	if (take_name(s, &name) < 0)
		return -1;
	s->p += strspn(s->p, blanks);
	if (*s->p == '=') {
		s->p++;
		return take_value(s, name);
	}
	if (take_end(s) < 0)
		return -1;
	add_entry(s->file, name, NULL);
	return 0;
}

/* Without a byte order mark, with \n for every end of line, and with a NUL at the end. */
static void add_plain(struct buf *to, struct span text)
{
	static const struct span mark = SPAN("\xEF\xBB\xBF");
	size_t i = text.n >= mark.n && memcmp(text.p, mark.p, mark.n) == 0 ? mark.n : 0;

	for (; i < text.n; i++) {
		if (text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
			continue;
		buf_add(to, span_make(text.p[i] == '\r' ? "\n" : text.p + i, 1));
	}
	buf_add(to, span_make("", 1));
}

static size_t line_of(const char *text, const char *at)
{
	size_t line = 1;

	while (text < at)
		line += *text++ == '\n';
	return line;
}

struct env_file *env_file_parse(struct span text, size_t *line, const char **reason)
{
	struct parse s = {.file = mem_alloc(1, sizeof *s.file), .length = text.n};
	const char *begin;
	struct buf plain;

	*line = 0;
	if (!quote_is_utf8(text) || memchr(text.n ? text.p : "", '\0', text.n))
		s.reason = "it is no UTF-8 text";
	buf_init(&plain, text.n + 1);
	add_plain(&plain, text);
	for (s.p = plain.data; !s.reason;) {
		s.p += strspn(s.p, white);
		if (!*s.p)
			break;
		begin = s.p;
		if (take_statement(&s) < 0)
			*line = line_of(plain.data, begin);
	}
	buf_release(&plain);
	*reason = s.reason;
	if (!s.reason)
		return s.file;
	env_file_free(s.file);
	return NULL;
}

int env_file_read(const char *path, struct env_file **file, struct err *err)
{
	const char *reason;
	struct buf text;
	size_t line;
	int result;

	*file = NULL;
	buf_init(&text, FILE_MAX);
	errno = 0;
	result = file_read(path, &text, err);
	if (result < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		result = 0;
	} else if (result == 0) {
		*file = env_file_parse(buf_span(&text), &line, &reason);
		if (!*file && line == 0)
			result = err_set(err, EXIT_USAGE, "cannot read '%s': %s", path, reason);
		else if (!*file)
			result = err_set(err, EXIT_USAGE, "cannot read '%s': line %zu: %s", path,
				line, reason);
	}
	buf_release(&text);
	return result;
}

void env_file_free(struct env_file *file)
{
	if (!file)
		return;
	for (size_t i = 0; i < file->n; i++) {
		free(file->entries[i].name);
		free(file->entries[i].value);
	}
	free(file->entries);
	free(file);
}

const char *env_file_value(const struct env_file *file, const char *name, bool any_case)
{
	struct span wanted = span_text(name);

	for (size_t i = file->n; i > 0; i--)
		if (env_is_same(span_text(file->entries[i - 1].name), wanted, any_case))
			return file->entries[i - 1].value;
	return NULL;
}

const char *env_file_name(const struct env_file *file, size_t i)
{
	return i < file->n ? file->entries[i].name : NULL;
}
