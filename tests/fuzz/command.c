/* A message is a command for one job at most, and what is none for any job is garbage for all. */
#include "job/command.h"

#include <string.h>

#include "fuzz.h"
#include "json/json.h"

/* The two texts as they are meant; false where there are no such texts. */
static bool find(struct span message, struct buf *command, struct buf *queue_id)
{
	struct json_member members[] = {{.name = SPAN("command")}, {.name = SPAN("queue_id")}};
	struct buf *const to[] = {command, queue_id};
	struct json_fault fault;
	struct buf scratch;

	if (json_object(message, members, 2, &fault) < 0)
		return false;
	buf_init(&scratch, message.n);
	for (size_t i = 0; i < 2; i++) {
		if (members[i].value.type != JSON_STRING)
			break;
		buf_add(to[i], json_text(&members[i].value, &scratch));
		buf_add(to[i], span_make("", 1));
	}
	buf_release(&scratch);
	return queue_id->len > 0;
}

static void check(struct span message, const struct buf *command, const struct buf *queue_id)
{
	bool whole = strlen(queue_id->data) == queue_id->len - 1;
	bool stop = span_is(buf_span(command), span_make("stop", sizeof "stop"));
	enum command own = command_read(message, queue_id->data);

	FUZZ_REQUIRE(own == (!whole ? COMMAND_FOREIGN : stop ? COMMAND_STOP : COMMAND_UNKNOWN));
	if (strcmp(queue_id->data, "wf-1") != 0)
		FUZZ_REQUIRE(command_read(message, "wf-1") == COMMAND_FOREIGN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span_make((const char *)data, size);
	struct buf command, queue_id;

	buf_init(&command, size + 1);
	buf_init(&queue_id, size + 1);
	if (find(message, &command, &queue_id) && command.len > 0)
		check(message, &command, &queue_id);
	else
		FUZZ_REQUIRE(command_read(message, "wf-1") == COMMAND_GARBAGE);
	buf_release(&command);
	buf_release(&queue_id);
	return 0;
}
