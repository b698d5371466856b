#include "net/kafka_record.h"

#include <string.h>

enum {
	HEADER_COST = 64,   /* librdkafka's own members and malloc's, for each header */
	HEADERS_COST = 128, /* for their list */
};

/* Room for exactly these: the list that librdkafka makes by itself has room for eight. */
static rd_kafka_headers_t *make_headers(const struct kafka_record *r)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(r->n_headers);

	for (size_t i = 0; i < r->n_headers; i++)
		rd_kafka_header_add(headers, r->headers[i].name, -1, r->headers[i].value.p,
			(ssize_t)r->headers[i].value.n);
	return headers;
}

static rd_kafka_resp_err_t produce_fully(
	rd_kafka_t *rk, rd_kafka_topic_t *topic, const struct kafka_record *r)
{
	rd_kafka_headers_t *headers = r->n_headers ? make_headers(r) : NULL;
	const rd_kafka_vu_t parts[] = {
		{.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
		{.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = r->partition},
		{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
		{.vtype = RD_KAFKA_VTYPE_VALUE,
			.u.mem = {(void *)(uintptr_t)r->value.p, r->value.n}},
		{.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)r->key.p, r->key.n}},
		{.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = r->timestamp_ms},
		{.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)r->tag},
		{.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
	};
	size_t n = sizeof parts / sizeof *parts - (headers ? 0 : 1);
	rd_kafka_error_t *error = rd_kafka_produceva(rk, parts, n);
	rd_kafka_resp_err_t code;

	if (!error)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	code = rd_kafka_error_code(error);
	rd_kafka_error_destroy(error);
	if (headers)
		rd_kafka_headers_destroy(headers);
	return code;
}

rd_kafka_resp_err_t kafka_record_produce(
	rd_kafka_t *rk, rd_kafka_topic_t *topic, const struct kafka_record *r)
{
	if (r->n_headers || r->timestamp_ms)
		return produce_fully(rk, topic, r);
	/* Neither is written to: they are copied into one block with the message. */
	if (rd_kafka_produce(topic, r->partition, RD_KAFKA_MSG_F_COPY,
		    (void *)(uintptr_t)r->value.p, r->value.n, r->key.p, r->key.n,
		    (void *)(uintptr_t)r->tag) == 0)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	return rd_kafka_last_error();
}

bool kafka_record_is_at_fault(rd_kafka_resp_err_t error)
{
	switch ((int)error) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		return true;
	default:
		return false;
	}
}

size_t kafka_record_cost(const struct kafka_record *r)
{
	size_t cost = KAFKA_RECORD_COST + r->value.n + r->key.n;

	if (r->n_headers)
		cost += HEADERS_COST;
	for (size_t i = 0; i < r->n_headers; i++)
		cost += HEADER_COST + strlen(r->headers[i].name) + r->headers[i].value.n;
	return cost;
}

size_t kafka_record_message_cost(const rd_kafka_message_t *message)
{
	size_t cost = KAFKA_RECORD_COST + message->len + message->key_len;
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t n;

	if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return cost;
	cost += HEADERS_COST;
	for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &n) ==
		RD_KAFKA_RESP_ERR_NO_ERROR;
		i++)
		cost += HEADER_COST + strlen(name) + n;
	return cost;
}
