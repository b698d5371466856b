#include "job/env.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/num.h"
#include "job/env_priv.h"
#include "job/text.h"

enum { REASON_MAX = 512 };

extern char **environ;

bool env_is_same(struct span a, struct span b, bool any_case)
{
	if (!any_case || a.n != b.n)
		return span_is(a, b);
	return a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0;
}

const char *env_value(const char *name, bool any_case)
{
	const char *value = getenv(name);

	for (char **entry = environ; !value && any_case && entry && *entry; entry++) {
		size_t n = strcspn(*entry, "=");
		if ((*entry)[n] && env_is_same(span_make(*entry, n), span_text(name), true))
			value = *entry + n + 1;
	}
	return value;
}

/* What is given, or NULL. An empty value in the environment hides that of the file, as it did. */
static const char *find(
	const struct env_program *program, const struct env_file *file, const char *name)
{
	const char *value = env_value(name, program->any_case);

	if (!value && file)
		value = env_file_value(file, name, program->any_case);
	return value && *value ? value : NULL;
}

/* Python's int() passes over blanks around a number, such as the end of a line. */
static struct span without_blanks(const char *text)
{
	static const char blanks[] = " \t\n\v\f\r";
	size_t n = strlen(text += strspn(text, blanks));

	while (n > 0 && strchr(blanks, text[n - 1]))
		n--;
	return span_make(text, n);
}

/* The following store what a text says; NULL, or why not. */

static const char *set_number(
	const struct env_row *row, const char *text, void *place, char reason[REASON_MAX])
{
	uint64_t value;

	if (num_u64(without_blanks(text), &value) == 0 && value >= row->lo &&
		(!row->hi || value <= row->hi)) {
		memcpy(place, &value, sizeof value);
		return NULL;
	}
	if (row->hi)
		snprintf(reason, REASON_MAX, "not a whole number from %" PRIu64 " to %" PRIu64,
			row->lo, row->hi);
	else if (row->lo)
		snprintf(reason, REASON_MAX, "not a whole number of %" PRIu64 " or more", row->lo);
	else
		snprintf(reason, REASON_MAX, "not a whole number");
	return reason;
}

static const char *set_bool(const char *text, void *place)
{
	static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"},
		{"f", "t"}, {"n", "y"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		bool value = strcasecmp(text, words[i][1]) == 0;
		if (!value && strcasecmp(text, words[i][0]) != 0)
			continue;
		memcpy(place, &value, sizeof value);
		return NULL;
	}
	return "not one of true, false, yes, no, on, off, t, f, y, n, 1, 0";
}

static const char *set_choice(
	const struct env_row *row, const char *text, void *place, char reason[REASON_MAX])
{
	size_t n = (size_t)snprintf(reason, REASON_MAX, "not one of ");

	for (int i = 0; row->choices[i]; i++) {
		if (strcasecmp(text, row->choices[i]) == 0) {
			memcpy(place, &i, sizeof i);
			return NULL;
		}
		if (n < REASON_MAX)
			n += (size_t)snprintf(
				reason + n, REASON_MAX - n, "%s%s", i ? ", " : "", row->choices[i]);
	}
	return reason;
}

/* Why a file cannot be read, or NULL. */
static const char *file_fault(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0 || access(path, R_OK) < 0)
		return strerror(errno);
	return S_ISDIR(status.st_mode) ? strerror(EISDIR) : NULL;
}

static const char *set(
	const struct env_row *row, const char *text, void *place, char reason[REASON_MAX])
{
	const char *fault = NULL;

	switch (row->kind) {
	case ENV_U64:
		fault = set_number(row, text, place, reason);
		break;
	case ENV_BOOL:
		fault = set_bool(text, place);
		break;
	case ENV_CHOICE:
		fault = set_choice(row, text, place, reason);
		break;
	case ENV_FILE:
		fault = file_fault(text);
		memcpy(place, &text, sizeof text);
		break;
	case ENV_TEXT:
	case ENV_SECRET:
	case ENV_OTHER:
		memcpy(place, &text, sizeof text);
	}
	return fault || !row->check ? fault : row->check(text);
}

static void set_zero(const struct env_row *row, void *place)
{
	static const size_t sizes[] = {
		[ENV_TEXT] = sizeof(const char *),
		[ENV_FILE] = sizeof(const char *),
		[ENV_SECRET] = sizeof(const char *),
		[ENV_U64] = sizeof(uint64_t),
		[ENV_BOOL] = sizeof(bool),
		[ENV_CHOICE] = sizeof(int),
		[ENV_OTHER] = sizeof(const char *),
	};

	memset(place, 0, sizes[row->kind]);
}

/* Whether the row has a fault, which is told. */
static bool has_fault(const struct env_row *row, const char *given, void *place)
{
	const char *text = given ? given : row->preset;
	const char *shown = row->kind == ENV_SECRET ? NULL : text ? text : "";
	char scratch[REASON_MAX];
	const char *reason = NULL;

	set_zero(row, place);
	if (row->required && !given)
		reason = "it must be given";
	else if (text)
		reason = set(row, text, place, scratch);
	if (reason)
		env_fault(row->name, shown, reason);
	return reason != NULL;
}

size_t env_read(const struct env_program *program, const struct env_file *file, void *settings)
{
	size_t faults = 0;

	for (const struct env_row *row = program->rows; row->name; row++)
		faults +=
			has_fault(row, find(program, file, row->name), (char *)settings + row->at);
	if (program->prefix)
		env_warn_unread(program, file);
	return faults;
}

void env_fault(const char *name, const char *value, const char *reason)
{
	if (value)
		diag_error("cannot use %s '%.*s': %s", name, span_shown(span_text(value)), value,
			reason);
	else
		diag_error("cannot use %s: %s", name, reason);
}

static int show_number(const struct env_row *row, const void *place, struct buf *to)
{
	uint64_t value;

	memcpy(&value, place, sizeof value);
	return value || row->preset ? buf_add_u64(to, value) : buf_add_text(to, "null");
}

static int show(const struct env_row *row, const void *place, struct buf *to)
{
	const char *text;
	bool flag;
	int choice;

	switch (row->kind) {
	case ENV_U64:
		return show_number(row, place, to);
	case ENV_BOOL:
		memcpy(&flag, place, sizeof flag);
		return buf_add_text(to, flag ? "true" : "false");
	case ENV_CHOICE:
		memcpy(&choice, place, sizeof choice);
		return text_json(to, row->choices[choice]);
	default:
		memcpy(&text, place, sizeof text);
		return text_json(to, text && row->kind == ENV_SECRET ? "***" : text);
	}
}

int env_show(const struct env_program *program, const void *settings, struct buf *to)
{
	size_t start = to->len;
	int result = buf_add_text(to, "{");

	for (const struct env_row *row = program->rows; row->name; row++) {
		result |= buf_printf(to, "%s\"%s\":", row == program->rows ? "" : ",", row->name);
		result |= show(row, (const char *)settings + row->at, to);
	}
	result |= buf_add_text(to, "}");
	if (result < 0)
		to->len = start;
	return result;
}
