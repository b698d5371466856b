/*
 * Flows of Trade records for the tests of lib/market/flow.
 */
#ifndef TRADEPIPE_TESTS_FLOWS_H
#define TRADEPIPE_TESTS_FLOWS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/flow.h"

#include "tap.h"

#define PRESETS .stream = "exchange,product_id", .id = "trade_id", .time = "timestamp"
#define TRADE(product, id, time)                                                                   \
	"{\"product_id\":\"" product "\",\"price\":83000.10,\"timestamp\":" time                   \
	",\"trade_id\":" id ",\"exchange\":\"kraken\"}"
#define HEAD(counter) "tradepipe-cursor/1 " counter " "

/* A text without its run, which is another one each time; parts are joined. */
static inline const char *shown(struct flow *flow)
{
	static char joined[64 * 1024];
	const struct cursor_text *text = flow_text(flow);
	size_t n = 0;

	for (size_t i = 0; i < text->n; i++) {
		const char *part = text->spans[i].p;
		size_t head = (size_t)((const char *)memchr(part + 20, ' ', 40) - part) + 1;
		memcpy(joined + n, part, head);
		memcpy(joined + n + head, part + head + 17, text->spans[i].n - head - 17);
		n += text->spans[i].n - 17;
	}
	joined[n] = '\0';
	return joined;
}

static inline bool shows(struct flow *flow, const char *wanted)
{
	const char *text = shown(flow);
	bool same = strcmp(text, wanted) == 0;

	if (!same)
		printf("# text: %s# wanted: %s", text, wanted);
	return same;
}

static inline struct flow *begun(const struct flow_options *options)
{
	const struct span none = {NULL, 0};
	struct flow *flow = flow_open(options, NULL);

	if (!flow || flow_begin(flow, &none, 1, NULL) != options->begin)
		abort();
	return flow;
}

#endif
