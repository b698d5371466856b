#include "job/pipeline_voice.h"

#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"
#include "job/pipeline_lines.h"
#include "json/json.h"

enum { NAMED_MAX = PIPELINE_LINE_MAX + 4096 }; /* bytes of a line with the name of its program */

static bool starts_with(struct span text, const char *start)
{
	size_t n = strlen(start);
	return text.n >= n && memcmp(text.p, start, n) == 0;
}

static struct span without(struct span text, size_t n)
{
	return span_make(text.p + n, text.n - n);
}

/* What is said, without the program's name in front; *own: it was there. */
static struct span message_of(const struct pipeline_voice *voice, struct span line, bool *own)
{
	size_t n = strlen(voice->program);

	*own = starts_with(line, voice->program) && starts_with(without(line, n), ": ");
	return *own ? without(line, n + strlen(": ")) : line;
}

static void keep(const struct pipeline_voice *voice, struct span message)
{
	size_t n = message.n < VOICE_ERROR_MAX ? message.n : VOICE_ERROR_MAX;
	char *text;

	/* What opt_usage_error() adds to the reason is none. */
	if (n == 0 || starts_with(message, "try '"))
		return;
	/* No character is left torn at the end. */
	while (n < message.n && n > 1 && ((unsigned char)message.p[n] & 0xc0) == 0x80)
		n--;
	text = mem_alloc(n + 1, 1);
	for (size_t i = 0; i < n; i++)
		text[i] = message.p[i] ? message.p[i] : ' ';
	free(*voice->last_error);
	*voice->last_error = text;
}

/* The levels of what our own programs say as text. What others say is in no order. */
static enum diag_level level_of(struct span message, bool own)
{
	if (!own)
		return DIAG_INFO;
	if (starts_with(message, "warning: "))
		return DIAG_WARNING;
	return starts_with(message, "cannot ") ? DIAG_ERROR : DIAG_INFO;
}

/* In JSON its level says so. */
static struct span bare(struct span message, bool own)
{
	bool warns = own && starts_with(message, "warning: ");
	return warns ? without(message, strlen("warning: ")) : message;
}

static bool is_error(struct span message, bool own)
{
	return !own || !(starts_with(message, "warning: ") || starts_with(message, "account: "));
}

/* Under the stage's name in place of the program's own. */
static void show(const struct pipeline_voice *voice, struct span message)
{
	struct buf shown;

	buf_init(&shown, NAMED_MAX);
	buf_add_text(&shown, voice->name);
	buf_add_text(&shown, ": ");
	buf_add(&shown, message);
	diag_pass(buf_span(&shown));
	buf_release(&shown);
}

static void say_text(const struct pipeline_voice *voice, struct span line)
{
	bool own;
	struct span message = message_of(voice, line, &own);

	if (is_error(message, own))
		keep(voice, message);
	if (voice->json)
		diag_pass_json(voice->name, level_of(message, own), bare(message, own));
	else
		show(voice, message);
}

/* A line of a JSON log: of the suite, or of any program that calls its text "message". */
static void keep_json(const struct pipeline_voice *voice, const struct json_value *level,
	const struct json_value *message, struct span line)
{
	struct buf scratch;
	struct span text = line;

	if (level->type != JSON_NONE && !json_is(level, span_text("error")))
		return;
	buf_init(&scratch, PIPELINE_LINE_MAX);
	if (message->type == JSON_STRING)
		text = json_text(message, &scratch);
	keep(voice, text);
	buf_release(&scratch);
}

static bool say_json(const struct pipeline_voice *voice, struct span line)
{
	enum { LEVEL, MESSAGE, ACCOUNT, N };
	struct json_member members[N] = {
		{.name = SPAN("level")}, {.name = SPAN("message")}, {.name = SPAN("account")}};
	struct json_fault fault;

	if (json_object(line, members, N, &fault) < 0)
		return false;
	if (members[ACCOUNT].value.type == JSON_NONE)
		keep_json(voice, &members[LEVEL].value, &members[MESSAGE].value, line);
	if (voice->json)
		diag_pass(line);
	else
		show(voice, line);
	return true;
}

void pipeline_voice_say(const struct pipeline_voice *voice, struct span line)
{
	if (!say_json(voice, line))
		say_text(voice, line);
}
