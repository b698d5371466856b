#include "net/crawl.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "net/url.h"

enum { OK = 200, FORBIDDEN = 403, TIMEOUT = 408, TOO_EARLY = 425 };

/* Without what may stand in front of a document: blanks and a byte order mark. */
static struct span document(struct span body)
{
	while (body.n && memchr(" \t\r\n\xef\xbb\xbf", body.p[0], 7))
		body = span_make(body.p + 1, body.n - 1);
	return body;
}

static bool begins_with(struct span text, const char *beginning)
{
	size_t n = strlen(beginning);

	return text.n >= n && strncasecmp(text.p, beginning, n) == 0;
}

static bool is_temporary_status(long status)
{
	return status == TIMEOUT || status == TOO_EARLY ||
		(status >= 500 && status <= 599 && status != 501 && status != 505);
}

bool crawl_temporary(const struct crawl_answer *answer, struct err *err)
{
	struct span body = document(answer->body);
	bool html = begins_with(body, "<!doctype html") || begins_with(body, "<html");
	const char *kind = html ? "a page of HTML" : "markup";
	const char *url = url_shown(answer->url);

	if (is_temporary_status(answer->status) || (answer->status == FORBIDDEN && html)) {
		err_set(err, EXIT_FAILED, "cannot get '%s': status %ld%s", url, answer->status,
			html ? ", a page of HTML" : "");
		return true;
	}
	if (answer->status != OK || (body.n && body.p[0] != '<'))
		return false;
	err_set(err, EXIT_FAILED, "cannot get '%s': the answer is %s", url,
		body.n ? kind : "empty");
	return true;
}
