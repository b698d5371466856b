#include "job/pipeline_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/quote.h"

void pipeline_lines_open(
	struct pipeline_lines *lines, int fd, void (*line)(void *arg, struct span line), void *arg)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	*lines = (struct pipeline_lines){.fd = fd, .line = line, .arg = arg};
	buf_init(&lines->held, PIPELINE_LINE_MAX);
}

/* How much of a line that is too long makes the first piece: no character is torn in two. */
static size_t cut(struct span text)
{
	size_t n = text.n;

	for (unsigned i = 0; i < 3 && ((unsigned char)text.p[n - 1] & 0xc0) == 0x80; i++)
		n--;
	if ((unsigned char)text.p[n - 1] < 0xc0)
		return text.n;
	return quote_utf8_length(span_make(text.p + n - 1, text.n - n + 1)) ? text.n : n - 1;
}

static void hand_on(struct pipeline_lines *lines)
{
	struct span rest = buf_span(&lines->held);
	const char *newline;
	size_t n;

	while (rest.n > 0 && (newline = memchr(rest.p, '\n', rest.n))) {
		n = (size_t)(newline - rest.p);
		lines->line(lines->arg, span_make(rest.p, n));
		rest = span_make(newline + 1, rest.n - n - 1);
	}
	if (rest.n == PIPELINE_LINE_MAX) {
		n = cut(rest);
		lines->line(lines->arg, span_make(rest.p, n));
		rest = span_make(rest.p + n, rest.n - n);
	}
	if (rest.n > 0)
		memmove(lines->held.data, rest.p, rest.n);
	lines->held.len = rest.n;
}

bool pipeline_lines_read(struct pipeline_lines *lines)
{
	size_t room = PIPELINE_LINE_MAX - lines->held.len;
	ssize_t n;

	if (lines->fd < 0)
		return false;
	n = read(lines->fd, buf_room(&lines->held, room), room);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n <= 0) {
		pipeline_lines_close(lines);
		return false;
	}
	buf_added(&lines->held, (size_t)n);
	hand_on(lines);
	return true;
}

void pipeline_lines_close(struct pipeline_lines *lines)
{
	if (lines->fd < 0)
		return;
	close(lines->fd);
	lines->fd = -1;
	if (lines->held.len > 0)
		lines->line(lines->arg, buf_span(&lines->held));
	buf_release(&lines->held);
}
