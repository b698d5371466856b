#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/kafka_txn_priv.h"

enum {
	CAP_FIRST = 64,
	BYTES_CEILING = 96 * 1024 * 1024, /* well above the longest lines that can come together */
};

void txn_store_init(struct txn_store *s)
{
	*s = (struct txn_store){.records = NULL};
	buf_init(&s->bytes, BYTES_CEILING);
}

void txn_store_release(struct txn_store *s)
{
	free(s->records);
	buf_release(&s->bytes);
	txn_store_init(s);
}

void txn_store_clear(struct txn_store *s)
{
	s->n = s->produced = 0;
	buf_clear(&s->bytes);
}

size_t txn_store_cost(const struct txn_store *s)
{
	return s->bytes.len + s->n * sizeof *s->records;
}

/* A header is its name's address, its length and its bytes. */
static size_t headers_size(const struct kafka_record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		n += sizeof(struct kafka_header) + r->headers[i].value.n;
	return n;
}

static char *put(char *at, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(at, bytes, n);
	return at + n;
}

int txn_store_add(struct txn_store *s, const struct kafka_record *r)
{
	size_t n = r->key.n + r->value.n + headers_size(r);
	char *at = n > BYTES_CEILING ? NULL : buf_room(&s->bytes, n);

	if (!at)
		return -1;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : CAP_FIRST;
		s->records = mem_resize(s->records, s->cap, sizeof *s->records);
	}
	s->records[s->n++] = (struct txn_record){.tag = r->tag,
		.at = s->bytes.len,
		.key_n = (uint32_t)r->key.n,
		.value_n = (uint32_t)r->value.n,
		.n_headers = (uint8_t)r->n_headers,
		.has_key = r->key.p,
		.partition = r->partition,
		.timestamp_ms = r->timestamp_ms,
		.at_partition = -1,
		.at_offset = -1};
	at = put(put(at, r->key.p, r->key.n), r->value.p, r->value.n);
	for (size_t i = 0; i < r->n_headers; i++) {
		at = put(at, &r->headers[i], sizeof r->headers[i]);
		at = put(at, r->headers[i].value.p, r->headers[i].value.n);
	}
	buf_added(&s->bytes, n);
	return 0;
}

void txn_store_drop_last(struct txn_store *s)
{
	s->bytes.len = s->records[--s->n].at;
	if (s->produced > s->n)
		s->produced = s->n;
}

void txn_store_get(const struct txn_store *s, size_t i, struct kafka_record *record,
	struct kafka_header headers[KAFKA_HEADERS_MAX])
{
	const struct txn_record *r = s->records + i;
	const char *at = s->bytes.data ? s->bytes.data + r->at : "";

	*record = (struct kafka_record){.key = span_make(r->has_key ? at : NULL, r->key_n),
		.value = span_make(at + r->key_n, r->value_n),
		.headers = headers,
		.n_headers = r->n_headers,
		.timestamp_ms = r->timestamp_ms,
		.partition = r->partition,
		.tag = i + 1};
	at += r->key_n + r->value_n;
	for (size_t k = 0; k < r->n_headers; k++) {
		memcpy(&headers[k], at, sizeof headers[k]);
		at += sizeof headers[k];
		if (headers[k].value.p)
			headers[k].value.p = at;
		at += headers[k].value.n;
	}
}
