/*
 * Numbers the lines of several inputs through, so that one integer says which line of which input a
 * record was, also when it is asked about while another input is being read.
 */
#ifndef TRADEPIPE_BASE_PLACE_H
#define TRADEPIPE_BASE_PLACE_H

#include <stddef.h>
#include <stdint.h>

struct place_input {
	const char *file;
	uint64_t before; /* lines of the inputs before it */
};

struct place {
	struct place_input *inputs;
	size_t n, cap;
	uint64_t last;
};

/* For at most n inputs; place_release() frees it. */
void place_init(struct place *p, size_t n);

/* The number, from 1, of this line; lines come in the order in which they are read. The name must
 * live as long as *p; another pointer is another input. */
uint64_t place_next(struct place *p, const char *file, uint64_t line);

/* The line that a number stands for, and its input. */
uint64_t place_line(const struct place *p, uint64_t number, const char **file);

void place_release(struct place *p);

#endif
