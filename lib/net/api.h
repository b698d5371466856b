/*
 * The server of an interface as --url and its like name it: scheme, host and port, to which paths
 * are added; and the budget that all processes of the user have there.
 */
#ifndef TRADEPIPE_NET_API_H
#define TRADEPIPE_NET_API_H

#include <stddef.h>

#include "base/budget.h"
#include "base/err.h"
#include "base/span.h"

struct api {
	struct span url; /* without the slashes at its end */
	struct budget *budget;
};

/* Takes the value of an option, which lives on; no budget is opened yet. -1 and *err
 * (EXIT_USAGE). */
int api_read(struct api *api, const char *option, const char *text, struct err *err);

/* Opens its budget, in that file or, NULL, in one of its own; a note says where it
 * cannot. WebSockets (ws, wss) are a host apart from HTTP at the same address: an
 * exchange counts connections and requests each by themselves, and what refuses the one
 * need not refuse the other. */
void api_open_budget(struct api *api, const char *path);
void api_close(struct api *api);

#endif
