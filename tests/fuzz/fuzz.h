/*
 * What fuzz targets share. Each is one function, which libFuzzer calls with inputs of its own
 * making and main.c with files; a property that does not hold ends the process.
 */
#ifndef TRADEPIPE_TESTS_FUZZ_H
#define TRADEPIPE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_REQUIRE(condition)                                                                    \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
