#include "net/kafka_condemned.h"

#include <string.h>

/* Bytes: all that a transaction holds may be refused at once, and long lines beside it. */
enum { CEILING = 64 * 1024 * 1024 };

/* Before the line and the reason of each, which ends with its NUL. */
struct head {
	uint64_t tag;
	size_t line, reason;
};

void kafka_condemned_init(struct kafka_condemned *c)
{
	buf_init(&c->held, CEILING);
	c->n = 0;
}

void kafka_condemned_release(struct kafka_condemned *c)
{
	buf_release(&c->held);
	c->n = 0;
}

int kafka_condemned_add(
	struct kafka_condemned *c, uint64_t tag, struct span line, const char *reason)
{
	const struct head head = {.tag = tag, .line = line.n, .reason = strlen(reason) + 1};
	size_t n = sizeof head + head.line + head.reason;
	char *to = buf_room(&c->held, n);

	if (!to)
		return -1;
	memcpy(to, &head, sizeof head);
	if (line.n)
		memcpy(to + sizeof head, line.p, line.n);
	memcpy(to + sizeof head + line.n, reason, head.reason);
	buf_added(&c->held, n);
	c->n++;
	return 0;
}

bool kafka_condemned_next(
	const struct kafka_condemned *c, size_t *at, struct kafka_condemned_record *record)
{
	const char *from = c->held.data + *at;
	struct head head;

	if (*at >= c->held.len)
		return false;
	memcpy(&head, from, sizeof head);
	record->tag = head.tag;
	record->line = span_make(from + sizeof head, head.line);
	record->reason = from + sizeof head + head.line;
	*at += sizeof head + head.line + head.reason;
	return true;
}

void kafka_condemned_clear(struct kafka_condemned *c)
{
	buf_clear(&c->held);
	c->n = 0;
}
