/* Dumps: which of several faults makes the code of the end, and which files exclude each other. */
#include "net/dump.h"

#include <string.h>
#include <unistd.h>

#include "base/prog.h"
#include "tap.h"

static const struct crawl_options nothing = {.jobs = 1};
static const struct prog_options plain = {.metrics_file = NULL};

struct fault_case {
	const char *name;
	int codes[4]; /* of faults, in their order; EXIT_DONE ends them */
	int code;
};

static const struct fault_case faults[] = {
	{"no fault", {EXIT_DONE}, EXIT_DONE},
	{"what is missing", {EXIT_PARTIAL}, EXIT_PARTIAL},
	{"what must be set right comes first", {EXIT_PARTIAL, EXIT_USAGE}, EXIT_USAGE},
	{"... also where it came first", {EXIT_USAGE, EXIT_PARTIAL}, EXIT_USAGE},
	{"what failed comes before both", {EXIT_USAGE, EXIT_FAILED, EXIT_PARTIAL}, EXIT_FAILED},
};

static void test_faults(void)
{
	struct err err = {.text = "a fault"};
	struct dump dump;

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const struct fault_case *c = &faults[i];
		dump_init(&dump, &nothing, &plain);
		for (const int *code = c->codes; *code; code++) {
			err.code = (enum exit_code) * code;
			dump_fail(&dump, &err);
		}
		TAP_OK(dump.code == c->code, "%s: %d", c->name, dump.code);
	}
	dump_init(&dump, &nothing, &plain);
	err.code = EXIT_PARTIAL;
	dump_be_banned(&dump, &err, 0);
	err.code = EXIT_FAILED;
	dump_lose(&dump, &err);
	TAP_OK(dump.code == EXIT_PARTIAL,
		"a product that ends because all do is no fault of its own");
}

struct files_case {
	const char *name;
	struct crawl_options o;
	const char *metrics, *resume;
	const char *reason; /* NULL: they are different files */
};

static const struct files_case files[] = {
	{"nothing", {.jobs = 1}, NULL, NULL, NULL},
	{"four files", {.output = "a", .budget_file = "b", .ca_file = "c"}, "d", "e", NULL},
	{"records and metrics", {.output = "a"}, "a", NULL, "it is where records go"},
	{"records and requests", {.output = "a", .budget_file = "a"}, NULL, NULL, "records go"},
	{"metrics and requests", {.budget_file = "a"}, "a", NULL, "it is where metrics go"},
	{"certificates and records", {.output = "a", .ca_file = "a"}, NULL, NULL, "records go"},
	{"a cursor and requests", {.budget_file = "a"}, NULL, "a", "requests are noted"},
	{"a cursor of the output itself", {.output = "a"}, NULL, "a", "it is where records go"},
};

static void test_files(void)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const struct files_case *c = &files[i];
		struct prog_options common = {.metrics_file = c->metrics};
		struct err err = {.text = ""};
		struct dump dump;
		int result;

		dump_init(&dump, &c->o, &common);
		result = dump_guard(&dump, c->resume, &err);
		TAP_OK(c->reason ? result < 0 && strstr(err.text, c->reason) : result == 0,
			"%s: %s", c->name, err.text);
	}
}

static void test_clock(void)
{
	struct dump dump;
	int64_t now;

	dump_init(&dump, &nothing, &plain);
	now = dump_now(&dump);
	TAP_OK(now >= dump.start_ns && dump_now(&dump) >= now, "its clock goes on from its start");
}

int main(void)
{
	if (chdir("/") < 0) /* files that are not there, and are not made */
		return 1;
	test_faults();
	test_files();
	test_clock();
	return tap_end();
}
