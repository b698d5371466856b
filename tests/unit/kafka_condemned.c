/* Records that wait for their dead letters. */
#include "net/kafka_condemned.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

int main(void)
{
	static const struct {
		uint64_t tag;
		const char *line, *reason;
	} rows[] = {
		{7, "one", "it has no id"},
		{8, "", ""},
		{UINT64_C(9223372036854775807), "{\"a\":1}", "no"},
	};
	const size_t n = sizeof rows / sizeof *rows, large = 16 << 20;
	char *bytes = calloc(large, 1);
	struct kafka_condemned_record record;
	struct kafka_condemned condemned;
	size_t at = 0;

	kafka_condemned_init(&condemned);
	TAP_OK(!kafka_condemned_next(&condemned, &at, &record), "none at first");
	for (size_t i = 0; i < n; i++)
		kafka_condemned_add(
			&condemned, rows[i].tag, span_text(rows[i].line), rows[i].reason);
	for (size_t i = 0; i < n; i++)
		TAP_OK(kafka_condemned_next(&condemned, &at, &record) &&
				record.tag == rows[i].tag &&
				span_is_text(record.line, rows[i].line) &&
				strcmp(record.reason, rows[i].reason) == 0,
			"record %d", (int)i);
	TAP_OK(!kafka_condemned_next(&condemned, &at, &record), "no more than %d", (int)n);

	kafka_condemned_clear(&condemned);
	for (size_t i = 0; i < 3; i++)
		TAP_OK(kafka_condemned_add(&condemned, i + 1, span_make(bytes, large), "long") == 0,
			"line %d of 16 MiB", (int)i + 1);
	TAP_OK(kafka_condemned_add(&condemned, 4, span_make(bytes, large), "long") < 0,
		"64 MiB are too much");
	TAP_OK(condemned.n == 3, "what is too much is not kept");
	kafka_condemned_release(&condemned);
	free(bytes);
	return tap_end();
}
