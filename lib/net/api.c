#include "net/api.h"

#include <stdio.h>

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

void api_open_budget(struct api *api, const char *path)
{
	char host[URL_HOST_MAX + sizeof ":65535"];
	struct err note = {.code = EXIT_DONE};
	const char *reason;
	struct url url;

	if (url_parse(api->url, &url, &reason) < 0)
		return;
	snprintf(host, sizeof host, url.port ? "%s:%u" : "%s", url.host, (unsigned)url.port);
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
