#include "json/omit.h"

#include "json/json.h"

int omit_parse(const char *list, struct omit *omit)
{
	omit->n = 0;
	for (;;) {
		size_t n = strcspn(list, ",");
		if (n == 0 || omit->n == OMIT_MAX)
			return -1;
		omit->names[omit->n++] = span_make(list, n);
		if (!list[n])
			return 0;
		list += n + 1;
	}
}

static bool is_omitted(const struct omit *omit, const struct json_value *name)
{
	for (size_t i = 0; i < omit->n; i++)
		if (json_is(name, omit->names[i]))
			return true;
	return false;
}

/* The object without the blanks around it. */
static struct span trim(struct span text)
{
	const char *start = text.p;
	const char *end = text.p + text.n;

	while (*start != '{')
		start++;
	while (end[-1] != '}')
		end--;
	return span_make(start, (size_t)(end - start));
}

static int add_up_to(struct buf *to, const char *from, const char *end)
{
	return buf_add(to, span_make(from, (size_t)(end - from)));
}

int omit_write(const struct omit *omit, struct span object, struct buf *to)
{
	struct json_walk walk = json_walk_members(trim(object));
	struct json_value name, value;
	const char *kept = object.p; /* what begins here stays */
	const char *member = walk.at;

	buf_clear(to);
	for (; json_walk_member(&walk, &name, &value); member = walk.at) {
		if (!is_omitted(omit, &name))
			continue;
		if (add_up_to(to, kept, member) < 0)
			return -1;
		kept = walk.at;
	}
	/* The comma in front of the last member goes with it. */
	if (kept == walk.end && to->data[to->len - 1] == ',')
		to->len--;
	return add_up_to(to, kept, object.p + object.n);
}
