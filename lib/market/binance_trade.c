#include "market/binance_trade.h"

#include "base/num.h"
#include "base/stamp.h"
#include "json/take.h"
#include "market/binance_row.h"

#define MICROSECONDS_FROM UINT64_C(100000000000000) /* smaller numbers are ms */

static const struct binance_words words = {
	.price = "p",
	.quantity = "q",
	.id = BINANCE_NOT_WHOLE("a"),
	.first = BINANCE_NOT_WHOLE("f"),
	.last = BINANCE_NOT_WHOLE("l"),
	.time = BINANCE_NOT_A_TIME("T"),
};

/* The names by which "market" and convert() know the markets. */
static const struct {
	struct span name, exchange;
} markets[] = {
	[BINANCE_SPOT] = {SPAN("spot"), SPAN("binance")},
	[BINANCE_UM] = {SPAN("um"), SPAN("binance-um")},
	[BINANCE_CM] = {SPAN("cm"), SPAN("binance-cm")},
};

/* A whole number in JSON's grammar. */
static int read_whole(struct span text, uint64_t *value)
{
	return text.n > 1 && text.p[0] == '0' ? -1 : num_u64(text, value);
}

int binance_row_time(uint64_t number, int64_t *ns)
{
	int result =
		number < MICROSECONDS_FROM ? trade_time_ms(number, ns) : trade_time_us(number, ns);

	return result == 0 && *ns > 0 ? 0 : -1;
}

/* The first or the last trade's id; -1 stands for none. */
static const char *check_end(struct span text, const char *reason, bool *none)
{
	uint64_t ignored;

	*none = span_is_text(text, "-1");
	return !text.p || *none || read_whole(text, &ignored) == 0 ? NULL : reason;
}

static bool is_zero(struct span token)
{
	struct decimal ignored;

	return decimal_read(token, &ignored) == DECIMAL_NOT_POSITIVE && token.p[0] != '-';
}

const char *binance_row_check(
	const struct binance_row *row, const struct binance_words *to, struct binance_trade *trade)
{
	bool no_first, no_last;
	const char *reason;
	uint64_t number;

	if (read_whole(row->id, &trade->id) < 0)
		return to->id;
	if ((reason = check_end(row->first, to->first, &no_first)) ||
		(reason = check_end(row->last, to->last, &no_last)))
		return reason;
	trade->voided = no_first && no_last && is_zero(row->price) && is_zero(row->quantity);
	if (!trade->voided) {
		if ((reason = trade_read_amount(to->price, row->price, &trade->price)) ||
			(reason = trade_read_amount(to->quantity, row->quantity, &trade->quantity)))
			return reason;
		if (no_first || no_last)
			return no_first ? to->first : to->last;
	}
	if (read_whole(row->time, &number) < 0 || binance_row_time(number, &trade->time_ns) < 0)
		return to->time;
	return NULL;
}

static uint64_t end_of(struct span text)
{
	uint64_t id;

	return num_u64(text, &id) == 0 ? id : UINT64_MAX;
}

struct binance_mark binance_mark_of(
	const struct binance_row *row, const struct binance_trade *trade)
{
	return (struct binance_mark){
		.id = trade->id,
		.first = end_of(row->first),
		.last = end_of(row->last),
		.time_ms = trade->time_ns / STAMP_NS_PER_MS,
		.buyer_is_maker = trade->buyer_is_maker,
	};
}

bool binance_mark_is(const struct binance_mark *a, const struct binance_mark *b)
{
	return a->id == b->id && a->first == b->first && a->last == b->last &&
		a->time_ms == b->time_ms && a->buyer_is_maker == b->buyer_is_maker;
}

enum member { SYMBOL, ID, PRICE, QUANTITY, FIRST, LAST, TIME, MAKER, MARKET, MEMBERS };

static const char *check_symbol(const struct json_value *symbol)
{
	if (symbol->type == JSON_NONE)
		return NULL;
	if (symbol->type != JSON_STRING)
		return "s is not a string";
	return symbol->raw.n == 0 ? "s is empty" : NULL;
}

static const char *check_market(const struct json_value *value, enum binance_market *market)
{
	*market = BINANCE_MARKET_UNKNOWN;
	if (value->type == JSON_NONE)
		return NULL;
	for (enum binance_market i = BINANCE_SPOT; i <= BINANCE_CM; i++)
		if (json_is(value, markets[i].name))
			*market = i;
	return *market ? NULL : "market is not spot, um or cm";
}

/* Whether the members that a row is made of are there and of their types. */
static const char *check_types(const struct json_member *members)
{
	static const struct {
		enum member member;
		enum json_type type;
		const char *missing, *other;
	} needed[] = {
		{ID, JSON_NUMBER, "a is missing", BINANCE_NOT_WHOLE("a")},
		{PRICE, JSON_STRING, "p is missing", "p is not a string"},
		{QUANTITY, JSON_STRING, "q is missing", "q is not a string"},
		{FIRST, JSON_NUMBER, NULL, BINANCE_NOT_WHOLE("f")},
		{LAST, JSON_NUMBER, NULL, BINANCE_NOT_WHOLE("l")},
		{TIME, JSON_NUMBER, "T is missing", BINANCE_NOT_A_TIME("T")},
	};

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		enum json_type type = members[needed[i].member].value.type;
		if (type == JSON_NONE && needed[i].missing)
			return needed[i].missing;
		if (type != JSON_NONE && type != needed[i].type)
			return needed[i].other;
	}
	return NULL;
}

static const char *check_maker(const struct json_value *maker, bool *buyer_is_maker)
{
	if (maker->type == JSON_NONE)
		return "m is missing";
	*buyer_is_maker = maker->type == JSON_TRUE;
	return *buyer_is_maker || maker->type == JSON_FALSE ? NULL : "m is neither true nor false";
}

static const char *check_members(const struct json_member *members, struct binance_trade *trade)
{
	const struct binance_row row = {
		.id = members[ID].value.raw,
		/* What holds an escape is no number to decimal_read(). */
		.price = members[PRICE].value.raw,
		.quantity = members[QUANTITY].value.raw,
		.first = members[FIRST].value.raw,
		.last = members[LAST].value.raw,
		.time = members[TIME].value.raw,
	};
	const char *reason;

	trade->symbol = members[SYMBOL].value;
	if ((reason = check_symbol(&trade->symbol)) ||
		(reason = check_market(&members[MARKET].value, &trade->market)) ||
		(reason = check_types(members)) ||
		(reason = binance_row_check(&row, &words, trade)))
		return reason;
	return check_maker(&members[MAKER].value, &trade->buyer_is_maker);
}

int binance_trade_read(struct span object, struct binance_trade *trade, const char **reason)
{
	struct json_member members[MEMBERS] = {
		[SYMBOL] = {.name = SPAN("s")},
		[ID] = {.name = SPAN("a")},
		[PRICE] = {.name = SPAN("p")},
		[QUANTITY] = {.name = SPAN("q")},
		[FIRST] = {.name = SPAN("f")},
		[LAST] = {.name = SPAN("l")},
		[TIME] = {.name = SPAN("T")},
		[MAKER] = {.name = SPAN("m")},
		[MARKET] = {.name = SPAN("market")},
	};
	struct json_fault fault;

	if (binance_trade_read_native(object, trade))
		return 0;
	if (json_object(object, members, MEMBERS, &fault) < 0) {
		*reason = fault.reason;
		return -1;
	}
	if (object.n > BINANCE_TRADE_MAX) {
		*reason = "a trade of more than 65536 bytes";
		return -1;
	}
	*trade = (struct binance_trade){0};
	*reason = check_members(members, trade);
	return *reason ? -1 : 0;
}

/* The symbol, behind its opening quote, the market if there is one, and the name of the id. */
static inline bool take_names(const char **p, const char *end, struct binance_trade *trade)
{
	size_t n = json_plain_length(span_make(*p, (size_t)(end - *p)));

	trade->symbol = (struct json_value){.type = JSON_STRING, .raw = span_make(*p, n)};
	trade->market = BINANCE_MARKET_UNKNOWN;
	*p += n;
	if (n == 0 || TAKE(p, end, "\",\"a\":"))
		return n > 0;
	trade->market = BINANCE_UM;
	if (TAKE(p, end, "\",\"market\":\"um\",\"a\":"))
		return true;
	trade->market = BINANCE_CM;
	return TAKE(p, end, "\",\"market\":\"cm\",\"a\":");
}

static inline bool take_maker(const char **p, const char *end, bool *buyer_is_maker)
{
	*buyer_is_maker = TAKE(p, end, "true");
	return *buyer_is_maker || TAKE(p, end, "false");
}

bool binance_trade_read_native(struct span object, struct binance_trade *trade)
{
	const char *p = object.p;
	const char *end = p + object.n;
	uint64_t ignored, time;

	if (object.n > BINANCE_TRADE_MAX || !TAKE(&p, end, "{\"s\":\"") ||
		!take_names(&p, end, trade) || !take_u64(&p, end, &trade->id) ||
		!TAKE(&p, end, ",\"p\":\"") || !take_amount(&p, end, &trade->price) ||
		!TAKE(&p, end, "\",\"q\":\"") || !take_amount(&p, end, &trade->quantity) ||
		!TAKE(&p, end, "\",\"f\":") || !take_u64(&p, end, &ignored) ||
		!TAKE(&p, end, ",\"l\":") || !take_u64(&p, end, &ignored) ||
		!TAKE(&p, end, ",\"T\":") || !take_u64(&p, end, &time) ||
		!TAKE(&p, end, ",\"m\":") || !take_maker(&p, end, &trade->buyer_is_maker))
		return false;
	trade->voided = false;
	return (TAKE(&p, end, ",\"M\":true}") || TAKE(&p, end, ",\"M\":false}") ||
		       TAKE(&p, end, "}")) &&
		p == end && binance_row_time(time, &trade->time_ns) == 0;
}

void binance_trade_convert(const struct binance_trade *from, struct span product,
	struct span exchange, struct buf *names, struct trade *to)
{
	*to = (struct trade){
		.product =
			from->symbol.type == JSON_NONE ? product : json_text(&from->symbol, names),
		.exchange = markets[BINANCE_SPOT].exchange,
		.price = from->price,
		.quantity = from->quantity,
		.time_ns = from->time_ns,
		.id = from->id,
		.has_id = true,
		.voided = from->voided,
		.side = from->buyer_is_maker ? TRADE_SELL : TRADE_BUY,
	};
	if (from->market != BINANCE_MARKET_UNKNOWN)
		to->exchange = markets[from->market].exchange;
	else if (exchange.n > 0)
		to->exchange = exchange;
}
