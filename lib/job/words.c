#include "job/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

enum { ROOM_FIRST = 32 };

void words_add(struct words *words, const char *text)
{
	if (words->n + 1 >= words->room) {
		words->room = words->room ? words->room * 2 : ROOM_FIRST;
		words->items = mem_resize(words->items, words->room, sizeof *words->items);
		words->owned = mem_resize(words->owned, words->room, sizeof *words->owned);
	}
	words->owned[words->n] = mem_text(text);
	words->items[words->n] = words->owned[words->n];
	words->n++;
	words->items[words->n] = NULL;
}

void words_addf(struct words *words, const char *format, ...)
{
	struct buf text;
	va_list args, again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	buf_init(&text, (size_t)n + 1);
	vsnprintf(buf_room(&text, (size_t)n + 1), (size_t)n + 1, format, again);
	va_end(again);
	words_add(words, text.data);
	buf_release(&text);
}

void words_add_all(struct words *words, const char *const *texts)
{
	while (*texts)
		words_add(words, *texts++);
}

void words_release(struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->owned[i]);
	free(words->owned);
	free(words->items);
	*words = (struct words){.items = NULL};
}
