/* The pairs of Kraken, their names, and what is said about names that are none. */
#include "market/kraken_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define PAIR(key, altname, wsname)                                                                 \
	"\"" key "\":{\"altname\":\"" altname "\",\"wsname\":\"" wsname "\",\"base\":\"X\"}"

static const char answer[] = "{\"error\":[],\"result\":{" PAIR("XXBTZUSD", "XBTUSD",
	"XBT/USD") "," PAIR("XXBTZUSD.d", "XBTUSD.d", "XBT/USD") "," PAIR("XETHXXBT", "ETHXBT",
	"ETH/XBT") "," PAIR("XDGUSD", "XDGUSD", "XDG/USD") "," PAIR("XBTUSDT", "XBTUSDT",
	"XBT/USDT") "," PAIR("XETHZUSD", "ETHUSD", "ETH/USD") "," PAIR("ODD+", "O&D",
	"ODD/XDG") ",\"NOWS\":{\"altname\":\"NOWS\"},\"NULLWS\":{\"altname\":\"N\",\"wsname\":"
		   "null}," PAIR("NOSLASH", "NOSLASH", "NOSLASH") "," PAIR(
			   "Q", "Q", "A\\\"/USD") "," PAIR("B", "B",
			   "A /USD") ",\"STRING\":\"x\",\"YYY\":{\"altname\":1,\"wsname\":\"YYY/USD\"}}}";

static const struct {
	const char *name;
	const char *query; /* NULL: there is no such pair, and */
	const char *hint;  /* a part of what is said about it */
} names[] = {
	{"BTC/USD", "XBTUSD", NULL},
	{"ETH/BTC", "ETHXBT", NULL},
	{"DOGE/USD", "XDGUSD", NULL},
	{"BTC/USDT", "XBTUSDT", NULL},
	{"ODD/DOGE", "O%26D", NULL},
	{"XBT/USD", NULL, "(it is 'BTC/USD' here)"},
	{"XDG/USD", NULL, "(it is 'DOGE/USD' here)"},
	{"btc/usd", NULL, "(it is 'BTC/USD' here)"},
	{"BTCUSD", NULL, "(it is 'BTC/USD' here)"},
	{"BTC-USD", NULL, "(it is 'BTC/USD' here)"},
	{"xbtusd", NULL, "(it is 'BTC/USD' here)"},
	{"XXBTZUSD", NULL, "(it is 'BTC/USD' here)"},
	{"XETHXXBT", NULL, "(it is 'ETH/BTC' here)"},
	{"BTC/UDS", NULL, "(did you mean 'BTC/USD'?)"},
	{"DOG/USD", NULL, "(did you mean 'DOGE/USD'?)"},
	{"DOGEE/UUSD", NULL, "(did you mean 'DOGE/USD'?)"},
	{"BTC/USDTX", NULL, "(did you mean 'BTC/USDT'?)"},
	{"SOL/GBP", NULL, "that name"},
	{"NOSLASH", NULL, "that name"},
	{"NOWS", NULL, "that name"},
	{"", NULL, "cannot get trades of ''"},
	{"A\"/USD", NULL, "Kraken has no pair of that name"},
	{"XBTUSD.d", NULL, "that name"},
	{"AN-ENDLESS-NAME-THAT-IS-LONGER-THAN-ANY-PAIR-MAY-EVER-BE-BTC/USD-BTC/USD-BTC/USD", NULL,
		"that name"},
};

static void test_names(void)
{
	struct kraken_pairs pairs = {.n = 0};
	struct err err;
	int64_t wait_ns;
	enum kraken_verdict verdict =
		kraken_pairs_take(&pairs, 200, span_text(answer), 1, &wait_ns, &err);

	TAP_OK(verdict == KRAKEN_TAKEN && pairs.n == 6, "%zu pairs", pairs.n);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct kraken_pair *pair;

		err = (struct err){.code = EXIT_DONE};
		pair = kraken_pairs_find(&pairs, names[i].name, &err);
		if (names[i].query)
			TAP_OK(pair && strcmp(pair->query, names[i].query) == 0 &&
					strcmp(pair->name, names[i].name) == 0,
				"%s is %s", names[i].name, pair ? pair->query : err.text);
		else
			TAP_OK(!pair && err.code == EXIT_USAGE && strstr(err.text, names[i].hint) &&
					strstr(err.text, names[i].name),
				"%s: %s", names[i].name, err.text);
	}
	kraken_pairs_release(&pairs);
}

/* Where many names are alike. */
static void test_near(void)
{
	static const char many[] = "{\"error\":[],\"result\":{" PAIR("BATUSD", "BATUSD",
		"BAT/USD") "," PAIR("BCHUSD", "BCHUSD", "BCH/USD") "," PAIR("BITUSD", "BITUSD",
		"BIT/USD") "," PAIR("BTTUSD", "BTTUSD", "BTT/USD") "," PAIR("FOXUSD", "FOXUSD",
		"FOX/USD") "," PAIR("XXBTZUSD", "XBTUSD", "XBT/USD") "}}";
	static const struct {
		const char *name, *hint;
	} cases[] = {
		{"BCT/USD", "that name (did you mean 'BTC/USD'?)"},
		{"BTX/USD", "that name (did you mean 'BTT/USD' or 'BTC/USD'?)"},
		{"BXT/USD", "that name (did you mean 'BAT/USD', 'BIT/USD' or 'BTT/USD'?)"},
		{"FAX/UST", "that name"},
		{"SEI/USD", "that name"},
		{"BTC", "that name (it is two assets, such as BTC/USD)"},
	};
	struct kraken_pairs pairs = {.n = 0};
	struct err err;
	int64_t wait_ns;

	kraken_pairs_take(&pairs, 200, span_text(many), 1, &wait_ns, &err);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *end;

		kraken_pairs_find(&pairs, cases[i].name, &err);
		end = strstr(err.text, "that name");
		TAP_OK(end && strcmp(end, cases[i].hint) == 0, "%s: %s", cases[i].name, err.text);
	}
	kraken_pairs_release(&pairs);
}

#define STATE(name, status)                                                                        \
	"\"" name "\":{\"altname\":\"" name "\",\"wsname\":\"" name "\"" status "}"

/* What operands stand for. */
static const struct {
	const char *given[4];
	const char *found; /* NULL: none, and */
	const char *said;  /* this, a part */
} operands[] = {
	{{"*/USD"}, "ADA/USD BTC/USD", NULL},
	{{"BTC/*"}, "BTC/EUR BTC/USD", NULL},
	{{"*"}, "ADA/BTC ADA/USD ADA/USDT BTC/EUR BTC/USD", NULL},
	{{"*USD"}, "ADA/USD BTC/USD", NULL},
	{{"A?A/USD*"}, "ADA/USD ADA/USDT", NULL},
	{{"[AB]*/USD"}, "ADA/USD BTC/USD", NULL},
	{{"BTC/USD"}, "BTC/USD", NULL},
	{{"BTC/USD", "ADA/USD", "BTC/USD"}, "ADA/USD BTC/USD", NULL},
	{{"BTC/USD", "*/USD", "B*"}, "ADA/USD BTC/EUR BTC/USD", NULL},
	{{"OLD/USD"}, "OLD/USD", NULL},
	{{"OLD/*"}, NULL, "'OLD/*': no pair that is traded"},
	{{"NEW*"}, NULL, "'NEW*': no pair that is traded"},
	{{"*/USD", "*/JPY"}, NULL, "'*/JPY'"},
	{{"XBT/*"}, NULL, "'XBT/*'"},
	{{"*/usd"}, NULL, "'*/usd'"},
	{{"*/USD", "XBT/USD"}, NULL, "'XBT/USD': Kraken has no pair"},
	{{"ADA/UDS"}, NULL, "(did you mean 'ADA/USD'"},
	{{"["}, NULL, "'['"},
	{{""}, NULL, "''"},
	{{NULL}, "", NULL},
};

static void test_match(void)
{
	static const char many[] = "{\"error\":[],\"result\":{" STATE(
		"XBT/USD", ",\"status\":\"online\"") "," STATE("XBT/EUR",
		",\"status\":\"post_only\"") "," STATE("ADA/USD", "") "," STATE("OLD/USD",
		",\"status\":\"delisted\"") "," STATE("NEW/USD",
		",\"status\":\"work_in_progress\"") "," STATE("ADA/USDT",
		",\"status\":[]") "," STATE("ADA/XBT",
		",\"status\":\"tomorrow's\"") "," STATE("BTC/USD", ",\"status\":\"online\"") "}}";
	struct kraken_pairs pairs = {.n = 0};
	struct err err;
	int64_t wait_ns;

	kraken_pairs_take(&pairs, 200, span_text(many), 1, &wait_ns, &err);
	for (size_t i = 0; i < sizeof operands / sizeof *operands; i++) {
		struct kraken_names list;
		char got[256] = "";
		size_t n = 0, used = 0;
		int result;

		while (n < 4 && operands[i].given[n])
			n++;
		result = kraken_pairs_match(
			&pairs, (char *const *)operands[i].given, n, &list, &err);
		for (size_t j = 0; j < list.n; j++)
			used += (size_t)snprintf(
				got + used, sizeof got - used, "%s%s", j ? " " : "", list.items[j]);
		if (operands[i].found)
			TAP_OK(result == 0 && strcmp(got, operands[i].found) == 0, "%s: %s",
				n ? operands[i].given[0] : "nothing", got);
		else
			TAP_OK(result < 0 && !list.n && err.code == EXIT_USAGE &&
					strstr(err.text, operands[i].said),
				"%s: %s", operands[i].given[0], err.text);
		kraken_names_release(&list);
	}
	kraken_pairs_release(&pairs);
}

static void test_patterns(void)
{
	TAP_OK(kraken_is_pattern("*") && kraken_is_pattern("B?C/USD") && kraken_is_pattern("[A"),
		"patterns");
	TAP_OK(!kraken_is_pattern("BTC/USD") && !kraken_is_pattern(""), "names");
}

/* Which member of an answer has a pair's trades. */
static void test_members(void)
{
	static const struct kraken_pair pair = {
		"BTC/USD", "XBTUSD", "XBTUSD", "XBT/USD", "XXBTZUSD", "online"};
	static const struct {
		const char *name;
		bool is;
	} cases[] = {{"BTC/USD", true}, {"XBTUSD", true}, {"XBT/USD", true}, {"XXBTZUSD", true},
		{"XXBTZEUR", false}, {"", false}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_value name = {.type = JSON_STRING, .raw = span_text(cases[i].name)};

		TAP_OK(kraken_pair_is_named(&pair, &name) == cases[i].is, "%s", cases[i].name);
	}
}

static void test_query(void)
{
	char *query = kraken_query_encode(span_text("BTC/USD &=é"));

	TAP_OK(strcmp(query, "BTC%2FUSD%20%26%3D%C3%A9") == 0, "%s", query);
	free(query);
}

static void test_answers(void)
{
	static const struct {
		const char *body;
		enum kraken_verdict verdict;
	} cases[] = {
		{"{\"error\":[],\"result\":{}}", KRAKEN_AGAIN},
		{"{\"error\":[],\"result\":{\"A\":{\"altname\":\"A\"}}}", KRAKEN_AGAIN},
		{"{\"error\":[\"EService:Busy\"]}", KRAKEN_AGAIN},
		{"{\"error\":[\"EGeneral:Too many requests\"]}", KRAKEN_TOO_FAST},
		{"<html>", KRAKEN_AGAIN},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct kraken_pairs pairs = {.n = 0};
		struct err err;
		int64_t wait_ns;

		TAP_OK(kraken_pairs_take(&pairs, 200, span_text(cases[i].body), 1, &wait_ns,
			       &err) == cases[i].verdict &&
				pairs.n == 0,
			"%s: %s", cases[i].body, err.text);
		kraken_pairs_release(&pairs);
	}
}

int main(void)
{
	test_names();
	test_near();
	test_match();
	test_patterns();
	test_members();
	test_query();
	test_answers();
	return tap_end();
}
