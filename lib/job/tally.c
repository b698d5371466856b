#include "job/tally.h"

#include <string.h>

#include "json/json.h"

/* Whether it is a name that can be kept; then it is copied to `to`. */
static bool read_name(char *to, const struct json_value *name)
{
	struct buf scratch;
	struct span text;
	bool fits;

	buf_init(&scratch, 8 * TALLY_NAME_MAX);
	text = json_text(name, &scratch);
	fits = text.p && text.n < TALLY_NAME_MAX && !memchr(text.p, '\0', text.n);
	if (fits) {
		memcpy(to, text.p, text.n);
		to[text.n] = '\0';
	}
	buf_release(&scratch);
	return fits;
}

static struct tally_count *find(struct tally *tally, const char *name)
{
	for (size_t i = 0; i < tally->n; i++)
		if (strcmp(tally->counts[i].name, name) == 0)
			return &tally->counts[i];
	return NULL;
}

static void set_count(struct tally *tally, const char *name, uint64_t value)
{
	struct tally_count *count = find(tally, name);

	if (!count && tally->n < TALLY_COUNTS_MAX) {
		count = &tally->counts[tally->n++];
		memcpy(count->name, name, strlen(name) + 1);
	}
	if (count)
		count->value = value;
}

int tally_take(struct tally *tally, struct span line)
{
	enum { ACCOUNT, FINAL, FENCED, N };
	struct json_member members[N] = {
		{.name = SPAN("account")}, {.name = SPAN("final")}, {.name = SPAN("fenced")}};
	struct json_value name, value;
	struct json_fault fault;
	struct json_walk walk;
	char text[TALLY_NAME_MAX];
	uint64_t number;

	if (json_object(line, members, N, &fault) < 0 || members[ACCOUNT].value.type != JSON_OBJECT)
		return -1;
	*tally = (struct tally){.final = members[FINAL].value.type == JSON_TRUE,
		.fenced = members[FENCED].value.type == JSON_TRUE};
	walk = json_walk_members(members[ACCOUNT].value.raw);
	while (json_walk_member(&walk, &name, &value))
		if (read_name(text, &name) && json_u64(&value, &number) == 0)
			set_count(tally, text, number);
	tally->fenced |= tally_get(tally, "fenced") > 0;
	return 0;
}

uint64_t tally_get(const struct tally *tally, const char *name)
{
	for (size_t i = 0; i < tally->n; i++)
		if (strcmp(tally->counts[i].name, name) == 0)
			return tally->counts[i].value;
	return 0;
}

void tally_show(const struct tally *tally, struct buf *to)
{
	for (size_t i = 0; i < tally->n; i++) {
		buf_printf(to, "%s%s=", i ? " " : "", tally->counts[i].name);
		buf_add_u64(to, tally->counts[i].value);
	}
}
