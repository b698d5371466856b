#include "base/diag.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/quote.h"
#include "base/stamp.h"

enum {
	MESSAGE_MAX = 2 * ERR_TEXT_MAX, /* bytes of a message before escaping; the rest is cut */
	LINE_MAX = 16 * MESSAGE_MAX,	/* and once each byte is escaped, twice, with its members */
};

/* The one thing besides the stop flags that is known everywhere: who is speaking, and how. */
static struct {
	const char *program;
	enum diag_level level;
	bool json;
	void (*before)(void), (*after)(void); /* see diag_set_curtain() */
} diag = {.program = "tradepipe", .level = DIAG_WARNING};

void diag_init(const char *program)
{
	diag.program = program;
}

void diag_configure(enum diag_level level, bool json)
{
	diag.level = level;
	diag.json = json;
}

const char *diag_program(void)
{
	return diag.program;
}

bool diag_is_json(void)
{
	return diag.json;
}

void diag_set_curtain(void (*before)(void), void (*after)(void))
{
	diag.before = before;
	diag.after = after;
}

bool diag_shows(enum diag_level level)
{
	return level <= diag.level;
}

/* Hostile bytes must not drive a terminal, and a message stays on its line. */
static void add_escaped(struct buf *line, struct span text)
{
	bool utf8 = quote_is_utf8(text);
	size_t control = 0; /* bytes of a control character that are still to be escaped */

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
			control = 1;
		else if (utf8 && c == 0xc2 && (unsigned char)text.p[i + 1] < 0xa0)
			control = 2; /* U+0080 to U+009F, such as CSI, which is as good as ESC [ */
		if (control)
			buf_printf(line, "\\x%02x", c);
		else
			buf_add(line, span_make(text.p + i, 1));
		control -= control > 0;
	}
}

static void add_json(
	struct buf *line, enum diag_level level, struct span message, const char *account)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	char stamp[STAMP_TEXT_MAX];
	int64_t now = stamp_now();

	buf_add_text(line, "{\"time\":\"");
	buf_add(line, span_make(stamp, stamp_write(stamp, now > 0 ? now : 0, 6)));
	buf_printf(line, "\",\"level\":\"%s\",\"program\":\"%s\",\"message\":", names[level],
		diag.program);
	quote_json(line, message);
	if (account)
		buf_printf(line, ",\"account\":%s", account);
	buf_add_text(line, "}");
}

/* Nobody can be told that standard error is gone. */
static void write_out(struct span line)
{
	ssize_t n = write(STDERR_FILENO, line.p, line.n);
	(void)n;
}

static void put(enum diag_level level, const char *text, const char *account)
{
	struct buf message, line;

	buf_init(&message, LINE_MAX);
	buf_init(&line, LINE_MAX);
	add_escaped(&message, span_text(text));
	if (diag.json) {
		add_json(&line, level, buf_span(&message), account);
	} else {
		buf_printf(&line, "%s: %s", diag.program, level == DIAG_WARNING ? "warning: " : "");
		buf_add(&line, buf_span(&message));
	}
	buf_add_text(&line, "\n");
	if (diag.before)
		diag.before();
	write_out(buf_span(&line));
	if (diag.after)
		diag.after();
	buf_release(&line);
	buf_release(&message);
}

static void put_format(enum diag_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void put_format(enum diag_level level, const char *format, va_list args)
{
	char text[MESSAGE_MAX];

	if (!diag_shows(level))
		return;
	vsnprintf(text, sizeof text, format, args);
	put(level, text, NULL);
}

#define PUT_FORMAT(level, format)                                                                  \
	do {                                                                                       \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		put_format(level, format, args);                                                   \
		va_end(args);                                                                      \
	} while (0)

void diag_error(const char *format, ...)
{
	PUT_FORMAT(DIAG_ERROR, format);
}

void diag_warning(const char *format, ...)
{
	PUT_FORMAT(DIAG_WARNING, format);
}

void diag_info(const char *format, ...)
{
	PUT_FORMAT(DIAG_INFO, format);
}

void diag_debug(const char *format, ...)
{
	PUT_FORMAT(DIAG_DEBUG, format);
}

enum exit_code diag_err(const struct err *e)
{
	diag_error("%s", e->text);
	return e->code;
}

void diag_account(const char *text, const char *json)
{
	put(DIAG_INFO, text, json);
}

void diag_progress(const char *text)
{
	put(DIAG_INFO, text, NULL);
}

_Noreturn void diag_die(enum exit_code code, const char *format, ...)
{
	diag.after = NULL; /* nothing stays behind in the terminal */
	PUT_FORMAT(DIAG_ERROR, format);
	_exit(code);
}
