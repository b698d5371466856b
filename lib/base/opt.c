#include "base/opt.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/opt_show.h"
#include "base/span.h"

/* The command line as it is being read. */
struct parse {
	const struct opt_program *program;
	char *options;
	char **argv;
	int at;
};

_Noreturn void opt_usage_error(const char *format, ...)
{
	char text[ERR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	diag_error("%s", text);
	diag_die(EXIT_USAGE, "try '%s --help'", diag_program());
}

const struct opt *opt_next(const struct opt_program *program, struct opt_walk *walk)
{
	if (walk->row && walk->row[1].name) {
		walk->row++;
	} else {
		walk->table = walk->row ? walk->table + 1 : 0;
		if (walk->table == OPT_TABLES_MAX || !program->tables[walk->table].rows)
			return NULL;
		walk->row = program->tables[walk->table].rows;
	}
	walk->at = program->tables[walk->table].at + walk->row->at;
	return walk->row;
}

static _Noreturn void bad_number(
	const struct opt *row, const char *name, const char *text, const char *kind)
{
	if (row->hi && row->kind == OPT_U64)
		opt_usage_error("'%s' is not %s from %llu to %llu, as %s needs", text, kind,
			(unsigned long long)row->lo, (unsigned long long)row->hi, name);
	opt_usage_error("'%s' is not %s, or not one that %s can be", text, kind, name);
}

static void set_number(const struct opt *row, void *place, const char *name, const char *text)
{
	static const struct {
		int (*read)(struct span text, uint64_t *value);
		const char *kind;
	} kinds[] = {
		[OPT_U64] = {num_u64, "a whole number"},
		[OPT_DURATION] = {num_duration, "a duration such as 500ms, 10s, 2m, 1h or 7d"},
		[OPT_SIZE] = {num_size, "a size such as 512, 64k, 10M or 1G"},
	};
	uint64_t value;

	if (kinds[row->kind].read(span_text(text), &value) < 0 || value < row->lo ||
		(row->hi && value > row->hi))
		bad_number(row, name, text, kinds[row->kind].kind);
	memcpy(place, &value, sizeof value);
}

static void set_choice(const struct opt *row, void *place, const char *name, const char *text)
{
	char known[512] = "";
	size_t n = 0;

	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(text, row->choices[i]) == 0) {
			memcpy(place, &i, sizeof i);
			return;
		}
		n += (size_t)snprintf(
			known + n, sizeof known - n, "%s%s", i ? ", " : "", row->choices[i]);
	}
	opt_usage_error("'%s' is none of the values of %s: %s", text, name, known);
}

static void add_to_list(void *place, const char *name, const char *text)
{
	struct opt_list *list = place;

	if (list->n == OPT_LIST_MAX)
		opt_usage_error("%s is given more than %d times", name, OPT_LIST_MAX);
	list->items[list->n++] = text;
}

/* Stores one value; `name` is how the user wrote the option, for messages. */
static void set(const struct opt_program *program, const struct opt *row, void *place,
	const char *name, const char *text)
{
	switch (row->kind) {
	case OPT_FLAG:
		*(bool *)place = true;
		break;
	case OPT_COUNT:
		++*(unsigned *)place;
		break;
	case OPT_TEXT:
	case OPT_FILE:
		memcpy(place, &text, sizeof text);
		break;
	case OPT_CHOICE:
		set_choice(row, place, name, text);
		break;
	case OPT_U64:
	case OPT_DURATION:
	case OPT_SIZE:
		set_number(row, place, name, text);
		break;
	case OPT_LIST:
		add_to_list(place, name, text);
		break;
	case OPT_HELP:
		opt_show_help(program);
		exit(EXIT_DONE);
	case OPT_VERSION:
		opt_show_version(program);
		exit(EXIT_DONE);
	}
}

static void set_zero(const struct opt *row, void *place)
{
	static const size_t sizes[] = {
		[OPT_FLAG] = sizeof(bool),
		[OPT_COUNT] = sizeof(unsigned),
		[OPT_TEXT] = sizeof(const char *),
		[OPT_FILE] = sizeof(const char *),
		[OPT_CHOICE] = sizeof(int),
		[OPT_U64] = sizeof(uint64_t),
		[OPT_DURATION] = sizeof(uint64_t),
		[OPT_SIZE] = sizeof(uint64_t),
		[OPT_LIST] = sizeof(struct opt_list),
		[OPT_HELP] = 0,
		[OPT_VERSION] = 0,
	};

	memset(place, 0, sizes[row->kind]);
}

static void set_presets(struct parse *p)
{
	struct opt_walk walk = {0};
	const struct opt *row;
	char name[128];

	while ((row = opt_next(p->program, &walk))) {
		const char *variable = row->env ? getenv(row->env) : NULL;
		set_zero(row, p->options + walk.at);
		if (row->preset)
			set(p->program, row, p->options + walk.at, row->name, row->preset);
		snprintf(name, sizeof name, "the variable %s", row->env ? row->env : "");
		if (variable && *variable)
			set(p->program, row, p->options + walk.at, name, variable);
	}
}

/* What follows the option itself: behind "=", behind a letter, or the next word. */
static const char *argument(struct parse *p, const char *name, const char *attached)
{
	if (attached)
		return attached;
	if (!p->argv[p->at])
		opt_usage_error("%s needs a value", name);
	return p->argv[p->at++];
}

/* The row of that name, or of that letter where there is none; `typed` is for the message. */
static const struct opt *find(const struct opt_program *program, struct opt_walk *walk,
	struct span name, int letter, const char *typed)
{
	const struct opt *row;

	while ((row = opt_next(program, walk)))
		if (letter ? row->letter == letter : span_is_text(name, row->name))
			return row;
	opt_usage_error("unknown option '%s'", typed);
}

static void take_long(struct parse *p, const char *word)
{
	size_t n = strcspn(word, "=");
	const char *value = word[n] ? word + n + 1 : NULL;
	struct span name = span_make(word, n);
	struct opt_walk walk = {0};
	const struct opt *row;
	char typed[128];

	snprintf(typed, sizeof typed, "--%.*s", n > 100 ? 100 : (int)n, word);
	if (span_is_text(name, "dump-options")) {
		if (opt_show_dump(p->program, argument(p, typed, value)) < 0)
			opt_usage_error("%s takes mdoc, bash, zsh or fish", typed);
		exit(EXIT_DONE);
	}
	row = find(p->program, &walk, name, 0, typed);
	if (!row->arg && value)
		opt_usage_error("%s takes no value", typed);
	set(p->program, row, p->options + walk.at, typed,
		row->arg ? argument(p, typed, value) : NULL);
}

static void take_letters(struct parse *p, const char *letters)
{
	for (; *letters; letters++) {
		char typed[] = {'-', *letters, '\0'};
		struct opt_walk walk = {0};
		const struct opt *row =
			find(p->program, &walk, span_make(NULL, 0), *letters, typed);

		set(p->program, row, p->options + walk.at, typed,
			row->arg ? argument(p, typed, letters[1] ? letters + 1 : NULL) : NULL);
		if (row->arg)
			return;
	}
}

static void check_operands(const struct opt_program *program, size_t n, char **operands)
{
	if (!program->operands && n > 0)
		opt_usage_error("unexpected operand '%s'", operands[0]);
	if (n < program->operands_min)
		opt_usage_error("missing operand: %s", program->operands);
	if (program->operands_max && n > program->operands_max)
		opt_usage_error("unexpected operand '%s'", operands[program->operands_max]);
}

char **opt_parse(const struct opt_program *program, void *options, int argc, char **argv)
{
	struct parse p = {.program = program, .options = options, .argv = argv, .at = 1};
	char **operands = argv + 1;
	size_t n = 0;

	set_presets(&p);
	while (p.at < argc) {
		char *word = argv[p.at++];
		if (strcmp(word, "--") == 0)
			break;
		if (word[0] == '-' && word[1] == '-')
			take_long(&p, word + 2);
		else if (word[0] == '-' && word[1])
			take_letters(&p, word + 1);
		else
			operands[n++] = word;
	}
	while (p.at < argc)
		operands[n++] = argv[p.at++];
	if (argc > 0)
		operands[n] = NULL;
	check_operands(program, n, operands);
	return operands;
}

int opt_exclude(const struct opt_exclusion *pairs, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (pairs[i].both)
			return err_set(err, EXIT_USAGE, "options --%s and --%s exclude each other",
				pairs[i].one, pairs[i].other);
	return 0;
}
