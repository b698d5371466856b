#include "net/api.h"

#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "net/url.h"

int api_read(struct api *api, const char *option, const char *text, struct err *err)
{
	struct span url = span_text(text);
	const char *reason;
	struct url parsed;

	*api = (struct api){.budget = NULL};
	if (url_parse(url, &parsed, &reason) < 0)
		return err_set(err, EXIT_USAGE, "cannot use '%s' for --%s: %s", url_shown(text),
			option, reason);
	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	api->url = url;
	return 0;
}

/* A dot at the end of a host's name makes it no other host. */
static void name_host(const struct url *url, char *host, size_t size)
{
	bool is_socket = strcmp(url->scheme, "ws") == 0 || strcmp(url->scheme, "wss") == 0;
	size_t n = strlen(url->host);

	if (n > 1 && url->host[n - 1] == '.')
		n--;
	n = (size_t)snprintf(host, size, "%s%.*s", is_socket ? "ws:" : "", (int)n, url->host);
	if (url->port)
		snprintf(host + n, size - n, ":%u", (unsigned)url->port);
}

void api_open_budget(struct api *api, const char *path)
{
	char host[sizeof "ws:" + URL_HOST_MAX + sizeof ":65535"];
	struct err note = {.code = EXIT_DONE};
	const char *reason;
	struct url url;

	if (url_parse(api->url, &url, &reason) < 0)
		return;
	name_host(&url, host, sizeof host);
	api->budget = budget_open(path, span_text(host), &note);
	if (note.code)
		diag_info("%s", note.text);
}

void api_close(struct api *api)
{
	if (api->budget)
		budget_close(api->budget);
	api->budget = NULL;
}
