#include "base/diag.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/quote.h"
#include "base/stamp.h"

enum {
	MESSAGE_MAX = 2 * ERR_TEXT_MAX, /* bytes of a message before escaping; the rest is cut */
	LOG_LINE_MAX =
		16 * MESSAGE_MAX, /* and once each byte is escaped, twice, with its members */
	PATIENCE_MS = 1000,	  /* for a standard error that takes nothing */
};

/* The one thing besides the stop flags that is known everywhere: who is speaking, and how. */
static struct {
	const char *program;
	enum diag_level level;
	bool json;
	void (*before)(void), (*after)(void); /* see diag_set_curtain() */
	unsigned long dropped;		      /* lines, by diag_pass(), that nobody was told of */
	bool torn;			      /* the last line of diag_pass() was left unfinished */
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

static void add_json(struct buf *line, const char *program, enum diag_level level,
	const char *event, struct span message, const char *account)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	char stamp[STAMP_TEXT_MAX];
	int64_t now = stamp_now();

	buf_add_text(line, "{\"time\":\"");
	buf_add(line, span_make(stamp, stamp_write(stamp, now > 0 ? now : 0, 6)));
	buf_printf(line, "\",\"level\":\"%s\",\"program\":", names[level]);
	quote_json(line, span_text(program));
	if (event)
		buf_printf(line, ",\"event\":\"%s\"", event);
	buf_add_text(line, ",\"message\":");
	quote_json(line, message);
	if (account)
		buf_printf(line, ",\"account\":%s", account);
	buf_add_text(line, "}");
}

/* Nobody can be told that standard error is gone. */
static void write_out(struct span line)
{
	ssize_t n = 1;

	while (line.n > 0 && n > 0) {
		n = write(STDERR_FILENO, line.p, line.n);
		if (n > 0)
			line = span_make(line.p + n, line.n - (size_t)n);
	}
}

static void put(enum diag_level level, const char *event, const char *text, const char *account)
{
	struct buf message, line;

	buf_init(&message, LOG_LINE_MAX);
	buf_init(&line, LOG_LINE_MAX);
	add_escaped(&message, span_text(text));
	if (diag.json) {
		add_json(&line, diag.program, level, event, buf_span(&message), account);
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

static void put_format(enum diag_level level, const char *event, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void put_format(enum diag_level level, const char *event, const char *format, va_list args)
{
	char text[MESSAGE_MAX];

	if (!diag_shows(level))
		return;
	vsnprintf(text, sizeof text, format, args);
	put(level, event, text, NULL);
}

#define PUT_FORMAT(level, event, format)                                                           \
	do {                                                                                       \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		put_format(level, event, format, args);                                            \
		va_end(args);                                                                      \
	} while (0)

void diag_error(const char *format, ...)
{
	PUT_FORMAT(DIAG_ERROR, NULL, format);
}

void diag_warning(const char *format, ...)
{
	PUT_FORMAT(DIAG_WARNING, NULL, format);
}

void diag_info(const char *format, ...)
{
	PUT_FORMAT(DIAG_INFO, NULL, format);
}

void diag_debug(const char *format, ...)
{
	PUT_FORMAT(DIAG_DEBUG, NULL, format);
}

void diag_event(enum diag_level level, const char *event, const char *format, ...)
{
	PUT_FORMAT(level, event, format);
}

enum exit_code diag_err(const struct err *e)
{
	diag_error("%s", e->text);
	return e->code;
}

void diag_account(const char *text, const char *json)
{
	put(DIAG_INFO, "account", text, json);
}

void diag_shown(const char *event, const char *text)
{
	put(DIAG_INFO, event, text, NULL);
}

/* What poll() calls writable takes so many bytes without blocking. */
static size_t piece_max(void)
{
	struct stat st;
	return fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode) ? SIZE_MAX : PIPE_BUF;
}

static bool can_write(int64_t deadline)
{
	struct pollfd polled = {.fd = STDERR_FILENO, .events = POLLOUT};
	int64_t left_ms;
	int n;

	do {
		left_ms = (deadline - stamp_monotonic()) / STAMP_NS_PER_MS;
		n = poll(&polled, 1, left_ms > 0 ? (int)left_ms : 0);
	} while (n < 0 && errno == EINTR);
	return n != 0;
}

/* How many bytes of the line were not written. What cannot be written at all counts as written. */
static size_t write_patiently(struct span line, int64_t patience_ms)
{
	int64_t deadline = stamp_monotonic() + patience_ms * STAMP_NS_PER_MS;
	size_t max = piece_max();
	ssize_t n;

	while (line.n > 0 && can_write(deadline)) {
		n = write(STDERR_FILENO, line.p, line.n < max ? line.n : max);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return 0;
		if (n < 0 && stamp_monotonic() > deadline)
			break;
		if (n > 0)
			line = span_make(line.p + n, line.n - (size_t)n);
	}
	return line.n;
}

/* Once it can be written again: what became of the lines before. At every level, as they were. */
static void own_up(void)
{
	char text[MESSAGE_MAX];

	if (!diag.dropped || !can_write(stamp_monotonic()))
		return;
	if (diag.torn)
		write_out(span_make("\n", 1));
	snprintf(text, sizeof text, "dropped %lu lines of others: standard error took nothing",
		diag.dropped);
	diag.torn = false;
	diag.dropped = 0;
	put(DIAG_WARNING, NULL, text, NULL);
}

static void pass(struct buf *line)
{
	size_t left;

	buf_add_text(line, "\n");
	own_up();
	if (diag.before)
		diag.before();
	left = diag.dropped ? line->len : write_patiently(buf_span(line), PATIENCE_MS);
	if (left) {
		diag.dropped++;
		diag.torn |= left < line->len;
	}
	if (diag.after)
		diag.after();
}

void diag_pass(struct span text)
{
	struct buf line;

	buf_init(&line, text.n + 1);
	buf_add(&line, text);
	pass(&line);
	buf_release(&line);
}

void diag_pass_json(const char *program, enum diag_level level, struct span text)
{
	struct buf message, line;

	buf_init(&message, 4 * text.n + 1); /* buf_printf() wants room for a NUL */
	buf_init(&line, LOG_LINE_MAX + 8 * text.n);
	add_escaped(&message, text);
	add_json(&line, program, level, NULL, buf_span(&message), NULL);
	pass(&line);
	buf_release(&line);
	buf_release(&message);
}

_Noreturn void diag_die(enum exit_code code, const char *format, ...)
{
	diag.after = NULL; /* nothing stays behind in the terminal */
	PUT_FORMAT(DIAG_ERROR, NULL, format);
	_exit(code);
}
