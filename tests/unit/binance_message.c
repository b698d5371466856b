/* Binance's messages told apart. */
#include "market/binance_message.h"

#include "tap.h"

#define TRADE                                                                                      \
	"{\"e\":\"aggTrade\",\"E\":1672515782136,\"s\":\"BNBBTC\",\"a\":12345,\"p\":\"0.001\","    \
	"\"q\":\"100\",\"f\":100,\"l\":105,\"T\":1672515782136,\"m\":true,\"M\":true}"
#define ROW                                                                                        \
	"{\"a\":26129,\"p\":\"0.01633102\",\"q\":\"4.70443515\",\"f\":27781,\"l\":27781,"          \
	"\"T\":1498793709153,\"m\":true,\"M\":true}"
#define ROW_AND(more) "{\"a\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1498793709153,\"m\":true," more "}"
#define WRAPPED(stream, data) "{\"stream\":\"" stream "\",\"data\":" data "}"

static const struct {
	const char *object;
	enum binance_kind kind;
	const char *trade;	 /* NULL: none */
	const char *code, *text; /* likewise */
} messages[] = {
	{TRADE, BINANCE_AGGTRADE, TRADE, NULL, NULL},
	{ROW, BINANCE_AGGTRADE, ROW, NULL, NULL},
	{"{\"s\":\"BTCUSDT\",\"a\":1,\"p\":\"1\"}", BINANCE_AGGTRADE,
		"{\"s\":\"BTCUSDT\",\"a\":1,\"p\":\"1\"}", NULL, NULL},
	{"{\"\\u0065\":\"agg\\u0054rade\"}", BINANCE_AGGTRADE, "{\"\\u0065\":\"agg\\u0054rade\"}",
		NULL, NULL},
	{WRAPPED("bnbbtc@aggTrade", TRADE), BINANCE_AGGTRADE, TRADE, NULL, NULL},
	{"{\"data\": " TRADE " ,\"stream\":\"x\"}", BINANCE_AGGTRADE, TRADE, NULL, NULL},
	{WRAPPED("bnbbtc@aggTrade", ROW), BINANCE_AGGTRADE, ROW, NULL, NULL},
	{WRAPPED("bnbbtc\\u0040aggTrade", ROW), BINANCE_AGGTRADE, ROW, NULL, NULL},
	/* Ids of other kinds; "a" was the seller's order. */
	{"{\"e\":\"trade\",\"E\":1,\"s\":\"BNBBTC\",\"t\":12345,\"p\":\"0.001\",\"q\":\"100\","
	 "\"b\":88,\"a\":50,\"T\":1,\"m\":true,\"M\":true}",
		BINANCE_PLAIN_TRADE, NULL, NULL, NULL},
	{WRAPPED("bnbbtc@trade", "{\"e\":\"trade\",\"a\":50,\"p\":\"1\"}"), BINANCE_PLAIN_TRADE,
		NULL, NULL, NULL},
	{WRAPPED("bnbbtc@aggTrade", "{\"e\":\"trade\",\"a\":50,\"p\":\"1\"}"), BINANCE_PLAIN_TRADE,
		NULL, NULL, NULL},
	{WRAPPED("bnbbtc@trade", "{\"a\":50,\"p\":\"1\"}"), BINANCE_PLAIN_TRADE, NULL, NULL, NULL},
	{"{\"id\":28457,\"price\":\"4.00000100\",\"qty\":\"12.00000000\",\"quoteQty\":\"48.0\","
	 "\"time\":1499865549590,\"isBuyerMaker\":true,\"isBestMatch\":true}",
		BINANCE_PLAIN_TRADE, NULL, NULL, NULL},
	/* Errors, of REST and of the socket. */
	{"{\"code\":-1121,\"msg\":\"Invalid symbol.\"}", BINANCE_ERROR, NULL, "-1121",
		"Invalid symbol."},
	{"{\"code\":0,\"msg\":\"Service unavailable\"}", BINANCE_ERROR, NULL, "0",
		"Service unavailable"},
	{"{\"code\":2,\"msg\":null,\"id\":1}", BINANCE_ERROR, NULL, "2", NULL},
	{"{\"error\":{\"code\":3,\"msg\":\"Invalid JSON: x\"},\"id\":null}", BINANCE_ERROR, NULL,
		"3", "Invalid JSON: x"},
	{"{\"id\":\"a\",\"status\":400,\"error\":{\"msg\":\"m\",\"code\":-1102}}", BINANCE_ERROR,
		NULL, "-1102", "m"},
	/* Others. */
	{"{\"result\":null,\"id\":1}", BINANCE_OTHER, NULL, NULL, NULL},
	{"{\"id\":null,\"result\":[\"btcusdt@aggTrade\"]}", BINANCE_OTHER, NULL, NULL, NULL},
	{"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"B\",\"U\":1,\"u\":2,\"b\":[],\"a\":[[\"1\"]],"
	 "\"p\":1}",
		BINANCE_OTHER, NULL, NULL, NULL},
	{"{\"e\":\"serverShutdown\",\"E\":1}", BINANCE_OTHER, NULL, NULL, NULL},
	{WRAPPED("!serverShutdown", "{\"e\":\"serverShutdown\",\"E\":1}"), BINANCE_OTHER, NULL,
		NULL, NULL},
	{WRAPPED("b@aggTrade", "{\"e\":\"kline\",\"a\":1,\"p\":\"1\"}"), BINANCE_OTHER, NULL, NULL,
		NULL},
	{WRAPPED("b@bookTicker", "{\"u\":1,\"s\":\"B\",\"b\":\"1\",\"a\":\"2\",\"p\":\"1\"}"),
		BINANCE_OTHER, NULL, NULL, NULL},
	{WRAPPED("!ticker@arr", "[{\"e\":\"24hrTicker\"}]"), BINANCE_OTHER, NULL, NULL, NULL},
	{WRAPPED("b@depth", "null"), BINANCE_OTHER, NULL, NULL, NULL},
	{WRAPPED("b@depth", "{\"e\":1}"), BINANCE_OTHER, NULL, NULL, NULL},
	{WRAPPED("b@aggTrade", "null"), BINANCE_NO_TRADE, NULL, NULL, NULL},
	{WRAPPED("b@aggTrade", "[" TRADE "]"), BINANCE_NO_TRADE, NULL, NULL, NULL},
	{WRAPPED("b@aggTrade", "{\"e\":null,\"a\":1}"), BINANCE_NO_TRADE, NULL, NULL, NULL},
	{WRAPPED("b@trade", "[]"), BINANCE_PLAIN_TRADE, NULL, NULL, NULL},
	{WRAPPED("b@x", ROW), BINANCE_AGGTRADE, ROW, NULL, NULL},
	{ROW_AND("\"result\":1,\"id\":2"), BINANCE_AGGTRADE, ROW_AND("\"result\":1,\"id\":2"), NULL,
		NULL},
	{ROW_AND("\"stream\":\"x\",\"data\":1"), BINANCE_AGGTRADE,
		ROW_AND("\"stream\":\"x\",\"data\":1"), NULL, NULL},
	{ROW_AND("\"code\":1,\"msg\":\"x\""), BINANCE_AGGTRADE, ROW_AND("\"code\":1,\"msg\":\"x\""),
		NULL, NULL},
	{ROW_AND("\"e\":\"aggTrade\",\"stream\":\"x\",\"data\":1"), BINANCE_AGGTRADE,
		ROW_AND("\"e\":\"aggTrade\",\"stream\":\"x\",\"data\":1"), NULL, NULL},
	{"{\"e\":\"x\",\"stream\":\"b@aggTrade\",\"data\":" TRADE "}", BINANCE_AGGTRADE, TRADE,
		NULL, NULL},
	{"{\"a\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1,\"result\":1,\"id\":1}", BINANCE_AGGTRADE,
		"{\"a\":1,\"p\":\"1\",\"q\":\"1\",\"T\":1,\"result\":1,\"id\":1}", NULL, NULL},
	{"{\"result\":1,\"id\":1,\"error\":\"x\"}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{ROW_AND("\"e\":\"x\""), BINANCE_OTHER, NULL, NULL, NULL},
	{"{\"result\":1,\"id\":1,\"price\":\"1\",\"qty\":\"1\",\"time\":1}", BINANCE_PLAIN_TRADE,
		NULL, NULL, NULL},
	{"{\"stream\":1,\"data\":{\"a\":1,\"p\":\"1\"}}", BINANCE_OTHER, NULL, NULL, NULL},
	{WRAPPED("", "{}"), BINANCE_OTHER, NULL, NULL, NULL},
	/* Not Binance's. */
	{"{}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"a\":1}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"p\":\"1\"}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"e\":1,\"a\":1,\"p\":\"1\"}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"code\":\"x\",\"msg\":\"y\"}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"code\":1}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"error\":[],\"result\":{\"last\":\"1\"}}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"error\":\"x\",\"id\":1}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"error\":{\"msg\":\"x\"}}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"error\":{\"code\":1}}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"result\":null}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"id\":1,\"price\":\"1\",\"qty\":\"1\"}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"data\":" TRADE "}", BINANCE_FOREIGN, NULL, NULL, NULL},
	{"{\"channel\":\"heartbeat\"}", BINANCE_FOREIGN, NULL, NULL, NULL},
};

static bool is(struct span bytes, const char *text)
{
	return text ? span_is_text(bytes, text) : bytes.p == NULL;
}

static bool value_is(const struct json_value *value, enum json_type type, const char *text)
{
	return text ? value->type == type && span_is_text(value->raw, text)
		    : value->type == JSON_NONE;
}

/* A wrapper whose stream has a name of n bytes beyond its end, escaped. */
static enum binance_kind kind_of_long(size_t n)
{
	struct binance_message message;
	struct buf text;

	buf_init(&text, 64 * 1024);
	buf_add_text(&text, "{\"stream\":\"\\u0078");
	while (n-- > 0)
		buf_add_text(&text, "x");
	buf_add_text(&text, "@aggTrade\",\"data\":" ROW "}");
	binance_message_read(buf_span(&text), &message);
	buf_release(&text);
	return message.kind;
}

int main(void)
{
	struct binance_message m;

	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		binance_message_read(span_text(messages[i].object), &m);
		TAP_OK(m.kind == messages[i].kind && is(m.trade, messages[i].trade) &&
				value_is(&m.code, JSON_NUMBER, messages[i].code) &&
				value_is(&m.text, JSON_STRING, messages[i].text),
			"message %s", messages[i].object);
	}
	TAP_OK(kind_of_long(100) == BINANCE_AGGTRADE && kind_of_long(50000) == BINANCE_AGGTRADE,
		"a stream's name of any length");
	return tap_end();
}
