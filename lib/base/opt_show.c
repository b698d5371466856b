#include "base/opt_show.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"

enum {
	TEXT_MAX = 256 * 1024, /* bytes: the longest of these texts is a few thousand */
	HELP_COLUMN = 30,
	HELP_WIDTH = 80,
};

static void write_out(struct buf *text)
{
	size_t at = 0;

	while (at < text->len) {
		ssize_t n = write(STDOUT_FILENO, text->data + at, text->len - at);
		if (n < 0 && errno != EINTR)
			diag_die(
				EXIT_FAILED, "cannot write 'standard output': %s", strerror(errno));
		at += n > 0 ? (size_t)n : 0;
	}
	buf_release(text);
}

static void pad(struct buf *to, size_t n)
{
	while (n-- > 0)
		buf_add_text(to, " ");
}

/* Appends words, breaking lines before HELP_WIDTH and beginning each at HELP_COLUMN. */
static void wrap(struct buf *to, size_t column, struct span words)
{
	while (words.n > 0) {
		const char *blank = memchr(words.p, ' ', words.n);
		size_t n = blank ? (size_t)(blank - words.p) : words.n;

		if (column > HELP_COLUMN && column + 1 + n > HELP_WIDTH) {
			buf_add_text(to, "\n");
			pad(to, HELP_COLUMN);
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			buf_add_text(to, " ");
			column++;
		}
		buf_add(to, span_make(words.p, n));
		column += n;
		n += blank != NULL;
		words = span_make(words.p + n, words.n - n);
	}
	buf_add_text(to, "\n");
}

/* The phrase with what the table knows besides: choices, default, variable. */
static void add_phrase(struct buf *to, const struct opt *row)
{
	buf_add_text(to, row->help);
	for (size_t i = 0; row->choices && row->choices[i]; i++)
		buf_printf(to, "%s%s", i ? ", " : ": ", row->choices[i]);
	if (row->preset)
		buf_printf(to, " (default: %s)", row->preset);
	if (row->env)
		buf_printf(to, " [%s]", row->env);
}

static void help_row(struct buf *to, const struct opt *row)
{
	size_t start = to->len, width;
	struct buf phrase;

	if (row->letter)
		buf_printf(to, "  -%c, --%s", row->letter, row->name);
	else
		buf_printf(to, "      --%s", row->name);
	if (row->arg)
		buf_printf(to, " %s", row->arg);
	width = to->len - start;
	if (width + 2 > HELP_COLUMN) {
		buf_add_text(to, "\n");
		width = 0;
	}
	pad(to, HELP_COLUMN - width);
	buf_init(&phrase, TEXT_MAX);
	add_phrase(&phrase, row);
	wrap(to, HELP_COLUMN, buf_span(&phrase));
	buf_release(&phrase);
}

void opt_show_help(const struct opt_program *program)
{
	struct opt_walk walk = {0};
	const struct opt *row;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	buf_printf(&text, "Usage: %s [option ...]%s%s\n%s\n\n", program->name,
		program->operands ? " " : "", program->operands ? program->operands : "",
		program->summary);
	while ((row = opt_next(program, &walk)))
		help_row(&text, row);
	buf_printf(&text, "\nThe manual has the rest: man %s\n", program->name);
	write_out(&text);
}

void opt_show_version(const struct opt_program *program)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	buf_printf(&text, "%s (tradepipe) %s\n", program->name, VERSION);
	write_out(&text);
}

/* Text for roff: a dash is a minus sign, a backslash is itself. */
static void add_roff(struct buf *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '-')
			buf_add_text(to, "\\-");
		else if (*text == '\\')
			buf_add_text(to, "\\e");
		else
			buf_add(to, span_make(text, 1));
	}
}

static void mdoc_row(struct buf *to, const struct opt *row)
{
	buf_add_text(to, ".It ");
	if (row->letter)
		buf_printf(to, "Fl %c , ", row->letter);
	buf_add_text(to, "Fl \\-");
	add_roff(to, row->name);
	if (row->arg)
		buf_printf(to, " Ar %s", row->arg);
	buf_printf(to, "\n%c%s.\n",
		row->help[0] - ('a' <= row->help[0] && row->help[0] <= 'z') * 32, row->help + 1);
	for (size_t i = 0; row->choices && row->choices[i]; i++)
		buf_printf(to, "%s.Cm %s%s\n", i ? "" : "One of\n", row->choices[i],
			row->choices[i + 1] ? " ," : " .");
	if (row->preset && row->env)
		buf_printf(to, "The default is the value of\n.Ev %s ,\nelse\n.Ql %s .\n", row->env,
			row->preset);
	else if (row->preset)
		buf_printf(to, "The default is\n.Ql %s .\n", row->preset);
	else if (row->env)
		buf_printf(to, "The default is the value of\n.Ev %s .\n", row->env);
	if (row->more)
		buf_printf(to, "%s\n", row->more);
}

static void dump_mdoc(struct buf *to, const struct opt_program *program)
{
	struct opt_walk walk = {0};
	const struct opt *row;

	buf_add_text(to, ".Bl -tag -width Ds\n");
	while ((row = opt_next(program, &walk)))
		mdoc_row(to, row);
	buf_add_text(to, ".El\n");
}

/* The program's name as a shell function's: dashes become underscores. */
static void add_function(struct buf *to, const char *name)
{
	buf_add_text(to, "_");
	for (; *name; name++)
		buf_add(to, span_make(*name == '-' ? "_" : name, 1));
}

/* Where nothing is offered, the shell offers files, which it does better than a function can. */
static void bash_case(struct buf *to, const struct opt *row)
{
	if (!row->arg)
		return;
	buf_printf(to, "\t--%s", row->name);
	if (row->letter)
		buf_printf(to, " | -%c", row->letter);
	buf_add_text(to, ")\n");
	if (row->kind == OPT_CHOICE) {
		buf_add_text(to, "\t\tmapfile -t COMPREPLY < <(compgen -W '");
		for (size_t i = 0; row->choices[i]; i++)
			buf_printf(to, "%s%s", i ? " " : "", row->choices[i]);
		buf_add_text(to, "' -- \"$word\")\n");
	}
	buf_add_text(to, "\t\treturn\n\t\t;;\n");
}

static void dump_bash(struct buf *to, const struct opt_program *program)
{
	struct opt_walk walk = {0}, names = {0};
	const struct opt *row;
	const char *space = "";

	buf_add_text(to, "# shellcheck shell=bash\n");
	add_function(to, program->name);
	buf_add_text(to,
		"()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
		"\tlocal before=${COMP_WORDS[COMP_CWORD - 1]}\n\n"
		"\t# The shell takes = for a word of its own.\n"
		"\tif [[ $word == = ]]; then\n\t\tword=\n"
		"\telif [[ $before == = ]]; then\n\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
		"\tfi\n\tcase $before in\n");
	while ((row = opt_next(program, &walk)))
		bash_case(to, row);
	buf_add_text(to,
		"\tesac\n\tif [[ $word == -* ]]; then\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -W '");
	while ((row = opt_next(program, &names))) {
		buf_printf(to, "%s--%s", space, row->name);
		space = " ";
	}
	buf_add_text(to, "' -- \"$word\")\n\tfi\n}\ncomplete -o default -F ");
	add_function(to, program->name);
	buf_printf(to, " %s\n", program->name);
}

/* Text inside single quotes for zsh's _arguments and fish: quotes, brackets and colons are special
 * to one or the other. */
static void add_quoted(struct buf *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_text(to, "'\\''");
		else if (*text == '[' || *text == ']' || *text == ':')
			buf_printf(to, "\\%c", *text);
		else
			buf_add(to, span_make(text, 1));
	}
}

static void zsh_spec(struct buf *to, const struct opt *row, const char *dashes, const char *name,
	const char *join)
{
	bool repeats = row->kind == OPT_LIST || row->kind == OPT_COUNT;

	buf_printf(to, "\t'%s%s%s%s[", repeats ? "*" : "", dashes, name, row->arg ? join : "");
	add_quoted(to, row->help);
	buf_add_text(to, "]");
	if (row->arg) {
		buf_add_text(to, ":");
		add_quoted(to, row->arg);
		buf_add_text(to, ":");
	}
	if (row->kind == OPT_FILE)
		buf_add_text(to, "_files");
	if (row->kind == OPT_CHOICE) {
		buf_add_text(to, "(");
		for (size_t i = 0; row->choices[i]; i++)
			buf_printf(to, "%s%s", i ? " " : "", row->choices[i]);
		buf_add_text(to, ")");
	}
	buf_add_text(to, "' \\\n");
}

static void dump_zsh(struct buf *to, const struct opt_program *program)
{
	struct opt_walk walk = {0};
	const struct opt *row;

	buf_printf(to, "#compdef %s\n\n_arguments -s -S \\\n", program->name);
	while ((row = opt_next(program, &walk))) {
		if (row->letter)
			zsh_spec(to, row, "-", (char[]){(char)row->letter, '\0'}, "+");
		zsh_spec(to, row, "--", row->name, "=");
	}
	buf_printf(to, "\t'*:%s:_files'\n", program->operands ? program->operands : "operand");
}

static void dump_fish(struct buf *to, const struct opt_program *program)
{
	struct opt_walk walk = {0};
	const struct opt *row;

	while ((row = opt_next(program, &walk))) {
		buf_printf(to, "complete -c %s", program->name);
		if (row->letter)
			buf_printf(to, " -s %c", row->letter);
		buf_printf(to, " -l %s", row->name);
		if (row->kind == OPT_CHOICE) {
			buf_add_text(to, " -x -a '");
			for (size_t i = 0; row->choices[i]; i++)
				buf_printf(to, "%s%s", i ? " " : "", row->choices[i]);
			buf_add_text(to, "'");
		} else if (row->arg) {
			buf_add_text(to, row->kind == OPT_FILE ? " -r -F" : " -x");
		}
		buf_add_text(to, " -d '");
		for (const char *c = row->help; *c; c++)
			buf_add(to, *c == '\'' ? (struct span)SPAN("\\'") : span_make(c, 1));
		buf_add_text(to, "'\n");
	}
}

int opt_show_dump(const struct opt_program *program, const char *form)
{
	static const struct {
		const char *form;
		void (*dump)(struct buf *to, const struct opt_program *program);
	} forms[] = {
		{"mdoc", dump_mdoc}, {"bash", dump_bash}, {"zsh", dump_zsh}, {"fish", dump_fish}};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct buf text;
		if (strcmp(form, forms[i].form) != 0)
			continue;
		buf_init(&text, TEXT_MAX);
		forms[i].dump(&text, program);
		write_out(&text);
		return 0;
	}
	return -1;
}
