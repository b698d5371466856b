/* A file that is read has whole names; a value that is written in quotes is read as it was. */
#include <string.h>

#include "base/quote.h"
#include "job/env_priv.h"

#include "fuzz.h"

/* As NAME='...', where it holds nothing that would be replaced. */
static void check_value(const char *value)
{
	const char *reason;
	struct env_file *file;
	struct buf text;
	size_t line;

	if (strstr(value, "${") || strchr(value, '\r'))
		return;
	buf_init(&text, 2 * strlen(value) + sizeof "A=''");
	buf_add_text(&text, "A='");
	for (const char *c = value; *c; c++) {
		if (*c == '\'' || *c == '\\')
			buf_add_text(&text, "\\");
		buf_add(&text, span_make(c, 1));
	}
	buf_add_text(&text, "'");
	file = env_file_parse(buf_span(&text), &line, &reason);
	FUZZ_REQUIRE(file && strcmp(env_file_value(file, "A", false), value) == 0);
	env_file_free(file);
	buf_release(&text);
}

static void check_file(const struct env_file *file)
{
	const char *name, *value;

	for (size_t i = 0; (name = env_file_name(file, i)); i++) {
		FUZZ_REQUIRE(*name && quote_is_utf8(span_text(name)));
		value = env_file_value(file, name, false);
		if (!value)
			continue;
		FUZZ_REQUIRE(quote_is_utf8(span_text(value)));
		check_value(value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	const char *reason = "";
	size_t line;
	struct env_file *file;

	if (size > 64 * 1024) /* as env_file_read() has it */
		return 0;
	file = env_file_parse(text, &line, &reason);
	FUZZ_REQUIRE(!file == !!reason);
	if (file) {
		FUZZ_REQUIRE(line == 0);
		check_file(file);
	}
	env_file_free(file);
	return 0;
}
