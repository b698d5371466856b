/* Where a flow begins, what it commits and undoes, and its options. */
#include <unistd.h>

#include "flows.h"

#define RUN "0123456789abcdef"

/* The topic's partitions are the room that there is. */
static void test_partitions(void)
{
	static const struct flow_options options = {PRESETS};
	const struct span none[2] = {{NULL, 0}, {NULL, 0}};
	size_t room[3] = {0, 0, 0};
	char record[200];

	for (size_t n = 0; n <= 2; n++) {
		struct flow *flow = flow_open(&options, NULL);
		const char *reason = NULL;
		if (n > 0 && flow_begin(flow, none, n, NULL) != 0)
			abort();
		for (; !reason && room[n] < 1000; room[n] += !reason) {
			snprintf(record, sizeof record, TRADE("PRODUCT-%zu", "1", "null"), room[n]);
			if (flow_judge(flow, span_text(record), &reason) == FLOW_NEW)
				flow_advance(flow);
		}
		TAP_OK(flow_streams(flow) == room[n], "%zu streams in %zu partitions", room[n], n);
		flow_close(flow);
	}
	TAP_OK(room[1] > 30 && room[2] >= 2 * room[1] && room[2] < 1000,
		"a limit for each of them");
	TAP_OK(room[0] == 1000, "and hardly any while nobody knows them");
}

static void step(struct flow *flow, const char *product, uint64_t id, enum flow_verdict wanted)
{
	char record[200];
	const char *reason;
	enum flow_verdict verdict;

	snprintf(record, sizeof record, TRADE("%s", "%llu", "null"), product,
		(unsigned long long)id);
	verdict = flow_judge(flow, span_text(record), &reason);
	TAP_OK(verdict == wanted, "%s %llu", product, (unsigned long long)id);
	if (verdict == FLOW_NEW)
		flow_advance(flow);
}

static void test_settle(void)
{
	static const struct flow_options options = {PRESETS};
	struct flow *flow = begun(&options);

	TAP_OK(flow_streams(flow) == 0 && shows(flow, HEAD("1") "1/1 exchange,product_id\n"),
		"a flow that begins");
	flow_settle(flow, true);
	step(flow, "A", 1, FLOW_NEW);
	step(flow, "A", 2, FLOW_NEW);
	flow_settle(flow, true);
	step(flow, "A", 3, FLOW_NEW);
	step(flow, "B", 9, FLOW_NEW);
	TAP_OK(flow_streams(flow) == 2 &&
			shows(flow,
				HEAD("3") "1/1 exchange,product_id\nkraken,A 1 3 0\nkraken,B 9 9 "
					  "0\n"),
		"what is to be committed");
	flow_settle(flow, false);
	TAP_OK(flow_streams(flow) == 1 &&
			shows(flow, HEAD("3") "1/1 exchange,product_id\nkraken,A 1 2 0\n"),
		"is undone");
	step(flow, "A", 2, FLOW_SKIPPED);
	step(flow, "A", 4, FLOW_REFUSED);
	step(flow, "A", 3, FLOW_NEW);
	step(flow, "B", 3, FLOW_NEW);
	flow_close(flow);
}

/* What one run writes another one goes on from, in as many parts as there are. */
static void test_round_trip(size_t partitions, size_t streams)
{
	static const struct flow_options options = {PRESETS}, again = {PRESETS, .begin = true};
	struct span texts[4] = {{NULL, 0}};
	struct flow *a = flow_open(&options, NULL), *b = flow_open(&again, NULL);
	const struct cursor_text *text;
	char product[32];

	TAP_OK(flow_begin(a, texts, partitions, NULL) == 0, "nothing in %zu partitions",
		partitions);
	for (size_t i = 0; i < streams; i++) {
		snprintf(product, sizeof product, "P%zu", i);
		step(a, product, 10 + i, FLOW_NEW);
	}
	text = flow_text(a);
	flow_settle(a, true);
	for (size_t i = 0; i < text->n; i++)
		texts[partitions - 1 - i] = text->spans[i];
	TAP_OK(text->n == partitions && flow_begin(b, texts, partitions, NULL) == 1 &&
			flow_streams(b) == streams,
		"%zu streams in %zu parts are read back, whatever --begin says", streams,
		partitions);
	TAP_OK(strcmp(strchr(shown(b), '\n'), strchr(shown(a), '\n')) == 0, "all of them");
	step(b, "P0", 10, FLOW_SKIPPED);
	step(b, "P0", 12, FLOW_REFUSED);
	step(b, "P0", 11, FLOW_NEW);
	step(b, "new", 1, FLOW_NEW);
	TAP_OK(flow_begin(b, texts, partitions, NULL) == 1 && flow_streams(b) == streams,
		"and once more from the beginning");
	flow_close(a);
	flow_close(b);
}

static void test_run(void)
{
	static const struct flow_options options = {PRESETS};
	struct flow *a = flow_open(&options, NULL), *b = flow_open(&options, NULL);
	const struct cursor_text *ours = flow_text(a), *theirs = flow_text(b);

	TAP_OK(!span_is(ours->spans[0], theirs->spans[0]), "two runs write different texts");
	flow_close(a);
	flow_close(b);
}

/* What is committed already, and what is said about it. */
static const struct {
	const char *name, *texts[2];
	int result;
	const char *said;
} beginnings[] = {
	{"no cursor", {NULL, NULL}, 0, NULL},
	{"a cursor in one of the partitions",
		{NULL, HEAD("9") RUN " 1/1 exchange,product_id\nkraken,A 1 2 3\n"}, 1, NULL},
	{"one without streams", {HEAD("9") RUN " 1/1 exchange,product_id\n", NULL}, 1, NULL},
	{"somebody else's", {"consumed by team x", NULL}, -1,
		"cannot use the cursor: its part in partition 0 is not of tradepipe's making"},
	{"an empty text", {NULL, ""}, -1,
		"cannot use the cursor: its part in partition 1 is not of tradepipe's making"},
	{"a damaged one", {HEAD("9") RUN " 1/1 exchange,product_id\nkraken,A 1 2", NULL}, -1,
		"cannot use the cursor: its part in partition 0 is damaged"},
	{"half of one", {HEAD("9") RUN " 1/2 exchange,product_id\n", NULL}, -1,
		"cannot use the cursor: of its 2 parts 1 are missing"},
	{"of other streams", {HEAD("9") RUN " 1/1 @kraken,symbol\n", NULL}, -1,
		"cannot use the cursor: it is of streams by @kraken,symbol, not by "
		"exchange,product_id"},
};

static void test_begin(bool begins)
{
	const struct flow_options options = {PRESETS, .begin = begins};

	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
		struct flow *flow = flow_open(&options, NULL);
		struct err err = {.text = ""};
		struct span texts[2];
		int result, wanted = beginnings[i].result;
		for (int k = 0; k < 2; k++)
			texts[k] = beginnings[i].texts[k] ? span_text(beginnings[i].texts[k])
							  : span_make(NULL, 0);
		result = flow_begin(flow, texts, 2, &err);
		if (!TAP_OK(result == (wanted == 0 && begins ? 1 : wanted) &&
				    (result >= 0 ||
					    (err.code == EXIT_USAGE &&
						    strcmp(err.text, beginnings[i].said) == 0)),
			    "%s%s", beginnings[i].name, begins ? ", and --begin" : ""))
			printf("# %d: %s\n", result, err.text);
		flow_close(flow);
	}
}

#define LAST(product, id)                                                                          \
	"{\"product_id\":\"" product "\",\"timestamp\":\"2026-09-30T01:34:50.331350Z\","           \
	"\"trade_id\":" id ",\"exchange\":\"kraken\"}"

static const struct {
	const char *name, *content; /* NULL: there is no file */
	const char *committed;	    /* NULL: nothing */
	const char *said;	    /* behind the file's name; or the streams that are adopted */
	bool good;
} adoptions[] = {
	{"a file of last records", LAST("A", "5") "\n" LAST("B", "7") "\n", NULL,
		"kraken,A 5 5 1790732090331350000\nkraken,B 7 7 1790732090331350000\n", true},
	{"blank lines, CRLF, and no newline at the end",
		"\n\r\n" LAST("A", "5") "\r\n\n" LAST("B", "\"7\""), NULL,
		"kraken,A 5 5 1790732090331350000\nkraken,B 7 7 1790732090331350000\n", true},
	{"an empty file", "", NULL, "it has no record", false},
	{"one of blank lines", "\n\n\r\n", NULL, "it has no record", false},
	{"no file", NULL, NULL, "No such file or directory", false},
	{"a damaged line is named", LAST("A", "5") "\n\n" LAST("B", "5.5") "\n", NULL,
		"line 3: trade_id is not an integer", false},
	{"half a line", LAST("A", "5") "\n{\"product_id\":", NULL,
		"line 2: not JSON: ends too early", false},
	{"a stream twice", LAST("A", "5") "\n" LAST("A", "6") "\n", NULL,
		"line 2: its stream has been named before", false},
	{"an ID that has a cursor", LAST("A", "5") "\n", HEAD("9") RUN " 1/1 exchange,product_id\n",
		"this ID has a cursor already", false},
};

static void check_adoption(size_t i, const struct flow_options *options)
{
	const char *committed = adoptions[i].committed, *said = adoptions[i].said;
	const struct span text = committed ? span_text(committed) : span_make(NULL, 0);
	struct flow *flow = flow_open(options, NULL);
	struct err err = {.text = ""};
	int result = flow_begin(flow, &text, 1, &err);
	char wanted[400];

	if (adoptions[i].good) {
		snprintf(wanted, sizeof wanted, HEAD("1") "1/1 exchange,product_id\n%s", said);
		TAP_OK(result == 1 && shows(flow, wanted), "adopt %s", adoptions[i].name);
		flow_settle(flow, true);
		step(flow, "A", 5, FLOW_SKIPPED);
		step(flow, "A", 4, FLOW_REFUSED);
		step(flow, "B", 9, FLOW_REFUSED);
		step(flow, "B", 8, FLOW_NEW);
		flow_settle(flow, false);
		step(flow, "B", 8, FLOW_NEW);
	} else {
		snprintf(wanted, sizeof wanted, "cannot %s '%s': %s",
			adoptions[i].content ? "adopt" : "read", options->adopt, said);
		if (!TAP_OK(result == -1 && err.code == EXIT_USAGE && strcmp(err.text, wanted) == 0,
			    "adopt %s", adoptions[i].name))
			printf("# %d: %s\n", result, err.text);
	}
	flow_close(flow);
}

static void test_adopt(void)
{
	for (size_t i = 0; i < sizeof adoptions / sizeof *adoptions; i++) {
		const char *content = adoptions[i].content;
		char file[] = "/tmp/flow.XXXXXX";
		const struct flow_options options = {PRESETS, .adopt = file};
		int fd = mkstemp(file);
		if (fd < 0 || (content && write(fd, content, strlen(content)) < 0))
			abort();
		close(fd);
		if (!content)
			unlink(file);
		check_adoption(i, &options);
		unlink(file);
	}
}

static const struct {
	struct flow_options options;
	const char *said;
} unreadable[] = {
	{{.stream = "exchange,,p", .id = "i", .time = "t"},
		"cannot tell streams by 'exchange,,p': it must be 1 to 8 fields, 341 bytes in all"},
	{{.stream = "", .id = "i", .time = "t"},
		"cannot tell streams by '': it must be 1 to 8 fields, 341 bytes in all"},
	{{.stream = "1,2,3,4,5,6,7,8,9", .id = "i", .time = "t"},
		"cannot tell streams by '1,2,3,4,5,6,7,8,9': it must be 1 to 8 fields, 341 bytes "
		"in all"},
	{{.stream = "exchange,a..b", .id = "i", .time = "t"},
		"'a..b' is not a field that streams can be told by"},
	{{.stream = "p", .id = "", .time = "t"}, "'' is not a field that an id can be"},
	{{.stream = "p", .id = "a.", .time = "t"}, "'a.' is not a field that an id can be"},
	{{.stream = "p", .id = "i", .time = ".t"}, "'.t' is not a field that a time can be"},
	{{.stream = "p", .id = "i", .time = "t", .begin = true, .adopt = "file"},
		"options --begin and --adopt exclude each other"},
};

static void test_open(void)
{
	static const struct flow_options most = {
		.stream = "1,2,3,4.4,@5,6,7,8", .id = "4.5", .time = "1"};
	struct flow *flow = flow_open(&most, NULL);

	for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++) {
		struct err err = {.text = ""};
		if (!TAP_OK(!flow_open(&unreadable[i].options, &err) && err.code == EXIT_USAGE &&
				    strcmp(err.text, unreadable[i].said) == 0,
			    "%s", unreadable[i].said))
			printf("# %s\n", err.text);
	}
	TAP_OK(flow && flow_streams(flow) == 0, "as many fields as there may be");
	flow_close(flow);
	flow_close(NULL);
}

static void test_rows(void)
{
	static const struct opt_program program = {.name = "flow", .tables = {{flow_rows, 0}}};
	char *none[] = {(char[]){"flow"}, NULL};
	char *all[] = {(char[]){"flow"}, (char[]){"--stream=@x,p"}, (char[]){"--id=i"},
		(char[]){"--time=t"}, (char[]){"--allow-gaps"}, (char[]){"--begin"},
		(char[]){"--adopt=file"}, NULL};
	struct flow_options o = {.stream = NULL};

	opt_parse(&program, &o, 1, none);
	TAP_OK(strcmp(o.stream, "exchange,product_id") == 0 && strcmp(o.id, "trade_id") == 0 &&
			strcmp(o.time, "timestamp") == 0 && !o.allow_gaps && !o.begin && !o.adopt,
		"presets of the options");
	opt_parse(&program, &o, 7, all);
	TAP_OK(strcmp(o.stream, "@x,p") == 0 && strcmp(o.id, "i") == 0 &&
			strcmp(o.time, "t") == 0 && o.allow_gaps && o.begin &&
			strcmp(o.adopt, "file") == 0,
		"the options");
}

int main(void)
{
	test_partitions();
	test_settle();
	test_round_trip(1, 3);
	test_round_trip(3, 150);
	test_run();
	test_begin(false);
	test_begin(true);
	test_adopt();
	test_open();
	test_rows();
	return tap_end();
}
