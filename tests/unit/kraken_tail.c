/* Messages of Kraken in, trades out: each once, none missed, over any number of connections. */
#include "market/kraken_tail.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"

#include "child.h"
#include "tap.h"

/*
 * A scenario is told in steps, each behind a letter:
 *   C        a new connection: the request is made
 *   a B      the subscription to B is acknowledged; "a" alone: to no pair
 *   r B      it is refused; "r" alone: the whole request is
 *   again B  it is refused since it stands already
 *   S B1 B2  a snapshot with these trades: pair, id, and @N where its time is that of trade N
 *   U B3 E7  an update; "!" is a trade without a price, "?" one that is no object
 *   = TEXT   a message as it stands, up to the next ";"
 * B and E are the pairs that were asked for.
 */
struct scenario {
	const char *name;
	const char *steps;
	const char *written; /* "B3 E7" */
	struct kraken_tail_counts n;
	uint64_t last, limit;
	enum kraken_tail_next next; /* what came of the last step; those before it go on */
	const char *text;	    /* of its error, or of a warning: a part */
};

static const struct scenario scenarios[] = {
	{"it begins after the snapshot", "C;a B;a E;S B1 B2 B3;S E7;U B4;U E8", "B4 E8",
		.n = {.read = 6, .written = 2, .passed = 4}},
	{"-n 2 begins with two of each", "C;a B;a E;S B1 B2 B3;S E7;U B4", "B2 B3 E7 B4",
		.n = {.read = 5, .written = 4, .passed = 1}, .last = 2},
	{"-n 50 begins with a whole snapshot", "C;a B;a E;S B1 B2 B3;U B4", "B1 B2 B3 B4",
		.n = {.read = 4, .written = 4}, .last = 50},
	{"-n 3 is the whole of three", "C;a B;a E;S B1 B2 B3;U B4", "B1 B2 B3 B4",
		.n = {.read = 4, .written = 4}, .last = 3},
	{"pairs mixed in one snapshot", "C;a B;a E;S E1 B1 E2 B2 B3 E3;U E4 B4", "B3 E3 E4 B4",
		.n = {.read = 8, .written = 4, .passed = 4}, .last = 1},
	{"no snapshot at all", "C;a B;a E;U B9;U B10", "B9 B10", .n = {.read = 2, .written = 2}},
	{"an empty snapshot", "C;a B;a E;S;U B1", "B1", .n = {.read = 1, .written = 1}},
	{"a hole between snapshot and update", "C;a B;a E;S B1;U B4", "B4",
		.n = {.read = 2, .written = 1, .passed = 1, .lost = 2},
		.text = "'BTC/USD': lost trades 2 to 3"},
	{"updates of several pairs in a frame", "C;a B;a E;U B1 E5 B2 B3 E6", "B1 E5 B2 B3 E6",
		.n = {.read = 5, .written = 5}},

	{"trades before the acknowledgements wait for them", "C;S B1 B2;a B;U B3;a E;S E7;U B4",
		"B3 B4", .n = {.read = 5, .written = 2, .passed = 3}},
	{"they keep their order", "C;S B1;S E5;U E6 B2;U B3 E7;a E;a B;U B4",
		"B1 E5 E6 B2 B3 E7 B4", .n = {.read = 7, .written = 7}, .last = 1},
	{"nothing is written before every pair is acknowledged", "C;a B;S B1;U B2;U B3", "",
		.n = {0}},
	{"an acknowledgement that names no pair is none", "C;a;a B;U B1", "", .n = {0}},
	{"an acknowledgement twice", "C;a B;a B;a E;a E;U B1", "B1",
		.n = {.read = 1, .written = 1}},
	{"a subscription that stands already is acknowledged", "C;a B;again E;U B1", "B1",
		.n = {.read = 1, .written = 1}},
	{"what was held is dropped with its connection",
		"C;a B;S B1;U B2;C;a B;a E;S B1 B2 B3;U B4", "B4",
		.n = {.read = 4, .written = 1, .passed = 3}},

	{"a snapshot that repeats what is known",
		"C;a B;a E;S B1;U B2 B3;C;a B;a E;S B1 B2 B3;U B4", "B2 B3 B4",
		.n = {.read = 7, .written = 3, .passed = 2, .repeated = 2}},
	{"one that brings what was missed", "C;a B;a E;S B1;U B2;C;a B;a E;S B1 B2 B3 B4;U B5",
		"B2 B3 B4 B5", .n = {.read = 7, .written = 4, .passed = 2, .repeated = 1}},
	{"one that does not reach back far enough", "C;a B;a E;S B1;U B2;C;a B;a E;S B5 B6;U B7",
		"B2 B5 B6 B7", .n = {.read = 5, .written = 4, .passed = 1, .lost = 2},
		.text = "'BTC/USD': lost trades 3 to 4: they did not come, or could not be taken"},
	{"-n is for the first snapshot alone", "C;a B;a E;S B1 B2;C;a B;a E;S B1 B2 B3;U B4",
		"B2 B3 B4", .n = {.read = 6, .written = 3, .passed = 2, .repeated = 1}, .last = 1},
	{"trades after a reconnect do not wait for acknowledgements", "C;a B;a E;S B1;C;U B2", "B2",
		.n = {.read = 2, .written = 1, .passed = 1}},
	{"updates doubled and out of order", "C;a B;a E;U B1;U B1;U B3;U B2", "B1 B3",
		.n = {.read = 4, .written = 2, .repeated = 2, .lost = 1},
		.text = "lost trades 2 to 2"},
	{"trades at one time are still two", "C;a B;a E;U B1 B2@1 B3@1", "B1 B2 B3",
		.n = {.read = 3, .written = 3}},
	{"a sequence that began anew is refused by name", "C;a B;a E;U B500;U B1@9000;U B501",
		"B500 B501", .n = {.read = 3, .written = 2, .bad = 1},
		.text = "its id is not above the last one, but its time is later"},

	{"a refusal at the start ends it", "C;a B;r E", "", .n = {0}, .next = KRAKEN_TAIL_FAIL,
		.text = "cannot subscribe to 'ETH/USD': Currency pair not supported"},
	{"a refusal of everything at the start, too", "C;r", "", .n = {0}, .next = KRAKEN_TAIL_FAIL,
		.text = "cannot subscribe: "},
	{"a refusal later does not", "C;a B;a E;C;r E;a B;U B1", "B1",
		.n = {.read = 1, .written = 1, .refused = 1},
		.text = "warning: cannot subscribe to 'ETH/USD'"},
	{"nor does it count twice", "C;a B;a E;C;r E;r E;a B;U B1", "B1",
		.n = {.read = 1, .written = 1, .refused = 1},
		.text = "warning: cannot subscribe to 'ETH/USD'"},
	{"until none is left", "C;a B;a E;C;r E;r B", "", .n = {.refused = 2},
		.next = KRAKEN_TAIL_FAIL, .text = "cannot subscribe to 'BTC/USD'"},
	{"a refusal of everything later means another connection", "C;a B;a E;C;r", "", .n = {0},
		.next = KRAKEN_TAIL_RECONNECT, .text = "cannot subscribe: "},
	{"an error while an answer is due means another connection",
		"C;a B;= {\"error\":\"Exceeded msg rate\",\"success\":false}", "", .n = {0},
		.next = KRAKEN_TAIL_RECONNECT, .text = "Exceeded msg rate"},
	{"an error when none is due is told",
		"C;a B;a E;= {\"error\":\"Exceeded msg rate\",\"success\":false}", "", .n = {0},
		.text = "warning: Kraken says: Exceeded msg rate"},

	{"a bad trade is refused alone", "C;a B;a E;U B1 ! B2 ? B3", "B1 B2 B3",
		.n = {.read = 5, .written = 3, .bad = 2}, .text = "price is missing"},
	{"a pair that was not asked for", "C;a B;a E;U X1 B1 X2", "B1",
		.n = {.read = 3, .written = 1, .passed = 2}},
	{"what is no JSON is counted", "C;a B;a E;U B1;= <html>;= {\"a\":;U B2", "B1 B2",
		.n = {.read = 4, .written = 2, .bad = 2}, .text = "cannot take '<html>': not JSON"},
	{"other messages are not",
		"C;a B;a E;= {\"channel\":\"heartbeat\"};= {\"method\":\"pong\",\"req_id\":1};"
		"= {\"channel\":\"book\",\"data\":[1]};= {};U B1",
		"B1", .n = {.read = 1, .written = 1}},
	{"Kraken's state is told when it is not online",
		"C;= {\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"system\":\"maintenance\"}]}",
		"", .n = {0}, .text = "system is 'maintenance'"},
	{"a status that names none says nothing",
		"C;= {\"channel\":\"status\",\"data\":[{\"system\":\"online\"}]};"
		"= {\"channel\":\"status\",\"data\":[]};a B;a E;U B1",
		"B1", .n = {.read = 1, .written = 1}},

	{"a limit", "C;a B;a E;U B1 B2;U B3 B4 B5", "B1 B2 B3", .n = {.read = 3, .written = 3},
		.limit = 3, .next = KRAKEN_TAIL_DONE},
	{"a limit within what was held", "C;U B1 B2;U B3;a B;a E", "B1 B2",
		.n = {.read = 2, .written = 2}, .limit = 2, .next = KRAKEN_TAIL_DONE},
};

static char btc[] = "BTC/USD", eth[] = "ETH/USD", other[] = "DOT/USD";
static char path[] = "/tmp/kraken_tail.XXXXXX";

static const char *pair_of(char letter)
{
	return letter == 'B' ? btc : letter == 'E' ? eth : other;
}

static void add_trade(struct buf *to, const char *word)
{
	char *end;
	unsigned long id = strtoul(word + 1, &end, 10);
	unsigned long ms = *end == '@' ? strtoul(end + 1, NULL, 10) : id;

	if (*word == '?') {
		buf_add_text(to, "7");
		return;
	}
	buf_printf(to, "{\"symbol\":\"%s\",\"side\":\"buy\",", pair_of(*word == '!' ? 'B' : *word));
	if (*word != '!')
		buf_add_text(to, "\"price\":1.50,");
	buf_printf(to,
		"\"qty\":0.10,\"ord_type\":\"limit\",\"trade_id\":%lu,"
		"\"timestamp\":\"2026-01-01T00:00:%02lu.%03luZ\"}",
		*word == '!' ? 1 : id, ms / 1000, ms % 1000);
}

static void add_answer(struct buf *to, char pair, const char *error)
{
	buf_printf(to, "{\"method\":\"subscribe\",\"success\":%s,", error ? "false" : "true");
	if (error)
		buf_printf(to, "\"error\":\"%s\",", error);
	if (pair && error)
		buf_printf(to, "\"symbol\":\"%s\",", pair_of(pair));
	if (!error)
		buf_printf(to, "\"result\":{\"channel\":\"trade\"%s%s%s},",
			pair ? ",\"symbol\":\"" : "", pair ? pair_of(pair) : "", pair ? "\"" : "");
	buf_add_text(to, "\"time_in\":\"2026-01-01T00:00:00Z\",\"req_id\":1}");
}

/* The message that a step stands for; empty for a new connection. */
static void write_message(struct buf *to, char *step)
{
	char *word = strchr(step, ' '), kind = *step;
	const char *comma = "";

	word = word ? word + 1 : step + strlen(step);
	if (kind == '=')
		buf_add_text(to, word);
	else if (strncmp(step, "again", 5) == 0)
		add_answer(to, *word, "Already subscribed");
	else if (kind == 'a' || kind == 'r')
		add_answer(to, *word, kind == 'r' ? "Currency pair not supported" : NULL);
	if (kind != 'S' && kind != 'U')
		return;
	buf_printf(to, "{\"channel\":\"trade\",\"type\":\"%s\",\"data\":[",
		kind == 'S' ? "snapshot" : "update");
	while (*word) {
		buf_add_text(to, comma);
		add_trade(to, word);
		comma = ",";
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	buf_add_text(to, "]}");
}

static enum kraken_tail_next take_step(struct kraken_tail *tail, char *step, struct err *err)
{
	enum kraken_tail_next next = KRAKEN_TAIL_GO_ON;
	struct buf text;

	buf_init(&text, 64 * 1024);
	if (*step == 'C') {
		if (kraken_tail_subscribe(tail, &text) < 0)
			abort();
	} else {
		write_message(&text, step);
		next = kraken_tail_take(tail, buf_span(&text), err);
	}
	buf_release(&text);
	return next;
}

/* Runs the steps up to the first that does not go on; prints what became of them all. */
static int run_steps(const void *arg)
{
	const struct scenario *s = arg;
	char *pairs[] = {eth, btc, NULL}, steps[1024];
	enum kraken_tail_next next = KRAKEN_TAIL_GO_ON;
	struct err err = {.text = ""};
	struct out *out = out_open(path, &err);
	struct kraken_tail tail;
	uint64_t unwritten;

	diag_init("name");
	snprintf(steps, sizeof steps, "%s", s->steps);
	if (!out || kraken_tail_init(&tail, pairs, 2, &err) < 0)
		abort();
	tail.out = out;
	tail.last = s->last;
	tail.limit = s->limit;
	for (char *step = steps; step && next == KRAKEN_TAIL_GO_ON;) {
		char *end = strchr(step, ';');
		if (end)
			*end++ = '\0';
		next = take_step(&tail, step, &err);
		if (next != KRAKEN_TAIL_GO_ON && end)
			printf("left over: %s ", end);
		step = end;
	}
	out_close(out, EXIT_DONE, &unwritten);
	if (*err.text)
		diag_err(&err);
	printf("%d read=%llu written=%llu repeated=%llu passed=%llu bad=%llu lost=%llu "
	       "refused=%llu\n",
		next, (unsigned long long)tail.n.read, (unsigned long long)tail.n.written,
		(unsigned long long)tail.n.repeated, (unsigned long long)tail.n.passed,
		(unsigned long long)tail.n.bad, (unsigned long long)tail.n.lost,
		(unsigned long long)tail.n.refused);
	fflush(stdout);
	kraken_tail_release(&tail);
	return 0;
}

/* The trades of the file in the notation of the steps. */
static void read_trades(char *to, size_t size)
{
	char text[CHILD_TEXT_MAX];
	const char *space = "";
	size_t n = 0;

	to[0] = '\0';
	child_read(fopen(path, "r"), text);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		const char *id = strstr(line, "\"trade_id\":");
		if (!strchr(line, '\n') || !id)
			break;
		n += (size_t)snprintf(to + n, size - n, "%s%c%lu", space,
			line[strlen("{\"symbol\":\"")], strtoul(id + 11, NULL, 10));
		space = " ";
	}
}

static void test_scenario(const struct scenario *s)
{
	char counts[256], written[512];
	struct child child;

	snprintf(counts, sizeof counts,
		"%d read=%llu written=%llu repeated=%llu passed=%llu bad=%llu lost=%llu "
		"refused=%llu\n",
		s->next, (unsigned long long)s->n.read, (unsigned long long)s->n.written,
		(unsigned long long)s->n.repeated, (unsigned long long)s->n.passed,
		(unsigned long long)s->n.bad, (unsigned long long)s->n.lost,
		(unsigned long long)s->n.refused);
	unlink(path);
	child_run(&child, run_steps, s);
	read_trades(written, sizeof written);
	if (!TAP_OK(child.status == 0 && strcmp(child.out, counts) == 0 &&
			    strcmp(written, s->written) == 0 &&
			    (s->text ? strstr(child.err, s->text) != NULL : !*child.err),
		    "%s", s->name))
		printf("# %s# wanted %s# written: %s\n# wanted:  %s\n# %s\n", child.out, counts,
			written, s->written, child.err);
}

/* What the request asks for, connection after connection. */
static void test_request(void)
{
	char *pairs[] = {eth, btc, NULL}, refusal[] = "r B", answer[] = "a B", answer2[] = "a E";
	struct kraken_tail tail;
	struct buf request;
	struct err err;

	diag_configure(DIAG_ERROR, false);
	kraken_tail_init(&tail, pairs, 2, &err);
	buf_init(&request, 1024);
	TAP_OK(kraken_tail_subscribe(&tail, &request) == 0 &&
			memchr(request.data, '\n', request.len) == NULL &&
			buf_add(&request, span_make("", 1)) == 0 && strstr(request.data, btc) &&
			strstr(request.data, eth),
		"one request for all pairs");
	TAP_OK(strcmp(kraken_tail_unanswered(&tail), btc) == 0, "both answers are due");
	take_step(&tail, answer, &err);
	TAP_OK(strcmp(kraken_tail_unanswered(&tail), eth) == 0, "then one");
	take_step(&tail, answer2, &err);
	TAP_OK(!kraken_tail_unanswered(&tail), "then none");
	buf_clear(&request);
	kraken_tail_subscribe(&tail, &request);
	TAP_OK(kraken_tail_unanswered(&tail) != NULL, "a new connection needs new answers");
	take_step(&tail, refusal, &err);
	buf_clear(&request);
	kraken_tail_subscribe(&tail, &request);
	TAP_OK(buf_add(&request, span_make("", 1)) == 0 && !strstr(request.data, btc) &&
			strstr(request.data, eth),
		"a pair that was refused is not asked for again");
	buf_release(&request);
	kraken_tail_release(&tail);
}

static void test_pairs(void)
{
	static char empty[] = "", latin[] = "M\xdcNZ/USD";
	static char *const lists[][2] = {{btc, btc}, {btc, empty}, {btc, latin}};
	static const char *const reasons[] = {"pair 'BTC/USD' is given twice",
		"a pair's name is empty", "pair 'M\xdcNZ/USD' is not UTF-8"};
	struct kraken_tail tail;
	struct err err;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		TAP_OK(kraken_tail_init(&tail, lists[i], 2, &err) < 0 && err.code == EXIT_USAGE &&
				strcmp(err.text, reasons[i]) == 0,
			"%s", reasons[i]);
}

/* A message of this length before the acknowledgements, again and again, and a pair's name that no
 * buffer takes. */
static int run_ceilings(const void *arg)
{
	enum { LENGTH = 1024 * 1024, HELD = 63 };
	char *pairs[] = {btc, NULL}, *text = malloc(LENGTH);
	static const char head[] = "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[";
	static const char name[] =
		"{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"";
	struct kraken_tail tail;
	struct err err;
	int i = 0;

	(void)arg;
	kraken_tail_init(&tail, pairs, 1, &err);
	tail.out = out_open("/dev/null", &err);
	memset(text, ' ', LENGTH);
	memcpy(text, head, sizeof head - 1);
	memcpy(text + LENGTH - 2, "]}", 2);
	while (i < 100 &&
		kraken_tail_take(&tail, span_make(text, LENGTH), &err) == KRAKEN_TAIL_GO_ON)
		i++;
	if (i != HELD || err.code != EXIT_FAILED)
		return 1;
	buf_clear(&tail.held);
	tail.begun = true;
	memset(text, 'x', LENGTH);
	memcpy(text, name, sizeof name - 1);
	memcpy(text + sizeof name - 1, "\\n", 2);
	memcpy(text + LENGTH - 4, "\"}]}", 4);
	kraken_tail_take(&tail, span_make(text, LENGTH), &err);
	free(text);
	kraken_tail_release(&tail);
	return tail.n.read == 1 && tail.n.bad == 1 ? 0 : 2;
}

int main(void)
{
	struct child child;

	close(mkstemp(path));
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		test_scenario(&scenarios[i]);
	unlink(path);
	test_request();
	test_pairs();
	child_run(&child, run_ceilings, NULL);
	TAP_OK(child.status == 0, "what is held has a ceiling, and so has a name: %d",
		child.status);
	return tap_end();
}
