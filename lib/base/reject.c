#include "base/reject.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/prog.h"
#include "base/quote.h"
#include "base/stamp.h"

struct reject {
	bool fails;
	const char *policy;
	struct out *file; /* NULL: none is kept */
};

const char *reject_path(const char *policy)
{
	return strcmp(policy, "fail") == 0 || strcmp(policy, "skip") == 0 ? NULL : policy;
}

struct reject *reject_open(const char *policy, struct err *err)
{
	const char *path = reject_path(policy);
	struct reject *r = mem_alloc(1, sizeof *r);

	r->policy = policy;
	r->fails = strcmp(policy, "fail") == 0;
	if (!path || (r->file = out_open(path, err)))
		return r;
	free(r);
	return NULL;
}

static void report(const char *what, uint64_t line, size_t index, const char *reason, bool fatal)
{
	char place[64] = "";
	void (*say)(const char *, ...) = fatal ? diag_error : diag_warning;
	const char *colon = *what ? ": " : "";

	if (index)
		snprintf(place, sizeof place, "line %llu, trade %zu: ", (unsigned long long)line,
			index);
	else if (line)
		snprintf(place, sizeof place, "line %llu: ", (unsigned long long)line);
	say("%s%s%s%s", what, colon, place, reason);
}

/* The record as text, or where it is none as base64. */
static int add_record(struct buf *to, struct span record)
{
	int result;

	if (quote_is_utf8(record)) {
		result = buf_add_text(to, ",\"record\":");
		return result | quote_json(to, record);
	}
	result = buf_add_text(to, ",\"record_base64\":\"");
	result |= quote_base64(to, record);
	return result | buf_add_text(to, "\"");
}

int reject_entry(
	struct buf *to, struct span record, uint64_t line, size_t index, const char *reason)
{
	char stamp[STAMP_TEXT_MAX];
	int stamp_length = (int)stamp_write(stamp, stamp_now(), 6);
	size_t before = to->len;
	int result = buf_add_text(to, "{\"reason\":");

	result |= quote_json(to, span_text(reason));
	if (line)
		result |= buf_printf(to, ",\"line\":%llu", (unsigned long long)line);
	if (index)
		result |= buf_printf(to, ",\"index\":%zu", index);
	result |= buf_printf(to, ",\"time\":\"%.*s\"", stamp_length, stamp);
	result |= add_record(to, record);
	result |= buf_add_text(to, "}");
	if (result < 0)
		to->len = before;
	return result;
}

static int keep(
	struct reject *r, struct span record, uint64_t line, size_t index, const char *reason)
{
	struct buf entry;
	int result;

	buf_init(&entry, OUT_CEILING);
	result = reject_entry(&entry, record, line, index, reason);
	if (result == 0)
		result = out_record(r->file, buf_span(&entry));
	buf_release(&entry);
	return result;
}

int reject_record(struct reject *r, struct span record, const char *what, uint64_t line,
	size_t index, const char *reason)
{
	report(what, line, index, reason, r->fails);
	if (r->fails)
		return -1;
	return r->file ? keep(r, record, line, index, reason) : 0;
}

int reject_flush(struct reject *r)
{
	return r->file ? out_flush(r->file) : 0;
}

int reject_close(struct reject *r, int code)
{
	uint64_t unwritten;
	int result = r->file ? out_close(r->file, EXIT_DONE, &unwritten) : EXIT_DONE;

	/* Who reads the records may go away quietly; who is to keep those refused may not. */
	if (result == PROG_BROKEN_PIPE) {
		diag_error("cannot write '%s': its reader went away", r->policy);
		result = EXIT_FAILED;
	}
	free(r);
	return result ? result : code;
}
