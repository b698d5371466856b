/* What crawl decides without a network: which answers are no answers, and when to try again. */
#include "net/crawl.h"

#include <inttypes.h>
#include <string.h>

#include "base/num.h"
#include "base/stamp.h"
#include "net/crawl_answer.h"
#include "net/crawl_attempts.h"
#include "tap.h"

static const struct {
	long status;
	const char *body;
	const char *reason; /* NULL: it is the API's own word */
} answers[] = {
	{200, "[]", NULL},
	{200, "{\"error\":[\"EService:Unavailable\"]}", NULL},
	{200, " \r\n\t[]", NULL},
	{200, "busy", NULL},
	{200, "", "the answer is empty"},
	{200, " \r\n", "the answer is empty"},
	{200, "<!DOCTYPE html><p>busy", "the answer is a page of HTML"},
	{200, "\xef\xbb\xbf \n<html>", "the answer is a page of HTML"},
	{200, "<?xml version=\"1.0\"?><Error/>", "the answer is markup"},
	{204, "", NULL},
	{301, "<html>moved", NULL},
	{400, "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}", NULL},
	{403, "{\"code\":0}", NULL},
	{403, "", NULL},
	{403, "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", NULL},
	{403, "<!doctype HTML><title>Attention Required!", "status 403, a page of HTML"},
	{403, "\n<HTML>", "status 403, a page of HTML"},
	{404, "<html>", NULL},
	{408, "", "status 408"},
	{418, "{\"code\":-1003}", NULL},
	{425, "", "status 425"},
	{429, "<html>", NULL},
	{451, "{\"code\":0}", NULL},
	{500, "", "status 500"},
	{501, "", NULL},
	{502, "<html>Bad Gateway", "status 502, a page of HTML"},
	{503, "{}", "status 503"},
	{504, "[]", "status 504"},
	{505, "", NULL},
	{520, "", "status 520"},
	{524, "error code: 524", "status 524"},
	{599, "", "status 599"},
	{600, "", NULL},
};

static void test_answers(void)
{
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct crawl_answer answer = {.url = "https://user:secret@a.example/x",
			.status = answers[i].status,
			.body = span_text(answers[i].body)};
		struct err err = {.code = EXIT_DONE};
		bool temporary = crawl_temporary(&answer, &err);
		TAP_OK(temporary == (answers[i].reason != NULL) &&
				(!temporary ||
					(err.code == EXIT_FAILED &&
						strncmp(err.text,
							"cannot get 'a.example/x': ", 26) == 0 &&
						strcmp(err.text + 26, answers[i].reason) == 0)),
			"answer %zu, of status %ld", i, answers[i].status);
	}
}

/* Wed, 21 Oct 2015 07:28:00 GMT */
#define THEN INT64_C(1445412480)

static const struct {
	const char *value;
	int64_t ms;
} headers[] = {
	{"0", 0},
	{"7", 7000},
	{"259200", 259200000},
	{"18446744073709551615", NUM_DURATION_MAX},
	{"Wed, 21 Oct 2015 07:28:00 GMT", 0},
	{"Wed, 21 Oct 2015 07:27:59 GMT", 0},
	{"Wed, 21 Oct 2015 07:28:30 GMT", 30000},
	{"Thu, 22 Oct 2015 07:28:00 GMT", 86400000},
	{"Fri, 01 Jan 2016 00:00:00 GMT", INT64_C(1451606400000) - THEN * 1000},
	{"Thu, 22 Oct 2015 07:28:00 CET", -1},
	{"Thu, 22 Okt 2015 07:28:00 GMT", -1},
	{"Thu, 32 Oct 2015 07:28:00 GMT", -1},
	{"Thu, 22 Oct 2015 07:28:00", -1},
	{"", -1},
	{"-1", -1},
	{"1.5", -1},
	{"soon", -1},
};

static void test_headers(void)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		int64_t ms = crawl_answer_retry_after(
			span_text(headers[i].value), THEN * STAMP_NS_PER_S);
		TAP_OK(ms == headers[i].ms, "Retry-After: %s", headers[i].value);
		if (ms != headers[i].ms)
			printf("# %" PRId64 "\n", ms);
	}
}

static void test_growth(void)
{
	static const struct {
		int64_t least, most;
	} bounds[] = {{250, 500}, {500, 1000}, {1000, 2000}, {2000, 4000}, {4000, 8000},
		{8000, 16000}, {15000, 30000}, {15000, 30000}};
	struct crawl_attempts a;
	int64_t now = 5, pause;

	crawl_attempts_init(&a, NUM_DURATION_MAX);
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		pause = crawl_attempts_fail(&a, -1, now);
		TAP_OK(pause >= bounds[i].least && pause <= bounds[i].most,
			"pause %zu is %" PRId64 " ms", i + 1, pause);
		now += pause * STAMP_NS_PER_MS;
	}
	crawl_attempts_succeed(&a);
	pause = crawl_attempts_fail(&a, -1, now);
	TAP_OK(pause <= 500 && a.failures == 1, "a success begins it anew");
	TAP_OK(crawl_attempts_fail(&a, 90000, now) == 90000, "a pause that is asked for");
}

static void test_refusals(void)
{
	static const int64_t holds[] = {3000, 6000, 12000, 24000, 48000, 60000, 60000};
	struct crawl_attempts a;
	int64_t hold;

	crawl_attempts_init(&a, NUM_DURATION_MAX);
	for (size_t i = 0; i < sizeof holds / sizeof *holds; i++)
		TAP_OK(crawl_attempts_refuse(&a, -1, 1, &hold) == holds[i] && hold == holds[i],
			"refusal %zu", i + 1);
	TAP_OK(crawl_attempts_refuse(&a, 7000, 1, &hold) == 7000 && hold == 7000,
		"a pause that is asked for");
	crawl_attempts_succeed(&a);
	TAP_OK(crawl_attempts_refuse(&a, 0, 1, &hold) == 3000 && hold == 3000,
		"a pause of nothing is none, after a success");
}

static int64_t at(int64_t ms)
{
	return 1 + ms * STAMP_NS_PER_MS;
}

static void test_limit(void)
{
	struct crawl_attempts a;
	int64_t hold;

	crawl_attempts_init(&a, 0);
	TAP_OK(crawl_attempts_fail(&a, -1, at(0)) == -1,
		"no time at all: the first failure ends it");
	crawl_attempts_init(&a, 100);
	TAP_OK(crawl_attempts_fail(&a, -1, at(0)) == 100 &&
			crawl_attempts_fail(&a, -1, at(99)) == 1 &&
			crawl_attempts_fail(&a, -1, at(100)) == -1 && a.failures == 3,
		"the last attempt comes at the end of the limit");
	crawl_attempts_init(&a, 1000);
	TAP_OK(crawl_attempts_fail(&a, 1001, at(0)) == -1,
		"a pause beyond the limit ends it at once");
	crawl_attempts_init(&a, 1000);
	TAP_OK(crawl_attempts_fail(&a, 1000, at(0)) == 1000,
		"... and one up to the limit does not");
	crawl_attempts_init(&a, 1000);
	TAP_OK(crawl_attempts_refuse(&a, -1, at(0), &hold) == 1000 && hold == 3000,
		"a refusal holds for as long, and is tried at the limit");
	TAP_OK(crawl_attempts_refuse(&a, 5000, at(500), &hold) == -1 && hold == 5000,
		"... and holds where it ends it");
}

static void test_news(void)
{
	struct crawl_attempts a;
	unsigned told = 0;

	crawl_attempts_init(&a, NUM_DURATION_MAX);
	for (int64_t s = 0; s < 3600; s++) {
		crawl_attempts_fail(&a, -1, at(s * 1000));
		told += crawl_attempts_is_news(&a, at(s * 1000));
	}
	TAP_OK(told == 7, "%u of 3600 failures in an hour are told", told);
	for (int64_t s = 3600; s < 24 * 3600; s++)
		told += crawl_attempts_is_news(&a, at(s * 1000));
	TAP_OK(told > 25 && told < 35, "... and %u in a day", told);
	crawl_attempts_succeed(&a);
	crawl_attempts_fail(&a, -1, at(24 * 3600 * 1000));
	TAP_OK(crawl_attempts_is_news(&a, at(24 * 3600 * 1000)),
		"... and the first one after a success");
}

int main(void)
{
	test_answers();
	test_headers();
	test_growth();
	test_refusals();
	test_limit();
	test_news();
	return tap_end();
}
