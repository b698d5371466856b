/* Messages of Kraken in, trades out: each once, none missed, over any number of connections. */
#include "market/kraken_tail.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"

#include "child.h"
#include "kraken_tail_desk.h"
#include "kraken_tail_table.h"
#include "tap.h"

static char path[] = "/tmp/kraken_tail.XXXXXX";

/* Whether all is accounted for; frames and bytes were taken back. */
static bool adds_up(const struct kraken_tail *tail)
{
	const struct kraken_tail_counts *n = &tail->n;
	uint64_t held = 0, repairing = 0;

	for (size_t i = 0; i < tail->feed.n; i++) {
		held += hold_count(&tail->feed.products[i].hold);
		repairing += tail->feed.products[i].repairing;
	}
	return n->read ==
		n->written + n->repeated + n->passed + n->forgotten + n->held + n->bad +
			n->unwritten &&
		held == n->held && held == tail->room.trades && repairing == n->repairing &&
		n->frames == 0 && n->bytes == 0;
}

static const char *show(char *to, size_t size, const struct kraken_tail_counts *n)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{"read", n->read},
		{"written", n->written},
		{"repeated", n->repeated},
		{"passed", n->passed},
		{"forgotten", n->forgotten},
		{"held", n->held},
		{"bad", n->bad},
		{"unwritten", n->unwritten},
		{"gaps", n->gaps},
		{"repaired", n->repaired},
		{"repairing", n->repairing},
		{"lost", n->lost},
		{"refused", n->refused},
		{"unsure", n->unsure},
	};
	size_t used = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		used += (size_t)snprintf(to + used, size - used, " %s=%llu", rows[i].name,
			(unsigned long long)rows[i].value);
	return to;
}

/* Tells the hole as it is seen from within the call. */
static void on_hole(void *arg, struct feed_product *product)
{
	const char **space = arg;

	printf("%s%c%llu-%llu", *space, *product->name, (unsigned long long)product->last_id + 1,
		(unsigned long long)feed_missing_to(product));
	*space = " ";
}

/* Bytes in which so many trades can wait. */
static uint64_t bytes_of(int room)
{
	enum { PLENTY = 1 << 20 };
	struct hold_room used = {.ceiling = PLENTY};
	struct hold hold = {.places = NULL};
	struct held held = {.id = 1};
	struct buf object;
	uint64_t one;

	buf_init(&object, 1024);
	add_trade(&object, "B1");
	held.object = buf_span(&object);
	hold_add(&hold, &used, &held);
	one = used.used;
	hold_forget(&hold, &used);
	buf_release(&object);
	return room < 0 ? one - 1 : room ? (uint64_t)room * one : PLENTY;
}

/* Runs the steps up to the first that does not go on; prints what became of them all. */
static int run_steps(const void *arg)
{
	const struct scenario *s = arg;
	char *pairs[] = {eth, btc, NULL}, steps[1024], counts[512];
	enum kraken_tail_next next = KRAKEN_TAIL_GO_ON;
	struct err err = {.text = ""};
	struct out *out = out_open(path, &err);
	const char *space = "";
	struct kraken_tail tail;
	uint64_t unwritten;

	diag_init("name");
	snprintf(steps, sizeof steps, "%s", s->steps);
	if (!out || kraken_tail_init(&tail, pairs, 2, &err) < 0)
		abort();
	tail.settings = (struct kraken_tail_settings){.out = out,
		.last = s->last,
		.limit = s->limit,
		.stamp = s->stamp,
		.frames = s->frames,
		.hold_bytes = bytes_of(s->room),
		.repair = s->forgo ? NULL : on_hole,
		.arg = &space};
	for (char *step = steps; step && next == KRAKEN_TAIL_GO_ON;) {
		char *end = strchr(step, ';');
		if (end)
			*end++ = '\0';
		next = take_step(&tail, step, &err);
		if (next != KRAKEN_TAIL_GO_ON && end)
			printf("left over: %s ", end);
		if (!adds_up(&tail))
			printf("'%s' does not add up%s ", step,
				show(counts, sizeof counts, &tail.n));
		step = end;
	}
	out_close(out, EXIT_DONE, &unwritten);
	if (*err.text)
		diag_err(&err);
	printf(" %d%s\n", next, show(counts, sizeof counts, &tail.n));
	fflush(stdout);
	kraken_tail_release(&tail);
	return 0;
}

/* What stands in a line, in the notation of the steps. */
static int show_line(char *to, size_t size, const char *line)
{
	const char *id = strstr(line, "\"trade_id\":"), *stamp = strstr(line, "\"received_at\":");
	unsigned long at = stamp ? strtoul(stamp + 14, NULL, 10) : 0;
	char letter = strstr(line, "\"type\":\"snapshot\"") ? 'S'
		: strstr(line, "\"type\":\"update\"")	    ? 'U'
		: strstr(line, "heartbeat")		    ? 'h'
		: strstr(line, "\"success\":true")	    ? 'a'
							    : 'o';
	char moment[32] = "";

	if (stamp)
		snprintf(moment, sizeof moment, "@%lu", at);
	if (strncmp(line, "{\"symbol\":\"", 11) == 0)
		return snprintf(
			to, size, "%c%lu%s", line[11], id ? strtoul(id + 11, NULL, 10) : 0, moment);
	return snprintf(to, size, "%c%s", letter, moment);
}

/* The lines of the file. */
static void read_lines(char *to, size_t size)
{
	char text[CHILD_TEXT_MAX];
	size_t n = 0;

	to[0] = '\0';
	child_read(fopen(path, "r"), text);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (n)
			n += (size_t)snprintf(to + n, size - n, " ");
		n += (size_t)show_line(to + n, size - n, line);
	}
}

static void test_scenario(const struct scenario *s)
{
	char counts[512], wanted[1024], written[512];
	struct child child;

	snprintf(wanted, sizeof wanted, "%s %d%s\n", s->repairs ? s->repairs : "", s->next,
		show(counts, sizeof counts, &s->n));
	unlink(path);
	child_run(&child, run_steps, s);
	read_lines(written, sizeof written);
	if (!TAP_OK(child.status == 0 && strcmp(child.out, wanted) == 0 &&
			    strcmp(written, s->written) == 0 &&
			    (s->text ? strstr(child.err, s->text) != NULL : !*child.err),
		    "%s", s->name))
		printf("# %s# wanted %s# written: %s\n# wanted:  %s\n# %s\n", child.out, wanted,
			written, s->written, child.err);
}

static bool asks_for(const struct buf *request, const char *text)
{
	char whole[1024];

	snprintf(whole, sizeof whole, "%.*s", (int)request->len, request->data);
	return strstr(whole, text) != NULL;
}

/* What the request of a connection asks for. */
static void test_subscribe(void)
{
	char *pairs[] = {eth, btc, NULL};
	struct desk d;
	struct kraken_tail *tail = &d.tail;
	struct buf *request = &d.request;

	open_desk(&d, pairs, 2);
	TAP_OK(kraken_tail_subscribe(tail, request) == 0 && !asks_for(request, "\n") &&
			asks_for(request, "\"BTC/USD\",\"ETH/USD\""),
		"one request for all pairs");
	TAP_OK(strcmp(kraken_tail_unanswered(tail), btc) == 0, "both answers are due");
	step_desk(&d, "a B");
	TAP_OK(strcmp(kraken_tail_unanswered(tail), eth) == 0, "then one");
	tail->now_ns = 7;
	step_desk(&d, "a E");
	TAP_OK(!kraken_tail_unanswered(tail), "then none");
	TAP_OK(product_of(tail, 'B')->watch.heard_ns == 0 &&
			product_of(tail, 'E')->watch.heard_ns == 7,
		"the watch has heard of both");
	TAP_OK(kraken_tail_subscribe(tail, request) == 0 && kraken_tail_unanswered(tail),
		"a new connection needs new answers");
	step_desk(&d, "r B");
	TAP_OK(kraken_tail_subscribe(tail, request) == 0 && asks_for(request, btc) &&
			asks_for(request, eth),
		"a pair that was refused is asked for again");
	request->len = request->ceiling - 1;
	TAP_OK(kraken_tail_subscribe(tail, request) < 0 &&
			kraken_tail_unsubscribe(tail, product_of(tail, 'E'), request) < 0 &&
			product_of(tail, 'E')->state != FEED_DROPPED,
		"requests that do not fit");
	close_desk(&d);
}

/* What is asked for in the middle of one. */
static void test_dropped(void)
{
	char *pairs[] = {eth, btc, NULL};
	struct desk d;
	struct kraken_tail *tail = &d.tail;
	struct buf *request = &d.request;

	open_desk(&d, pairs, 2);
	step_desk(&d, "a B");
	step_desk(&d, "a E");
	TAP_OK(kraken_tail_subscribe_dropped(tail, request) < 0, "none is dropped");
	step_desk(&d, "D E");
	TAP_OK(product_of(tail, 'E')->state == FEED_DROPPED && product_of(tail, 'E')->drops == 1 &&
			kraken_tail_subscribe_dropped(tail, request) == 0 &&
			asks_for(request, "[\"ETH/USD\"]") &&
			strcmp(kraken_tail_unanswered(tail), eth) == 0,
		"one is, and asked for alone");
	step_desk(&d, "a E");
	step_desk(&d, "S E1");
	step_desk(&d, "D E");
	TAP_OK(product_of(tail, 'E')->drops == 2, "again, with no trade but those of a snapshot");
	kraken_tail_subscribe_dropped(tail, request);
	step_desk(&d, "a E");
	step_desk(&d, "U E2");
	TAP_OK(product_of(tail, 'E')->drops == 0, "a trade that comes ends the row");
	TAP_OK(kraken_tail_unsubscribe(tail, product_of(tail, 'B'), request) == 0 &&
			asks_for(request, "\"unsubscribe\"") &&
			asks_for(request, "[\"BTC/USD\"]") &&
			product_of(tail, 'B')->state == FEED_DROPPED,
		"one is ended");
	buf_clear(request);
	TAP_OK(kraken_tail_subscribe(tail, request) == 0 && asks_for(request, btc) &&
			asks_for(request, eth) && product_of(tail, 'B')->state == FEED_ASKED,
		"a new connection asks for all");
	close_desk(&d);
}

/* To the byte, but for newlines; and what the watch hears of trades, and the counts of messages. */
static void test_frames(void)
{
	static const char *const frames[] = {
		"{\"method\":\"subscribe\",\"result\":{\"symbol\":\"BTC/USD\"},\"success\":true}",
		"{ \"channel\" :\n\t\"x\\n\",\r\n\"a\":[1.0]}\n"};
	char *pairs[] = {btc, NULL};
	struct desk d;
	struct kraken_tail *tail = &d.tail;
	struct feed_watch *watch;
	struct err err;

	open_desk(&d, pairs, 1);
	tail->settings.frames = tail->settings.stamp = true;
	tail->received_ns = 7;
	for (int i = 0; i < 2; i++)
		kraken_tail_take(tail, span_text(frames[i]), &err);
	TAP_OK(strcmp(written_text(&d.written),
		       "{\"received_at\":7,\"frame\":{\"method\":\"subscribe\",\"result\":"
		       "{\"symbol\":\"BTC/USD\"},\"success\":true}}\n"
		       "{\"received_at\":7,\"frame\":{ \"channel\" : \t\"x\\n\",  \"a\":[1.0]} }\n") ==
			0,
		"frames as they came, a line each");
	TAP_OK(tail->n.frames == 2 && tail->n.bytes == strlen(frames[0]) + strlen(frames[1]),
		"are counted");
	watch = &product_of(tail, 'B')->watch;
	watch->mutes = 1;
	tail->now_ns = 50;
	step_desk(&d, "S B5");
	TAP_OK(watch->heard_ns == 50 && watch->mutes == 1, "the watch hears snapshots");
	tail->now_ns = 60;
	step_desk(&d, "U B6");
	TAP_OK(watch->heard_ns == 60 && watch->mutes == 0, "and trades");
	close_desk(&d);
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
	tail.settings.out = out_open("/dev/null", &err);
	memset(text, ' ', LENGTH);
	memcpy(text, head, sizeof head - 1);
	memcpy(text + LENGTH - 2, "]}", 2);
	while (i < 100 &&
		kraken_tail_take(&tail, span_make(text, LENGTH), &err) == KRAKEN_TAIL_GO_ON)
		i++;
	if (i != HELD || err.code != EXIT_FAILED)
		return 1;
	buf_clear(&tail.early);
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
	test_subscribe();
	test_dropped();
	test_frames();
	test_pairs();
	child_run(&child, run_ceilings, NULL);
	TAP_OK(child.status == 0, "what is held has a ceiling, and so has a name: %d",
		child.status);
	return tap_end();
}
