#include "base/place.h"

#include <stdlib.h>

#include "base/mem.h"

void place_init(struct place *p, size_t n)
{
	*p = (struct place){.inputs = mem_alloc(n, sizeof *p->inputs), .cap = n};
}

uint64_t place_next(struct place *p, const char *file, uint64_t line)
{
	if (p->n < p->cap && (p->n == 0 || p->inputs[p->n - 1].file != file))
		p->inputs[p->n++] = (struct place_input){file, p->last};
	p->last = p->inputs[p->n - 1].before + line;
	return p->last;
}

uint64_t place_line(const struct place *p, uint64_t number, const char **file)
{
	const struct place_input *input = &p->inputs[p->n - 1];

	while (input->before >= number)
		input--;
	*file = input->file;
	return number - input->before;
}

void place_release(struct place *p)
{
	free(p->inputs);
	*p = (struct place){.inputs = NULL};
}
