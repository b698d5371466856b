#include "net/http.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/wait.h"
#include "net/url.h"

enum { TURN_MS = 1000 }; /* between two looks at duties */

struct http {
	CURLM *multi; /* it keeps the connections */
	CURL *easy;
	char reason[CURL_ERROR_SIZE];
};

/* What the callbacks of one request know. */
struct request {
	struct http_answer *answer;
	bool too_long;
};

static int on_debug(CURL *easy, curl_infotype type, char *text, size_t n, void *arg)
{
	(void)easy;
	(void)arg;
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (type == CURLINFO_TEXT)
		diag_debug("libcurl: %.*s", (int)n, text);
	return 0;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct request *request = arg;

	(void)one;
	if (buf_add(&request->answer->body, span_make(bytes, n)) == 0)
		return n;
	request->too_long = true;
	return 0;
}

static struct span trimmed(const char *p, size_t n)
{
	while (n && strchr(" \t\r\n", p[n - 1]))
		n--;
	while (n && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	return span_make(p, n);
}

/* Status lines, of interim answers too, and the blank line at the end have no colon in front of a
 * value: they are passed over. */
static size_t on_header(char *line, size_t one, size_t n, void *arg)
{
	const struct request *request = arg;
	const struct http_answer *answer = request->answer;
	const char *colon = memchr(line, ':', n);

	(void)one;
	if (answer->header && colon && !(n > 5 && memcmp(line, "HTTP/", 5) == 0)) {
		size_t name = (size_t)(colon - line);
		answer->header(
			answer->arg, span_make(line, name), trimmed(colon + 1, n - name - 1));
	}
	return n;
}

static void set_up(struct http *http, const struct http_settings *settings)
{
	CURL *easy = http->easy;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "tradepipe/" VERSION);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)settings->total_ms);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)((settings->idle_ms + 999) / 1000));
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->reason);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	if (settings->ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (diag_shows(DIAG_DEBUG)) {
		curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
		curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
	}
}

struct http *http_new(const struct http_settings *settings, struct err *err)
{
	struct http *http;

	if (settings->ca_file && access(settings->ca_file, R_OK) < 0) {
		err_errno(err, EXIT_USAGE, "cannot read certificates from '%s'", settings->ca_file);
		return NULL;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(err, EXIT_FAILED, "cannot set up libcurl");
		return NULL;
	}
	http = mem_alloc(1, sizeof *http);
	http->multi = curl_multi_init();
	http->easy = curl_easy_init();
	if (!http->multi || !http->easy) {
		err_set(err, EXIT_FAILED, "cannot set up libcurl");
		http_free(http);
		return NULL;
	}
	set_up(http, settings);
	return http;
}

/* Has libcurl do its work until the request is over. 0 and *code, or -1 at a stop signal. */
static int perform(struct http *http, CURLcode *code)
{
	struct curl_waitfd signals = {.fd = sig_fd(), .events = CURL_WAIT_POLLIN};
	int running, left;
	CURLMsg *message;

	while (!sig_stops()) {
		wait_duty();
		curl_multi_perform(http->multi, &running);
		message = curl_multi_info_read(http->multi, &left);
		if (message && message->msg == CURLMSG_DONE) {
			*code = message->data.result;
			return 0;
		}
		signals.revents = 0;
		curl_multi_poll(http->multi, &signals, signals.fd >= 0, TURN_MS, NULL);
		if (signals.revents)
			sig_consume();
	}
	return -1;
}

/* What a code of libcurl's means to a caller. */
static enum http_result result_of(CURLcode code)
{
	static const struct {
		CURLcode code;
		enum http_result result;
	} known[] = {
		{CURLE_OK, HTTP_ANSWERED},
		{CURLE_PARTIAL_FILE, HTTP_TRUNCATED},
		{CURLE_PEER_FAILED_VERIFICATION, HTTP_UNTRUSTED},
		{CURLE_COULDNT_RESOLVE_PROXY, HTTP_TRANSIENT},
		{CURLE_COULDNT_RESOLVE_HOST, HTTP_TRANSIENT},
		{CURLE_COULDNT_CONNECT, HTTP_TRANSIENT},
		{CURLE_UNSUPPORTED_PROTOCOL, HTTP_TRANSIENT}, /* of the answer: no HTTP */
		{CURLE_WEIRD_SERVER_REPLY, HTTP_TRANSIENT},
		{CURLE_HTTP2, HTTP_TRANSIENT},
		{CURLE_HTTP2_STREAM, HTTP_TRANSIENT},
		{CURLE_OPERATION_TIMEDOUT, HTTP_TRANSIENT},
		{CURLE_SSL_CONNECT_ERROR, HTTP_TRANSIENT},
		{CURLE_GOT_NOTHING, HTTP_TRANSIENT},
		{CURLE_SEND_ERROR, HTTP_TRANSIENT},
		{CURLE_RECV_ERROR, HTTP_TRANSIENT},
		{CURLE_BAD_CONTENT_ENCODING, HTTP_TRANSIENT},
		{CURLE_PROXY, HTTP_TRANSIENT},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].code == code)
			return known[i].result;
	return HTTP_FAILED;
}

static int check_url(const char *text, struct err *err)
{
	const char *reason;
	struct url url;

	if (url_parse(span_text(text), &url, &reason) < 0)
		return err_set(err, EXIT_USAGE, "cannot get '%s': %s", url_shown(text), reason);
	if (strcmp(url.scheme, "http") != 0 && strcmp(url.scheme, "https") != 0)
		return err_set(err, EXIT_USAGE,
			"cannot get '%s': its scheme is neither http nor https", text);
	return 0;
}

/* Says why a request failed. */
static enum http_result fail(struct http *http, const char *url, CURLcode code, struct err *err)
{
	enum http_result result = result_of(code);
	bool usage = result == HTTP_UNTRUSTED || code == CURLE_SSL_CACERT_BADFILE;
	const char *reason = http->reason[0] ? http->reason : curl_easy_strerror(code);
	long fault = 0;

	curl_easy_getinfo(http->easy, CURLINFO_OS_ERRNO, &fault);
	if (code == CURLE_COULDNT_CONNECT && fault) /* libcurl's own words leave it out */
		reason = strerror((int)fault);
	err_set(err, usage ? EXIT_USAGE : EXIT_FAILED, "cannot get '%s': %s", url, reason);
	return result;
}

enum http_result http_get(
	struct http *http, const char *url, struct http_answer *answer, struct err *err)
{
	struct request request = {.answer = answer};
	CURLcode code;
	int done;

	buf_clear(&answer->body);
	answer->status = 0;
	http->reason[0] = '\0';
	if (check_url(url, err) < 0)
		return HTTP_FAILED;
	curl_easy_setopt(http->easy, CURLOPT_URL, url);
	curl_easy_setopt(http->easy, CURLOPT_WRITEDATA, &request);
	curl_easy_setopt(http->easy, CURLOPT_HEADERDATA, &request);
	curl_multi_add_handle(http->multi, http->easy);
	done = perform(http, &code);
	curl_multi_remove_handle(http->multi, http->easy);
	if (done < 0) {
		err_set(err, EXIT_FAILED, "cannot get '%s': interrupted", url);
		return HTTP_INTERRUPTED;
	}
	if (request.too_long) {
		err_set(err, EXIT_FAILED, "cannot get '%s': the answer is longer than %zu bytes",
			url, answer->body.ceiling);
		return HTTP_TOO_LONG;
	}
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &answer->status);
	return code == CURLE_OK ? HTTP_ANSWERED : fail(http, url, code, err);
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->easy);
	curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	free(http);
}
