/*
 * The prices of the records in a file as ranges: "1-50 52-60". Tests number trades by them.
 */
#ifndef TRADEPIPE_TESTS_PRICES_H
#define TRADEPIPE_TESTS_PRICES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void prices_shown(FILE *file, char *to, size_t room)
{
	unsigned first = 0, last = 0;
	char line[1024];
	size_t n = 0;

	to[0] = '\0';
	while (fgets(line, sizeof line, file)) {
		const char *at = strstr(line, "\"price\":");
		unsigned price = at ? (unsigned)strtoul(at + strlen("\"price\":"), NULL, 10) : 0;

		if (first && price == last + 1) {
			last = price;
			continue;
		}
		if (first)
			n += (size_t)snprintf(to + n, room - n, "%u-%u ", first, last);
		first = last = price;
	}
	if (first)
		snprintf(to + n, room - n, "%u-%u", first, last);
}

#endif
