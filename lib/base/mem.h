/*
 * Memory that is always there: these end the program with a message and EXIT_FAILED when the
 * machine has no more. Memory of the programs is bounded by the ceilings of their buffers, so that
 * exhaustion is the machine's state and not something that a caller could handle.
 */
#ifndef TRADEPIPE_BASE_MEM_H
#define TRADEPIPE_BASE_MEM_H

#include <stddef.h>

/* n zeroed elements of the given size; free() releases it. */
void *mem_alloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* p grown or shrunk to n elements of the given size; what is new is not zeroed. */
void *mem_resize(void *p, size_t n, size_t size) __attribute__((returns_nonnull));

/* A copy of text that free() releases. */
char *mem_text(const char *text) __attribute__((malloc, returns_nonnull));

/* Gives what is free back to the machine, also what lies between memory in use, which free() keeps.
 * Looks through all of it: for after many. Does nothing where the C library has no way to. */
void mem_give_back(void);

#endif
