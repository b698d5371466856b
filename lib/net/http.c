#include "net/http.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/url.h"

enum {
	TURN_MS = 1000, /* between two looks at duties */
	HOST_CONNECTIONS_MAX = 16,
};

struct http {
	CURLM *multi; /* it keeps the connections */
	CURL *model;  /* the settings, which each call begins with */
	bool is_woken;
};

struct http_call {
	struct http_request request;
	CURL *easy;
	struct curl_slist *headers;
	char reason[CURL_ERROR_SIZE];
	bool over;
	CURLcode code; /* once it is over */
	bool too_long, refused;
};

/* A header of a request by HTTP/2, which may be a key (libcurl 7.88: "h2h3 [name: value]", later
 * releases: "[HTTP/2] [1] [name: value]"). Those of HTTP/1 are of another type. */
static bool is_header(const char *text, size_t n)
{
	static const char *const starts[] = {"h2h3 [", "[HTTP/2] ["};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (n >= strlen(starts[i]) && memcmp(text, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static int on_debug(CURL *easy, curl_infotype type, char *text, size_t n, void *arg)
{
	(void)easy;
	(void)arg;
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (type == CURLINFO_TEXT && !is_header(text, n))
		diag_debug("libcurl: %.*s", (int)n, text);
	return 0;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct http_call *call = arg;
	struct http_answer *answer = call->request.answer;
	struct span piece = span_make(bytes, n);

	(void)one;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &answer->status);
	if (answer->piece)
		call->refused = answer->piece(answer->arg, piece) != 0;
	else
		call->too_long = buf_add(&answer->body, piece) < 0;
	return call->refused || call->too_long ? CURL_WRITEFUNC_ERROR : n;
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
	const struct http_call *call = arg;
	const struct http_answer *answer = call->request.answer;
	const char *colon = memchr(line, ':', n);

	(void)one;
	if (answer->header && colon && !(n > 5 && memcmp(line, "HTTP/", 5) == 0)) {
		size_t name = (size_t)(colon - line);
		answer->header(
			answer->arg, span_make(line, name), trimmed(colon + 1, n - name - 1));
	}
	return n;
}

static void set_up(CURL *easy, const struct http_settings *settings)
{
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
	/* A call that is given up does not wait for the name of its host. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
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
	http->model = curl_easy_init();
	if (!http->multi || !http->model) {
		err_set(err, EXIT_FAILED, "cannot set up libcurl");
		http_free(http);
		return NULL;
	}
	set_up(http->model, settings);
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS_MAX);
	return http;
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

static struct http_call *call_new(struct http *http, const struct http_request *request)
{
	struct http_call *call = mem_alloc(1, sizeof *call);
	CURL *easy = curl_easy_duphandle(http->model);

	call->request = *request;
	call->easy = easy;
	if (!easy)
		return call;
	for (const char *const *header = request->headers; header && *header; header++)
		call->headers = curl_slist_append(call->headers, *header);
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	if (request->identity)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, NULL);
	if (request->total_ms)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->total_ms);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->reason);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	return call;
}

static void call_free(struct http_call *call)
{
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	free(call);
}

struct http_call *http_start(struct http *http, const struct http_request *request, struct err *err)
{
	struct http_call *call;

	buf_clear(&request->answer->body);
	request->answer->status = 0;
	if (check_url(request->url, err) < 0)
		return NULL;
	call = call_new(http, request);
	if (call->easy && curl_multi_add_handle(http->multi, call->easy) == CURLM_OK)
		return call;
	err_set(err, EXIT_FAILED, "cannot get '%s': libcurl refuses to", url_shown(request->url));
	call_free(call);
	return NULL;
}

/* Has libcurl do what can be done without waiting. */
static struct http_call *perform(struct http *http)
{
	struct http_call *call;
	int running, left;
	CURLMsg *message;

	curl_multi_perform(http->multi, &running);
	message = curl_multi_info_read(http->multi, &left);
	if (!message || message->msg != CURLMSG_DONE)
		return NULL;
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
	call->over = true;
	call->code = message->data.result;
	return call;
}

/* Waits until libcurl has something to do, for left_ns at most. Returns which other thing ended the
 * wait, if one did: WAIT_SIGNAL or WAIT_EVENT (`fd`), else WAIT_READY. */
static enum wait_result wait_on(struct http *http, int fd, int64_t left_ns)
{
	struct curl_waitfd others[2];
	unsigned n = 0;
	int ms = TURN_MS;

	if (left_ns < TURN_MS * STAMP_NS_PER_MS)
		ms = (int)((left_ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS);
	if (fd >= 0)
		others[n++] = (struct curl_waitfd){.fd = fd, .events = CURL_WAIT_POLLIN};
	if (sig_fd() >= 0)
		others[n++] = (struct curl_waitfd){.fd = sig_fd(), .events = CURL_WAIT_POLLIN};
	curl_multi_poll(http->multi, others, n, ms, NULL);
	if (sig_fd() >= 0 && others[n - 1].revents) {
		sig_consume();
		return WAIT_SIGNAL;
	}
	return fd >= 0 && others[0].revents ? WAIT_EVENT : WAIT_READY;
}

void http_wake(struct http *http)
{
	http->is_woken = true;
}

struct http_call *http_turn(struct http *http, int fd, int64_t timeout_ms)
{
	bool limited = timeout_ms >= 0 && timeout_ms <= INT32_MAX;
	int64_t until_ns = limited ? stamp_monotonic() + timeout_ms * STAMP_NS_PER_MS : INT64_MAX;
	struct http_call *call = NULL;
	int64_t left_ns = 1;

	while (!call && left_ns > 0) {
		wait_duty();
		if (sig_stops())
			return NULL;
		call = perform(http);
		if (call || timeout_ms == 0 || http->is_woken)
			break;
		left_ns = until_ns - stamp_monotonic();
		if (left_ns > 0 && wait_on(http, fd, left_ns) != WAIT_READY)
			return NULL;
	}
	http->is_woken = false;
	return call;
}

/* Says why a request failed. */
static enum http_result fail(struct http_call *call, struct err *err)
{
	enum http_result result = result_of(call->code);
	bool usage = result == HTTP_UNTRUSTED || call->code == CURLE_SSL_CACERT_BADFILE;
	const char *reason = call->reason[0] ? call->reason : curl_easy_strerror(call->code);
	long fault = 0;

	curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &fault);
	if (call->code == CURLE_COULDNT_CONNECT && fault) /* libcurl's own words leave it out */
		reason = strerror((int)fault);
	err_set(err, usage ? EXIT_USAGE : EXIT_FAILED, "cannot get '%s': %s",
		url_shown(call->request.url), reason);
	return result;
}

static enum http_result outcome(struct http_call *call, struct err *err)
{
	const char *url = url_shown(call->request.url);

	if (!call->over) {
		err_set(err, EXIT_FAILED, "cannot get '%s': interrupted", url);
		return HTTP_INTERRUPTED;
	}
	if (call->too_long) {
		err_set(err, EXIT_FAILED, "cannot get '%s': the answer is longer than %zu bytes",
			url, call->request.answer->body.ceiling);
		return HTTP_TOO_LONG;
	}
	if (call->refused)
		return HTTP_FAILED;
	return call->code == CURLE_OK ? HTTP_ANSWERED : fail(call, err);
}

enum http_result http_end(struct http *http, struct http_call *call, struct err *err)
{
	enum http_result result;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->request.answer->status);
	result = outcome(call, err);
	curl_multi_remove_handle(http->multi, call->easy);
	call_free(call);
	return result;
}

enum http_result http_get(
	struct http *http, const char *url, struct http_answer *answer, struct err *err)
{
	struct http_request request = {.url = url, .answer = answer};
	struct http_call *call = http_start(http, &request, err);

	if (!call)
		return HTTP_FAILED;
	while (!sig_stops() && !http_turn(http, -1, -1))
		;
	return http_end(http, call, err);
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->model);
	curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	free(http);
}
