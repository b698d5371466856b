#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "job/pipeline_priv.h"

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			    "@%+:,./_-";

/* What a shell would not take for the name of a program. */
static bool is_reserved(const char *word)
{
	static const char *const words[] = {"case", "do", "done", "elif", "else", "esac", "fi",
		"for", "function", "if", "in", "select", "then", "time", "until", "while"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* In front a "=" makes an assignment of a word. */
static bool is_plain(const char *word, bool first)
{
	size_t n = strspn(word, plain);

	while (!first && word[n] == '=')
		n += 1 + strspn(word + n + 1, plain);
	return n > 0 && !word[n] && !(first && is_reserved(word));
}

static int show_word(const char *word, bool first, struct buf *to)
{
	size_t n;

	if (is_plain(word, first))
		return buf_add_text(to, word);
	if (buf_add_text(to, "'") < 0)
		return -1;
	for (;;) {
		n = strcspn(word, "'");
		if (buf_add(to, span_make(word, n)) < 0)
			return -1;
		if (!word[n])
			return buf_add_text(to, "'");
		if (buf_add_text(to, "'\\''") < 0)
			return -1;
		word += n + 1;
	}
}

static int show_stage(const struct pipeline_stage *stage, struct buf *to)
{
	for (char *const *word = stage->argv; *word; word++) {
		if (word != stage->argv && buf_add_text(to, " ") < 0)
			return -1;
		if (show_word(*word, word == stage->argv, to) < 0)
			return -1;
	}
	return 0;
}

int pipeline_show(const struct pipeline *p, struct buf *to)
{
	for (size_t i = 0; i < p->n; i++) {
		if (i > 0 && buf_add_text(to, " | ") < 0)
			return -1;
		if (show_stage(&p->stages[i], to) < 0)
			return -1;
	}
	return 0;
}

static bool is_partial(const struct pipeline_stage *stage)
{
	return WIFEXITED(stage->status) && WEXITSTATUS(stage->status) == EXIT_PARTIAL;
}

/* Whether a stage that failed is the cause rather than the one that was found so far. */
static bool is_worse(const struct pipeline_stage *stage, const struct pipeline_stage *than)
{
	if (!than || is_partial(stage) != is_partial(than))
		return !than || is_partial(than);
	return stage->order < than->order;
}

const struct pipeline_stage *pipeline_culprit(const struct pipeline *p)
{
	const struct pipeline_stage *culprit = NULL;

	for (size_t i = 0; i < p->n; i++)
		if (p->stages[i].end == PIPELINE_FAILED && is_worse(&p->stages[i], culprit))
			culprit = &p->stages[i];
	return culprit;
}

enum exit_code pipeline_code(const struct pipeline_stage *culprit)
{
	int code = WIFEXITED(culprit->status) ? WEXITSTATUS(culprit->status) : EXIT_FAILED;
	return code == EXIT_USAGE || code == EXIT_PARTIAL ? (enum exit_code)code : EXIT_FAILED;
}

static void show_end(const struct pipeline_stage *stage, struct buf *to)
{
	uint64_t ms = stage->late_ms;

	buf_add_text(to, stage->name);
	if (stage->late)
		buf_printf(to, " did not end within %" PRIu64 "%s", ms % 1000 ? ms : ms / 1000,
			ms % 1000 ? "ms" : "s");
	else if (WIFSIGNALED(stage->status))
		buf_printf(to, " was killed by signal %d", WTERMSIG(stage->status));
	else
		buf_printf(to, " ended with exit code %d", WEXITSTATUS(stage->status));
}

/* Of a stage that has finished but lost something, its counts say most; of others,
 * what they said. */
void pipeline_explain(const struct pipeline_stage *stage, struct buf *to)
{
	bool counts = stage->tally.n > 0 && (is_partial(stage) || !stage->last_error);

	show_end(stage, to);
	if (!counts && !stage->last_error)
		return;
	buf_add_text(to, ": ");
	if (counts)
		tally_show(&stage->tally, to);
	else
		buf_add_text(to, stage->last_error);
}
