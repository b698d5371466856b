/* Commands as they come over a control topic, and all else that comes. */
#include "job/command.h"

#include "tap.h"

static const struct {
	const char *message;
	enum command wanted;
} cases[] = {
	{"{\"command\":\"stop\",\"queue_id\":\"wf-1\"}", COMMAND_STOP},
	{" { \"queue_id\" : \"wf-1\" , \"x\" : [{\"command\":\"go\"}], \"command\" : \"stop\" }\n",
		COMMAND_STOP},
	{"{\"\\u0063ommand\":\"\\u0073top\",\"queue_id\":\"\\u0077f-1\"}", COMMAND_STOP},
	{"{\"command\":\"go\",\"command\":\"stop\",\"queue_id\":\"x\",\"queue_id\":\"wf-1\"}",
		COMMAND_STOP},
	{"{\"command\":\"stop\",\"command\":\"go\",\"queue_id\":\"wf-1\"}", COMMAND_UNKNOWN},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-1\",\"queue_id\":\"x\"}", COMMAND_FOREIGN},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-1\",\"queue_id\":null}", COMMAND_GARBAGE},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-2\"}", COMMAND_FOREIGN},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-\"}", COMMAND_FOREIGN},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-11\"}", COMMAND_FOREIGN},
	{"{\"command\":\"stop\",\"queue_id\":\"WF-1\"}", COMMAND_FOREIGN},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-1\\u0000\"}", COMMAND_FOREIGN},
	{"{\"command\":\"stop\",\"queue_id\":\"all\"}", COMMAND_FOREIGN},
	{"{\"command\":\"stop\",\"queue_id\":\"\"}", COMMAND_FOREIGN},
	{"{\"command\":\"go\",\"queue_id\":\"wf-2\"}", COMMAND_FOREIGN},
	{"{\"command\":\"ping\",\"queue_id\":\"wf-1\"}", COMMAND_UNKNOWN},
	{"{\"command\":\"STOP\",\"queue_id\":\"wf-1\"}", COMMAND_UNKNOWN},
	{"{\"command\":\"stop \",\"queue_id\":\"wf-1\"}", COMMAND_UNKNOWN},
	{"{\"command\":\"\",\"queue_id\":\"wf-1\"}", COMMAND_UNKNOWN},
	{"{\"command\":true,\"queue_id\":\"wf-1\"}", COMMAND_GARBAGE},
	{"{\"command\":[\"stop\"],\"queue_id\":\"wf-1\"}", COMMAND_GARBAGE},
	{"{\"command\":\"stop\",\"queue_id\":1}", COMMAND_GARBAGE},
	{"{\"queue_id\":\"wf-1\"}", COMMAND_GARBAGE},
	{"{\"command\":\"stop\"}", COMMAND_GARBAGE},
	{"{\"Command\":\"stop\",\"queue_id\":\"wf-1\"}", COMMAND_GARBAGE},
	{"{\"x\":{\"command\":\"stop\",\"queue_id\":\"wf-1\"}}", COMMAND_GARBAGE},
	{"[{\"command\":\"stop\",\"queue_id\":\"wf-1\"}]", COMMAND_GARBAGE},
	{"\"stop\"", COMMAND_GARBAGE},
	{"stop", COMMAND_GARBAGE},
	{"null", COMMAND_GARBAGE},
	{"{}", COMMAND_GARBAGE},
	{"", COMMAND_GARBAGE},
	{" ", COMMAND_GARBAGE},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-1\"", COMMAND_GARBAGE},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-1\"}}", COMMAND_GARBAGE},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-1\",}", COMMAND_GARBAGE},
	{"{'command':'stop','queue_id':'wf-1'}", COMMAND_GARBAGE},
	{"{\"command\":\"stop\",\"queue_id\":\"wf-1\",\"x\":\"\xff\"}", COMMAND_GARBAGE},
	{"\xef\xbb\xbf{\"command\":\"stop\",\"queue_id\":\"wf-1\"}", COMMAND_GARBAGE},
};

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		TAP_OK(command_read(span_text(cases[i].message), "wf-1") == cases[i].wanted, "%zu",
			i + 1);
	TAP_OK(command_read(span_make(NULL, 0), "wf-1") == COMMAND_GARBAGE,
		"a message without a value");
	TAP_OK(command_read(span_make("{}\0", 3), "wf-1") == COMMAND_GARBAGE, "a NUL");
	TAP_OK(command_read(span_text("{\"command\":\"stop\",\"queue_id\":\"\xc3\xa9\\\"\"}"),
		       "\xc3\xa9\"") == COMMAND_STOP,
		"an ID that is no ASCII");
	return tap_end();
}
