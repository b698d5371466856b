/* Runs a fuzz target without libFuzzer: on each file named, and on each line of it. */
#include <string.h>

#include "fuzz.h"

/* In memory of just that size, so that a sanitizer sees who reads beyond it. */
static void run(const char *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	FUZZ_REQUIRE(copy);
	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void run_file(const char *name)
{
	enum { ROOM = 16 * 1024 * 1024 };
	FILE *file = fopen(name, "rb");
	char *bytes = malloc(ROOM);
	char *line = bytes, *newline;
	size_t n;

	FUZZ_REQUIRE(file && bytes);
	n = fread(bytes, 1, ROOM, file);
	run(bytes, n);
	while ((newline = memchr(line, '\n', n - (size_t)(line - bytes)))) {
		run(line, (size_t)(newline - line));
		line = newline + 1;
	}
	run(line, n - (size_t)(line - bytes));
	free(bytes);
	fclose(file);
}

/* Gives way to libFuzzer's own where that is linked. */
__attribute__((weak)) int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	return 0;
}
