#include "json/query_words.h"

void query_words_start(struct query_words *words, struct span program)
{
	*words = (struct query_words){.at = program.p, .end = program.p + program.n, .line = 1};
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct span take_word(struct query_words *w)
{
	const char *start = w->at;

	while (w->at < w->end && (is_letter(*w->at) || is_digit(*w->at)))
		w->at++;
	return span_make(start, (size_t)(w->at - start));
}

static void skip_comment(struct query_words *w)
{
	while (w->at < w->end && *w->at != '\n')
		w->at++;
}

/* Between a dollar sign and its name. */
static void skip_blanks(struct query_words *w)
{
	for (; w->at < w->end; w->at++) {
		if (*w->at == '#')
			skip_comment(w);
		if (w->at == w->end || !strchr(" \t\r\n", *w->at))
			return;
		w->line += *w->at == '\n';
	}
}

/* One character of a string, one escape, or the start of code within it. */
static void step_string(struct query_words *w)
{
	char c = *w->at++;

	w->line += c == '\n';
	if (c == '"')
		w->in_string = false;
	if (c != '\\' || w->at == w->end)
		return;
	if (*w->at++ != '(')
		return;
	w->in_string = false;
	if (w->depth + 1 < QUERY_WORDS_DEPTH) {
		w->brackets[++w->depth] = 0;
	} else {
		w->depth = 0;
		w->at = w->end;
	}
}

static void start_string(struct query_words *w)
{
	w->in_string = true;
	w->string_line = w->line;
}

/* One character of code that begins no word and no variable. */
static void step_code(struct query_words *w)
{
	char c = *w->at++;

	w->line += c == '\n';
	if (c == '#')
		skip_comment(w);
	else if (c == '"')
		start_string(w);
	else if (c == '(')
		w->brackets[w->depth]++;
	else if (c == '.' || c == '@' || is_digit(c))
		take_word(w);
	if (c != ')')
		return;
	if (w->brackets[w->depth] > 0) {
		w->brackets[w->depth]--;
	} else if (w->depth > 0) {
		w->depth--;
		w->in_string = true;
	}
}

bool query_words_next(struct query_words *w, struct span *word, bool *variable)
{
	while (w->at < w->end) {
		if (w->in_string) {
			step_string(w);
			continue;
		}
		*variable = *w->at == '$';
		if (*variable) {
			w->at++;
			skip_blanks(w);
		}
		if (w->at < w->end && is_letter(*w->at)) {
			*word = take_word(w);
			return true;
		}
		if (!*variable)
			step_code(w);
	}
	return false;
}

size_t query_words_find(struct span program, struct span word, bool variable)
{
	struct query_words words;
	struct span found;
	bool found_variable;

	query_words_start(&words, program);
	while (query_words_next(&words, &found, &found_variable))
		if (found_variable == variable && span_is(found, word))
			return words.line;
	return 0;
}

size_t query_words_open_string(struct span program)
{
	struct query_words words;
	struct span word;
	bool variable;

	query_words_start(&words, program);
	while (query_words_next(&words, &word, &variable))
		;
	return words.in_string || words.depth > 0 ? words.string_line : 0;
}
