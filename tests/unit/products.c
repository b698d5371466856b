/* PRODUCT_IDS as users write it. */
#include "job/products.h"

#include <string.h>

#include "tap.h"

static const struct {
	const char *text, *wanted; /* in one line */
} good[] = {
	{"[\"BTC/USD\"]", "BTC/USD "},
	{"[\"BTC/USD\",\"ETH/USD\"]", "BTC/USD ETH/USD "},
	{" [ \"btc/usd\" , \"eTh-eUr\" ]\n", "BTC/USD ETH-EUR "},
	{"[\"XBTUSD\",\"1INCH/USD\",\"A1/B2\",\"ABCD\"]", "XBTUSD 1INCH/USD A1/B2 ABCD "},
	{"[\"ABCDEFGHIJ/ABCDEFGHIJ\",\"ABCDEFGHIJABCDEFGHIJ\"]",
		"ABCDEFGHIJ/ABCDEFGHIJ ABCDEFGHIJABCDEFGHIJ "},
	{"[\"BTC\\/USD\",\"\\u0042TC/EUR\"]", "BTC/USD BTC/EUR "},
	{"[\"BTC/USD\",\"ETH/USD\",\"btc/usd\",\"BTC-USD\"]", "BTC/USD ETH/USD BTC-USD "},
};

#define NO_ARRAY "not a JSON array of texts such as [\"BTC/USD\",\"ETH/USD\"]"
#define NO_PRODUCT(name) "'" name "' is no product such as BTC/USD"

static const struct {
	const char *text, *reason;
} bad[] = {
	{"", NO_ARRAY},
	{"BTC/USD", NO_ARRAY},
	{"BTC/USD,ETH/USD", NO_ARRAY},
	{"\"BTC/USD\"", NO_ARRAY},
	{"['BTC/USD']", NO_ARRAY},
	{"[BTC/USD]", NO_ARRAY},
	{"[\"BTC/USD\",]", NO_ARRAY},
	{"[\"BTC/USD\"", NO_ARRAY},
	{"[\"BTC/USD\"] x", NO_ARRAY},
	{"{\"BTC/USD\":1}", NO_ARRAY},
	{"null", NO_ARRAY},
	{"[]", "it names no product"},
	{" [ ] ", "it names no product"},
	{"[\"BTC USD\"]", NO_PRODUCT("BTC USD")},
	{"[\"BTC/USD\",\"eth_usd\",\"x\"]", NO_PRODUCT("eth_usd")},
	{"[\"\"]", NO_PRODUCT("")},
	{"[\"ABC\"]", NO_PRODUCT("ABC")},
	{"[\"A/USD\"]", NO_PRODUCT("A/USD")},
	{"[\"BTC/U\"]", NO_PRODUCT("BTC/U")},
	{"[\"BTC/\"]", NO_PRODUCT("BTC/")},
	{"[\"/USD\"]", NO_PRODUCT("/USD")},
	{"[\"BTC//USD\"]", NO_PRODUCT("BTC//USD")},
	{"[\"BTC/USD/EUR\"]", NO_PRODUCT("BTC/USD/EUR")},
	{"[\"ABCDEFGHIJK/USD\"]", NO_PRODUCT("ABCDEFGHIJK/USD")},
	{"[\"BTC/ABCDEFGHIJK\"]", NO_PRODUCT("BTC/ABCDEFGHIJK")},
	{"[\"ABCDEFGHIJABCDEFGHIJK\"]", NO_PRODUCT("ABCDEFGHIJABCDEFGHIJK")},
	{"[\" BTC/USD\"]", NO_PRODUCT(" BTC/USD")},
	{"[\"BTC/USD\\n\"]", NO_PRODUCT("BTC/USD\n")},
	{"[\"BTC/USD\\u0000\"]", NO_PRODUCT("BTC/USD")},
	{"[\"BTC\xc3\xa9/USD\"]", NO_PRODUCT("BTC\xc3\xa9/USD")},
	{"[\"BTC/USD\",42]", NO_PRODUCT("42")},
	{"[12345]", NO_PRODUCT("12345")},
	{"[null]", NO_PRODUCT("null")},
	{"[[\"BTC/USD\"]]", NO_PRODUCT("[\"BTC/USD\"]")},
};

static void test_good(const char *text, const char *wanted)
{
	char reason[PRODUCTS_REASON_MAX] = "", line[256] = "";
	char **products = products_parse(text, reason);
	size_t n = 0;

	for (size_t i = 0; products && products[i]; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, "%s ", products[i]);
	if (!TAP_OK(products && strcmp(line, wanted) == 0, "good: %s", wanted))
		printf("# %s|%s\n", line, reason);
	products_free(products);
}

static void test_long(void)
{
	static char text[4096] = "[\"";
	char reason[PRODUCTS_REASON_MAX];

	memset(text + 2, 'A', sizeof text - 5);
	memcpy(text + sizeof text - 3, "\"]", 3);
	TAP_OK(!products_parse(text, reason) &&
			strstr(reason, "AAA' is no product such as BTC/USD"),
		"one that is long is shown by its beginning");
}

int main(void)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		test_good(good[i].text, good[i].wanted);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char reason[PRODUCTS_REASON_MAX] = "";
		char **products = products_parse(bad[i].text, reason);
		if (!TAP_OK(!products && strcmp(reason, bad[i].reason) == 0, "bad: %zu", i + 1))
			printf("# %s\n", reason);
		products_free(products);
	}
	test_long();
	products_free(NULL);
	return tap_end();
}
