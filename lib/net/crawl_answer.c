#include "net/crawl_answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/stamp.h"
#include "net/crawl.h"
#include "net/url.h"

enum { OK = 200, FORBIDDEN = 403, TIMEOUT = 408, TOO_EARLY = 425 };

/* The place of an abbreviated month in the year, 1 to 12, or 0. */
static unsigned month_of(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < 12; i++)
		if (memcmp(months + (size_t)i * 3, name, 3) == 0)
			return i + 1;
	return 0;
}

/* "Wed, 21 Oct 2015 07:28:00 GMT" as "2015-10-21T07:28:00Z". */
static int read_date(struct span value, int64_t *ns)
{
	static const char layout[] = "Wed, 21 Oct 2015 07:28:00 GMT";
	char text[STAMP_TEXT_MAX];
	unsigned month;

	if (value.n != sizeof layout - 1 || memcmp(value.p + 25, " GMT", 4) != 0)
		return -1;
	month = month_of(value.p + 8);
	if (!month)
		return -1;
	snprintf(text, sizeof text, "%.4s-%02u-%.2sT%.8sZ", value.p + 12, month, value.p + 5,
		value.p + 17);
	return stamp_parse(span_text(text), ns, NULL);
}

int64_t crawl_answer_retry_after(struct span value, int64_t now_ns)
{
	uint64_t seconds;
	int64_t at_ns;

	if (num_u64(value, &seconds) == 0)
		return seconds < NUM_DURATION_MAX / 1000 ? (int64_t)seconds * 1000
							 : (int64_t)NUM_DURATION_MAX;
	if (read_date(value, &at_ns) < 0)
		return -1;
	return at_ns <= now_ns ? 0 : (at_ns - now_ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS;
}

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
