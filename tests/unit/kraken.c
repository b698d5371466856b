/* Kraken's trades and messages. */
#include "market/kraken_message.h"
#include "market/kraken_trade.h"

#include <stdlib.h>

#include "base/decimal.h"
#include "tap.h"
#include "written.h"

#define SYMBOL "\"symbol\":\"BTC/USD\""
#define SIDE "\"side\":\"buy\""
#define PRICE "\"price\":83320.6"
#define QTY "\"qty\":0.00040000"
#define TYPE "\"ord_type\":\"limit\""
#define ID "\"trade_id\":109583110"
#define TIME "\"timestamp\":\"2026-09-30T01:34:50.331350Z\""
#define USUAL "{" SYMBOL "," SIDE "," PRICE "," QTY "," TYPE "," ID "," TIME "}"

/* Trades that are taken, and how they are written again. */
static const struct {
	const char *object, *native;
	uint64_t id;
} good[] = {
	{USUAL, USUAL, 109583110},
	{"{" TIME "," ID "," TYPE "," QTY "," PRICE "," SIDE "," SYMBOL "}", USUAL, 109583110},
	{"{ " SYMBOL " , " SIDE "," PRICE "," QTY "," TYPE "," ID "," TIME " } ", USUAL, 109583110},
	{"{" SYMBOL ",\"new\":[{\"price\":1}]," SIDE "," PRICE "," QTY "," TYPE "," ID "," TIME "}",
		USUAL, 109583110},
	{"{\"price\":1," SYMBOL "," SIDE "," PRICE "," QTY "," TYPE "," ID "," TIME "}", USUAL,
		109583110},
	{"{\"symbol\":\"BTC\\/USD\",\"side\":\"b\\u0075y\"," PRICE "," QTY
	 ",\"ord_type\":\"limi\\u0074\"," ID
	 ",\"timestamp\":\"2026\\u002d09-30T01:34:50.331350Z\",\"misc\":\"\"}",
		USUAL, 109583110},
	{"{" SYMBOL "," SIDE "," PRICE "," QTY "," TIME "}",
		"{" SYMBOL "," SIDE "," PRICE "," QTY "," TIME "}", 0},
	{"{" SYMBOL "," SIDE "," PRICE "," QTY ",\"ord_type\":null,\"trade_id\":null," TIME
	 ",\"misc\":null}",
		"{" SYMBOL "," SIDE "," PRICE "," QTY "," TIME "}", 0},
	{"{" SYMBOL "," SIDE "," PRICE "," QTY "," TYPE ",\"trade_id\":0," TIME "}",
		"{" SYMBOL "," SIDE "," PRICE "," QTY "," TYPE "," TIME "}", 0},
	{"{" SYMBOL "," SIDE "," PRICE "," QTY "," TYPE ",\"trade_id\":18446744073709551615," TIME
	 ",\"misc\":\"x\"}",
		"{" SYMBOL "," SIDE "," PRICE "," QTY "," TYPE
		",\"trade_id\":18446744073709551615," TIME ",\"misc\":\"x\"}",
		UINT64_MAX},
	{"{\"symbol\":\"\xc3\xa9\\u20ac\",\"side\":\"sell\",\"price\":1e-8,"
	 "\"qty\":1.2345678901234567890,"
	 "\"timestamp\":\"2026-09-30T03:34:50.123456789+02:00\"}",
		"{\"symbol\":\"\xc3\xa9\xe2\x82\xac\",\"side\":\"sell\",\"price\":1e-8,"
		"\"qty\":1.2345678901234567890,"
		"\"timestamp\":\"2026-09-30T03:34:50.123456789+02:00\"}",
		0},
};

#define WITH(member) "{" SYMBOL "," SIDE "," PRICE "," QTY "," TYPE "," ID "," TIME "," member "}"

static const struct {
	const char *object, *reason;
} bad[] = {
	{"", "not JSON: ends too early"},
	{"[]", "not a JSON object"},
	{"{\"symbol\":\"BTC/USD\"", "not JSON: ends too early"},
	{"{}", "symbol is missing"},
	{WITH("\"symbol\":null"), "symbol is not a string"},
	{WITH("\"symbol\":\"\""), "symbol is empty"},
	{"{" SYMBOL "," PRICE "," QTY "," ID "," TIME "}", "side is missing"},
	{WITH("\"side\":1"), "side is not a string"},
	{WITH("\"side\":\"b\""), "side is neither buy nor sell"},
	{WITH("\"side\":\"Buy\""), "side is neither buy nor sell"},
	{"{" SYMBOL "," SIDE "," QTY "," ID "," TIME "}", "price is missing"},
	{WITH("\"price\":\"83320.6\""), "price is not a number"},
	{WITH("\"price\":null"), "price is not a number"},
	{WITH("\"price\":0.0"), "price is not above zero"},
	{WITH("\"price\":-1"), "price is not above zero"},
	{WITH("\"price\":1e999"), "price has more than 64 digits, or 128 without an exponent"},
	{"{" SYMBOL "," SIDE "," PRICE "," ID "," TIME "}", "qty is missing"},
	{WITH("\"qty\":true"), "qty is not a number"},
	{WITH("\"qty\":0.00000000"), "qty is not above zero"},
	{WITH("\"qty\":1e-999"), "qty has more than 64 digits, or 128 without an exponent"},
	{WITH("\"ord_type\":1"), "ord_type is not a string"},
	{WITH("\"trade_id\":\"1\""), "trade_id is not an integer from 0 to 18446744073709551615"},
	{WITH("\"trade_id\":-1"), "trade_id is not an integer from 0 to 18446744073709551615"},
	{WITH("\"trade_id\":1.0"), "trade_id is not an integer from 0 to 18446744073709551615"},
	{WITH("\"trade_id\":18446744073709551616"),
		"trade_id is not an integer from 0 to 18446744073709551615"},
	{"{" SYMBOL "," SIDE "," PRICE "," QTY "," ID "}", "timestamp is missing"},
	{WITH("\"timestamp\":1790732090"), "timestamp is not a string"},
	{WITH("\"timestamp\":\"2026-09-30\""),
		"timestamp is not an RFC 3339 time between 1970 and 2262"},
	{WITH("\"timestamp\":\"2026-09-30T01:34:60Z\""),
		"timestamp is not an RFC 3339 time between 1970 and 2262"},
	{WITH("\"timestamp\":\"1969-12-31T23:59:59Z\""),
		"timestamp is not an RFC 3339 time between 1970 and 2262"},
	{WITH("\"timestamp\":\"1970-01-01T00:00:00.000Z\""), "timestamp is not after 1970"},
	{WITH("\"timestamp\":\"2026-09-30T01:34:50.1234567890Z\""),
		"timestamp has more than 9 fractional digits"},
	{WITH("\"misc\":[]"), "misc is not a string"},
	{WITH("\"trade_id\":01"), "not JSON: a number with leading zeros"},
	{USUAL "x", "not JSON: something behind the value"},
};

static void test_trades(void)
{
	struct kraken_trade trade;
	struct written w;
	const char *reason;

	written_open(&w);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		bool right = kraken_trade_read(span_text(good[i].object), &trade, &reason) == 0 &&
			trade.id == good[i].id && kraken_trade_write(w.out, &trade) == 0;
		const char *text = written_text(&w);
		size_t n = strlen(text);
		TAP_OK(right && n > 0 && text[n - 1] == '\n' &&
				span_is_text(span_make(text, n - 1), good[i].native),
			"written again: %s", good[i].object);
	}
	written_close(&w);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		reason = "";
		TAP_OK(kraken_trade_read(span_text(bad[i].object), &trade, &reason) < 0 &&
				strcmp(reason, bad[i].reason) == 0,
			"%s: %s (%s)", bad[i].object, bad[i].reason, reason);
	}
}

/* Each trade with its time of receipt. */
static void test_received(void)
{
	static const char with[] =
		"{" SYMBOL "," SIDE "," PRICE "," QTY "," ID "," TIME ",\"received_at\":5}";
	static const char tail[] = ",\"received_at\":1790732090331350123}\n";
	struct kraken_trade trade;
	struct written w;
	const char *reason;

	written_open(&w);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char wanted[4096];
		bool right = kraken_trade_read(span_text(good[i].object), &trade, &reason) == 0 &&
			kraken_trade_write_received(w.out, &trade, INT64_C(1790732090331350123)) ==
				0;

		snprintf(wanted, sizeof wanted, "%.*s%s", (int)strlen(good[i].native) - 1,
			good[i].native, tail);
		TAP_OK(right && strcmp(written_text(&w), wanted) == 0, "stamped: %s",
			good[i].object);
	}
	TAP_OK(kraken_trade_read(span_text(with), &trade, &reason) == 0 &&
			kraken_trade_write_received(w.out, &trade, 7) == 0 &&
			strcmp(written_text(&w),
				"{" SYMBOL "," SIDE "," PRICE "," QTY "," ID "," TIME
				",\"received_at\":7}\n") == 0,
		"an older stamp makes way");
	written_close(&w);
}

static void test_bounds(void)
{
	enum { ROOM = KRAKEN_TRADE_MAX + 1024 };
	static const char *const reason_wanted = "a trade of more than 65536 bytes";
	struct buf object;
	struct kraken_trade trade;
	const char *reason = "";

	buf_init(&object, ROOM);
	buf_add_text(&object, USUAL);
	object.data[object.len - 1] = ' ';
	while (object.len < KRAKEN_TRADE_MAX - 1)
		buf_add_text(&object, " ");
	buf_add_text(&object, "}");
	TAP_OK(kraken_trade_read(buf_span(&object), &trade, &reason) == 0, "a trade of 64 KiB");
	object.data[object.len - 1] = ' ';
	buf_add_text(&object, "}");
	TAP_OK(kraken_trade_read(buf_span(&object), &trade, &reason) < 0 &&
			strcmp(reason, reason_wanted) == 0,
		"and no longer");
	buf_clear(&object);
	buf_add_text(&object, "{\"symbol\":\"");
	while (object.len < KRAKEN_TRADE_MAX)
		buf_add_text(&object, "x");
	buf_add_text(&object, "\"," SIDE "," PRICE "," QTY "," TYPE "," ID "," TIME "}");
	TAP_OK(kraken_trade_read(buf_span(&object), &trade, &reason) < 0 &&
			strcmp(reason, reason_wanted) == 0,
		"by the shortcut neither");
	buf_release(&object);
}

static bool same_value(const struct json_value *a, const struct json_value *b)
{
	return a->type == b->type && a->escaped == b->escaped && span_is(a->raw, b->raw);
}

static bool same_trade(const struct kraken_trade *a, const struct kraken_trade *b)
{
	return same_value(&a->symbol, &b->symbol) && same_value(&a->side, &b->side) &&
		span_is(a->price.token, b->price.token) && a->price.plain == b->price.plain &&
		span_is(a->qty.token, b->qty.token) && a->qty.plain == b->qty.plain &&
		same_value(&a->ord_type, &b->ord_type) &&
		same_value(&a->timestamp, &b->timestamp) && same_value(&a->misc, &b->misc) &&
		a->taker == b->taker && a->time_ns == b->time_ns && a->id == b->id;
}

/* The shortcut against the whole way, which a blank behind the brace forces. */
static bool ways_agree(const char *object, size_t n, bool *taken)
{
	struct kraken_trade fast, slow;
	const char *reason;
	char *exact = malloc(n + 1); /* so that a sanitizer sees who reads beyond */
	char *spaced = malloc(n + 1);
	bool agree;

	if (!exact || !spaced)
		abort();
	memcpy(exact, object, n);
	spaced[0] = '{';
	spaced[1] = ' ';
	memcpy(spaced + 2, object + 1, n - 1);
	*taken = kraken_trade_read_native(span_make(exact, n), &fast);
	agree = !*taken ||
		(kraken_trade_read(span_make(spaced, n + 1), &slow, &reason) == 0 &&
			same_trade(&fast, &slow));
	free(exact);
	free(spaced);
	return agree;
}

static void test_shortcut(void)
{
	static const char alphabet[] = "0123456789.-+eE\"\\{}[],: \0\x1f\x7f\x80\xc3ZTtz/ab";
	char object[] = USUAL;
	size_t n = sizeof object - 1;
	size_t wrong = 0, taken_changed = 0;
	bool taken;

	TAP_OK(ways_agree(object, n, &taken) && taken, "the shortcut takes the usual trade");
	for (size_t cut = 1; cut < n; cut++)
		wrong += !ways_agree(object, cut, &taken) || taken;
	TAP_OK(wrong == 0, "and none that is cut short");
	for (size_t i = 1; i < n; i++) {
		char kept = object[i];
		for (size_t c = 0; c < sizeof alphabet - 1; c++) {
			object[i] = alphabet[c];
			wrong += !ways_agree(object, n, &taken);
			taken_changed += taken;
		}
		object[i] = kept;
	}
	TAP_OK(wrong == 0 && taken_changed > 100, "both ways read the same, whatever byte changes");
}

/* Whether an update that the shortcut takes is what the whole way makes of it. */
static bool update_agrees(const char *text, size_t n, size_t *taken)
{
	struct kraken_trade fast[4], slow;
	struct kraken_message message;
	struct json_value element;
	struct json_walk walk;
	const char *reason;
	char *exact = malloc(n); /* so that a sanitizer sees who reads beyond */
	bool agrees = true;

	if (!exact)
		abort();
	memcpy(exact, text, n);
	*taken = kraken_trade_read_update(span_make(exact, n), fast, 4);
	if (*taken) {
		kraken_message_read(span_make(exact, n), &message);
		agrees = message.kind == KRAKEN_TRADES && !message.snapshot;
		walk = json_walk_start(message.data.raw);
		for (size_t i = 0; agrees && i < *taken; i++)
			agrees = json_walk_next(&walk, &element) &&
				kraken_trade_read(element.raw, &slow, &reason) == 0 &&
				same_trade(&fast[i], &slow);
		agrees = agrees && !json_walk_next(&walk, &element);
	}
	free(exact);
	return agrees;
}

#define UPDATE(trades) "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[" trades "]}"

static void test_update(void)
{
	static const char alphabet[] = "0123456789.-e\"\\{}[],: \0\x80Zsu";
	static const struct {
		const char *text;
		size_t taken;
	} updates[] = {
		{UPDATE(USUAL), 1},
		{UPDATE(USUAL "," USUAL "," USUAL), 3},
		{UPDATE(USUAL "," USUAL "," USUAL "," USUAL "," USUAL),
			0}, /* more than there is room */
		{UPDATE(""), 0},
		{UPDATE(USUAL ","), 0},
		{UPDATE(USUAL) " ", 0},
		{"{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":[" USUAL "]}", 0},
	};
	size_t wrong = 0, taken;
	char text[] = UPDATE(USUAL "," USUAL);

	for (size_t i = 0; i < sizeof updates / sizeof *updates; i++) {
		size_t n = strlen(updates[i].text);
		TAP_OK(update_agrees(updates[i].text, n, &taken) && taken == updates[i].taken,
			"an update of %zu bytes is taken as %zu trades", n, updates[i].taken);
	}
	for (size_t i = 0; i < sizeof text - 1; i++) {
		char kept = text[i];
		for (size_t c = 0; c < sizeof alphabet - 1; c++) {
			text[i] = alphabet[c];
			wrong += !update_agrees(text, sizeof text - 1, &taken);
		}
		text[i] = kept;
		wrong += !update_agrees(text, i, &taken) || taken;
	}
	TAP_OK(wrong == 0, "both ways read the same update, whatever byte changes");
}

static void test_convert(void)
{
	static const char object[] =
		"{\"symbol\":\"BTC\\/USD\",\"side\":\"sell\"," PRICE "," QTY "," ID "," TIME "}";
	struct kraken_trade native;
	struct trade trade;
	struct buf scratch;
	const char *reason;

	buf_init(&scratch, KRAKEN_TRADE_MAX);
	kraken_trade_read(span_text(object), &native, &reason);
	kraken_trade_convert(&native, &scratch, &trade);
	TAP_OK(span_is_text(trade.product, "BTC/USD"), "the product's name is unescaped");
	TAP_OK(span_is_text(trade.price.token, "83320.6") &&
			span_is_text(trade.quantity.token, "0.00040000"),
		"the digits are the exchange's");
	TAP_OK(trade.side == TRADE_SELL && trade.id == 109583110 &&
			trade.time_ns == INT64_C(1790732090331350000) &&
			span_is_text(trade.exchange, "kraken"),
		"side, id, time, exchange");
	buf_release(&scratch);
}

static const struct {
	const char *frame;
	enum kraken_kind kind;
	const char *symbol, *text; /* text: the reason of KRAKEN_MALFORMED */
} messages[] = {
	{"{\"channel\":\"heartbeat\"}", KRAKEN_HEARTBEAT, NULL, NULL},
	{"{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":\"2.0.10\","
	 "\"system\":\"online\",\"api_version\":\"v2\",\"connection_id\":11315962367609298897,"
	 "\"upcoming_maintenance\":[],\"emergency\":[]}]}",
		KRAKEN_STATUS, NULL, "online"},
	{"{\"data\":[{\"system\":\"cancel_only\"}],\"channel\":\"status\"}", KRAKEN_STATUS, NULL,
		"cancel_only"},
	{"{\"channel\":\"status\"}", KRAKEN_OTHER, NULL, "status"},
	{"{\"channel\":\"status\",\"data\":[]}", KRAKEN_OTHER, NULL, "status"},
	{"{\"channel\":\"status\",\"data\":[1]}", KRAKEN_OTHER, NULL, "status"},
	{"{\"channel\":\"status\",\"data\":[{\"system\":1}]}", KRAKEN_OTHER, NULL, "status"},
	{"{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{}]}", KRAKEN_TRADES, NULL, NULL},
	{"{\"data\":[],\"type\":\"update\",\"channel\":\"trade\"}", KRAKEN_TRADES, NULL, NULL},
	{"{\"channel\":\"trade\",\"data\":[]}", KRAKEN_TRADES, NULL, NULL},
	{"{\"channel\":\"tr\\u0061de\",\"data\":[]}", KRAKEN_TRADES, NULL, NULL},
	{"{\"channel\":\"trade\",\"type\":\"update\"}", KRAKEN_MALFORMED, NULL, "data is missing"},
	{"{\"channel\":\"trade\",\"data\":{}}", KRAKEN_MALFORMED, NULL, "data is not an array"},
	{"{\"channel\":1}", KRAKEN_MALFORMED, NULL, "channel is not a string"},
	{"{\"channel\":\"ticker\",\"data\":[]}", KRAKEN_OTHER, NULL, "ticker"},
	{"{\"method\":\"subscribe\",\"result\":{\"channel\":\"trade\",\"snapshot\":true,"
	 "\"symbol\":\"BTC/USD\"},\"success\":true,\"time_in\":\"2026-09-30T01:34:43.603175Z\","
	 "\"time_out\":\"2026-09-30T01:34:43.603227Z\"}",
		KRAKEN_SUBSCRIBED, "BTC/USD", NULL},
	{"{\"success\":true,\"req_id\":42,\"result\":{\"symbol\":\"ETH/USD\",\"warnings\":[\"w\"]},"
	 "\"method\":\"unsubscribe\"}",
		KRAKEN_UNSUBSCRIBED, "ETH/USD", NULL},
	{"{\"method\":\"subscribe\",\"result\":{\"channel\":\"instrument\"},\"success\":true}",
		KRAKEN_SUBSCRIBED, NULL, NULL},
	{"{\"method\":\"subscribe\",\"result\":{\"symbol\":\"BTC/USD\"}}", KRAKEN_MALFORMED, NULL,
		"an acknowledgement without success"},
	{"{\"error\":\"Currency pair not supported XBT/EUR\",\"method\":\"subscribe\","
	 "\"success\":false,\"symbol\":\"XBT/EUR\",\"time_in\":\"\",\"time_out\":\"\"}",
		KRAKEN_REFUSED, "XBT/EUR", "Currency pair not supported XBT/EUR"},
	{"{\"error\":\"Subscription name invalid\",\"method\":\"subscribe\",\"success\":false}",
		KRAKEN_REFUSED, NULL, "Subscription name invalid"},
	{"{\"method\":\"subscribe\",\"success\":false}", KRAKEN_REFUSED, NULL, NULL},
	{"{\"Error\":\"Exceeded msg rate\"}", KRAKEN_ERROR, NULL, "Exceeded msg rate"},
	{"{\"error\":\"Malformed request\",\"success\":false}", KRAKEN_ERROR, NULL,
		"Malformed request"},
	{"{\"method\":\"pong\",\"req_id\":101,\"time_in\":\"\",\"time_out\":\"\"}", KRAKEN_PONG,
		NULL, NULL},
	{"{\"method\":\"pong\",\"success\":true}", KRAKEN_PONG, NULL, NULL},
	{"{\"method\":\"add_order\",\"success\":true}", KRAKEN_OTHER, NULL, "add_order"},
	{"{\"method\":\"x\",\"error\":[]}", KRAKEN_REFUSED, NULL, NULL},
	{"{\"method\":\"x\",\"error\":null}", KRAKEN_OTHER, NULL, "x"},
	{"{\"method\":null}", KRAKEN_MALFORMED, NULL, "method is not a string"},
	{"{\"x\":1}", KRAKEN_OTHER, NULL, NULL},
	{USUAL, KRAKEN_OTHER, NULL, NULL},
	{"[0,[[\"5.541\",\"0.15\",\"1534614057.321597\",\"s\",\"l\",\"\"]],\"trade\",\"XBT/USD\"]",
		KRAKEN_MALFORMED, NULL,
		"a message of Kraken WebSocket v1, which gives trades no ids: only v2 is read"},
	{"{\"event\":\"heartbeat\"}", KRAKEN_MALFORMED, NULL,
		"a message of Kraken WebSocket v1, which gives trades no ids: only v2 is read"},
	{"[{\"a\":1}]", KRAKEN_MALFORMED, NULL, "not a JSON object"},
	{"{\"channel\":\"heartbeat\"", KRAKEN_MALFORMED, NULL, "not JSON: ends too early"},
	{"<html>", KRAKEN_MALFORMED, NULL, "not JSON: no value where one is due"},
	{"", KRAKEN_MALFORMED, NULL, "not JSON: ends too early"},
};

static bool reads(const struct json_value *value, const char *text)
{
	return text ? json_is(value, span_text(text)) : value->type == JSON_NONE;
}

static void test_messages(void)
{
	struct kraken_message m;

	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		kraken_message_read(span_text(messages[i].frame), &m);
		bool right = m.kind == messages[i].kind && reads(&m.symbol, messages[i].symbol);
		if (m.kind == KRAKEN_MALFORMED)
			right = right && strcmp(m.reason, messages[i].text) == 0;
		else
			right = right && reads(&m.text, messages[i].text);
		TAP_OK(right, "message %s", messages[i].frame);
	}
	kraken_message_read(
		span_text("{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":[1,2]}"), &m);
	TAP_OK(m.snapshot && span_is_text(m.data.raw, "[1,2]"), "a snapshot and its data");
	kraken_message_read(span_text("{\"channel\":\"trade\",\"data\":[]}"), &m);
	TAP_OK(!m.snapshot, "a message without a type is an update");
	kraken_message_read(span_text("{\"error\":\"Subscription Not Found\",\"method\":"
				      "\"unsubscribe\",\"success\":false}"),
		&m);
	TAP_OK(m.kind == KRAKEN_REFUSED && m.ending, "there was nothing to unsubscribe");
	kraken_message_read(span_text("{\"method\":\"subscribe\",\"success\":false}"), &m);
	TAP_OK(m.kind == KRAKEN_REFUSED && !m.ending, "or to subscribe");
}

static void test_requests(void)
{
	static const char *const symbols[] = {"BTC/USD", "A\"B"};
	static const struct {
		const char *given, *name;
	} names[] = {
		{"XBT/USD", "BTC/USD"},
		{"ETH/XBT", "ETH/BTC"},
		{"XDG/XBT", "DOGE/BTC"},
		{"BTC/USD", NULL},
		{"XBTX/USD", NULL},
		{"XBTUSD", NULL},
		{"XBT", NULL},
		{"", NULL},
	};
	struct buf b;

	buf_init(&b, 256);
	TAP_OK(kraken_subscribe_write(&b, symbols, 2, 7) == 0 &&
			span_is_text(buf_span(&b),
				"{\"method\":\"subscribe\",\"params\":{\"channel\":\"trade\","
				"\"symbol\":[\"BTC/USD\",\"A\\\"B\"],\"snapshot\":true},"
				"\"req_id\":7}"),
		"one request for all symbols");
	TAP_OK(kraken_subscribe_write(&b, symbols, 2, 8) == 0 &&
			kraken_subscribe_write(&b, symbols, 2, 9) < 0 && b.len < 256 &&
			b.data[b.len - 1] == '}',
		"a request that does not fit leaves nothing behind");
	buf_clear(&b);
	TAP_OK(kraken_unsubscribe_write(&b, symbols, 2, 9) == 0 &&
			span_is_text(buf_span(&b),
				"{\"method\":\"unsubscribe\",\"params\":{\"channel\":\"trade\","
				"\"symbol\":[\"BTC/USD\",\"A\\\"B\"]},\"req_id\":9}"),
		"one that ends them");
	TAP_OK(kraken_unsubscribe_write(&b, symbols, 2, 9) == 0 &&
			kraken_unsubscribe_write(&b, symbols, 2, 9) < 0 && b.data[b.len - 1] == '}',
		"whole, or not at all");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		bool renamed = kraken_v2_name(span_text(names[i].given), &b);
		TAP_OK(renamed == (names[i].name != NULL) &&
				(!renamed || span_is_text(buf_span(&b), names[i].name)),
			"'%s' on WebSocket v2", names[i].given);
	}
	buf_release(&b);
}

int main(void)
{
	test_trades();
	test_received();
	test_bounds();
	test_shortcut();
	test_update();
	test_convert();
	test_messages();
	test_requests();
	return tap_end();
}
