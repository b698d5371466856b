#include <fnmatch.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "job/env_priv.h"

enum { NAME_ROOM = 64 }; /* bytes of a name in a table; longer ones are never the nearest */

extern char **environ;

/* What Kubernetes sets for each service of a namespace; the values tell it from a user's. */
static bool is_service_link(const char *entry)
{
	static const char *const patterns[] = {
		"*_SERVICE_HOST=*",
		"*_SERVICE_PORT=[0-9]*",
		"*_SERVICE_PORT_*=[0-9]*",
		"*_PORT=*://*",
		"*_PORT_[0-9]*_*=*",
	};

	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		if (fnmatch(patterns[i], entry, 0) == 0)
			return true;
	return false;
}

static bool is_read(const struct env_program *program, struct span name)
{
	for (const struct env_row *row = program->rows; row->name; row++)
		if (env_is_same(name, span_text(row->name), program->any_case))
			return true;
	return false;
}

static const char *meant_by(const struct env_program *program, struct span name)
{
	for (size_t i = 0; program->meant && program->meant[i][0]; i++)
		if (env_is_same(name, span_text(program->meant[i][0]), program->any_case))
			return program->meant[i][1];
	return NULL;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* How many letters have to be put in, taken out or changed (Levenshtein), whatever their case. */
static size_t distance(struct span a, struct span b)
{
	size_t row[NAME_ROOM + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 0; i < a.n; i++) {
		size_t diagonal = row[0]++;
		for (size_t j = 0; j < b.n; j++) {
			bool same = strncasecmp(a.p + i, b.p + j, 1) == 0;
			size_t changed = diagonal + !same;
			diagonal = row[j + 1];
			row[j + 1] = least(changed, row[j] + 1, diagonal + 1);
		}
	}
	return row[b.n];
}

/* The first of the names that differ least; NULL where each one differs in more than half of what
 * is behind the prefix. */
static const char *nearest(const struct env_program *program, struct span name)
{
	size_t best = SIZE_MAX, prefix = strlen(program->prefix);
	const char *found = NULL;

	for (const struct env_row *row = program->rows; row->name; row++) {
		struct span known = span_text(row->name);
		size_t longer = known.n > name.n ? known.n : name.n;
		size_t n = known.n > NAME_ROOM ? best : distance(name, known);
		if (n >= best || n > (longer - prefix) / 2)
			continue;
		best = n;
		found = row->name;
	}
	return found;
}

static void warn(const struct env_program *program, struct span name)
{
	const char *known = meant_by(program, name);

	if (known) {
		diag_warning(
			"%.*s is read by nobody: %s is meant", span_shown(name), name.p, known);
		return;
	}
	known = nearest(program, name);
	if (known)
		diag_warning("%.*s is read by nobody: the nearest name is %s", span_shown(name),
			name.p, known);
	else
		diag_warning("%.*s is read by nobody", span_shown(name), name.p);
}

static bool is_unread(const struct env_program *program, struct span name)
{
	struct span prefix = span_text(program->prefix);

	return name.n >= prefix.n &&
		env_is_same(span_make(name.p, prefix.n), prefix, program->any_case) &&
		!is_read(program, name);
}

/* Whether a name of the file has been warned of: in the environment, or in an earlier line. */
static bool is_repeated(const struct env_file *file, size_t i)
{
	const char *name = env_file_name(file, i);

	if (env_value(name, false))
		return true;
	while (i-- > 0)
		if (strcmp(env_file_name(file, i), name) == 0)
			return true;
	return false;
}

void env_warn_unread(const struct env_program *program, const struct env_file *file)
{
	const char *name;

	for (char **entry = environ; entry && *entry; entry++) {
		struct span written = span_make(*entry, strcspn(*entry, "="));
		if (is_unread(program, written) && !is_service_link(*entry))
			warn(program, written);
	}
	for (size_t i = 0; file && (name = env_file_name(file, i)); i++)
		if (is_unread(program, span_text(name)) && !is_repeated(file, i))
			warn(program, span_text(name));
}
