#include "job/command.h"

#include "json/json.h"

enum command command_read(struct span message, const char *queue_id)
{
	struct json_member members[] = {
		{.name = SPAN("command")},
		{.name = SPAN("queue_id")},
	};
	const struct json_value *command = &members[0].value, *wanted = &members[1].value;
	struct json_fault fault;

	if (json_object(message, members, 2, &fault) < 0 || command->type != JSON_STRING ||
		wanted->type != JSON_STRING)
		return COMMAND_GARBAGE;
	if (!json_is(wanted, span_text(queue_id)))
		return COMMAND_FOREIGN;
	return json_is(command, (struct span)SPAN("stop")) ? COMMAND_STOP : COMMAND_UNKNOWN;
}
