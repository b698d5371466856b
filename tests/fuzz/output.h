/*
 * Where a target's records go, for all inputs, which are many: a file in memory that has no name any
 * more, since an output is synced to disk at each flush.
 */
#ifndef TRADEPIPE_TESTS_FUZZ_OUTPUT_H
#define TRADEPIPE_TESTS_FUZZ_OUTPUT_H

#include <unistd.h>

#include "base/diag.h"
#include "base/out.h"

#include "fuzz.h"

/* *file is for reading the records back. */
static inline struct out *output_open(FILE **file)
{
	char name[] = "/dev/shm/tradepipe-fuzz-XXXXXX";
	int fd = mkstemp(name);
	struct out *out = fd < 0 ? NULL : out_open(name, NULL);

	FUZZ_REQUIRE(out);
	unlink(name);
	*file = fdopen(fd, "r");
	FUZZ_REQUIRE(*file);
	diag_configure(DIAG_ERROR, false);
	return out;
}

/* Before the records of an input are read, and after that. */
static inline void output_rewind(struct out *out, FILE *file)
{
	FUZZ_REQUIRE(out_flush(out) == 0);
	rewind(file);
}

static inline void output_clear(FILE *file)
{
	FUZZ_REQUIRE(ftruncate(fileno(file), 0) == 0);
}

#endif
