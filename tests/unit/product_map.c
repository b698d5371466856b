/* Other names for products, from a file. */
#include "market/product_map.h"

#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256 X64 X64 X64 X64

static char path[] = "/tmp/product-map-XXXXXX";

/* The map that the text makes, or NULL and *err. */
static struct product_map *map_of(const char *text, struct err *err)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) == EOF || fclose(file) == EOF)
		exit(1);
	return product_map_open(path, err);
}

static void test_names(void)
{
	static const struct {
		const char *map, *product, *name;
	} cases[] = {
		{"{\"BTCUSDT\":\"BTC/USDT\"}", "BTCUSDT", "BTC/USDT"},
		{"{\"BTCUSDT\":\"BTC/USDT\"}", "BTCUSD", "BTCUSD"},
		{"{\"BTCUSDT\":\"BTC/USDT\"}", "BTCUSDTX", "BTCUSDTX"},
		{"{\"BTCUSDT\":\"BTC/USDT\"}", "A", "A"},
		{"{\"BTCUSDT\":\"BTC/USDT\"}", "", ""},
		{"\n{\n \"B\" : \"b\" ,\r\n\t\"A\":\"a\"}\n\n", "A", "a"},
		{"\n{\n \"B\" : \"b\" ,\r\n\t\"A\":\"a\"}\n\n", "B", "b"},
		{"{\"C\":\"1\",\"A\":\"2\",\"B\":\"3\",\"D\":\"4\",\"AA\":\"5\"}", "AA", "5"},
		{"{\"C\":\"1\",\"A\":\"2\",\"B\":\"3\",\"D\":\"4\",\"AA\":\"5\"}", "D", "4"},
		{"{\"A\":\"first\",\"B\":\"b\",\"A\":\"last\"}", "A", "last"},
		{"{\"A\":\"first\",\"\\u0041\":\"last\"}", "A", "last"},
		{"{\"\\u0042TC\\/X\":\"\\u00e9\\\"\"}", "BTC/X", "\xc3\xa9\""},
		{"{\"A\":\"B\",\"B\":\"A\"}", "A", "B"},
		{"{\"A\":\"" X256 "\"}", "A", X256},
		{"{\"" X256 "\":\"A\"}", X256, "A"},
		{"{}", "A", "A"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct product_map *map = map_of(cases[i].map, NULL);
		struct span product = span_text(cases[i].product);

		TAP_OK(map && span_is_text(product_map_name(map, product), cases[i].name) &&
				span_is_text(product_map_name(map, product), cases[i].name),
			"'%s' is '%s'", cases[i].product, cases[i].name);
		if (map)
			product_map_close(map);
	}
}

static void test_runs(void)
{
	static const char *const products[] = {"A", "A", "B", "X", "X", "A", "B", "B", "A"};
	static const char *const names[] = {"a", "a", "b", "X", "X", "a", "b", "b", "a"};
	struct product_map *map = map_of("{\"B\":\"b\",\"A\":\"a\"}", NULL);

	for (size_t i = 0; map && i < sizeof names / sizeof *names; i++)
		TAP_OK(span_is_text(product_map_name(map, span_text(products[i])), names[i]),
			"'%s' in turn", products[i]);
	product_map_close(map);
}

static void test_faults(void)
{
	static const struct {
		const char *map, *reason;
	} cases[] = {
		{"", "not JSON"},
		{"{\"A\":\"B\"", "not JSON"},
		{"{\"A\":\"B\"}{}", "not JSON"},
		{"[]", "not a JSON object"},
		{"\"A\"", "not a JSON object"},
		{"{\"A\":1}", "a name that is not a string"},
		{"{\"A\":null}", "a name that is not a string"},
		{"{\"A\":\"a\",\"B\":[]}", "a name that is not a string"},
		{"{\"A\":\"\"}", "an empty name"},
		{"{\"\":\"A\"}", "an empty name"},
		{"{\"A\":\"" X256 "y\"}", "a name of more than 256 bytes"},
		{"{\"" X256 "y\":\"A\"}", "a name of more than 256 bytes"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {.text = ""};

		TAP_OK(!map_of(cases[i].map, &err) && err.code == EXIT_USAGE &&
				strstr(err.text, cases[i].reason) && strstr(err.text, path),
			"%.40s: %s", cases[i].map, cases[i].reason);
	}
}

static void test_no_file(void)
{
	struct err err = {.text = ""};

	unlink(path);
	TAP_OK(!product_map_open(path, &err) && err.code == EXIT_USAGE && strstr(err.text, path),
		"a file that is not there");
	product_map_close(NULL);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	test_names();
	test_runs();
	test_faults();
	test_no_file();
	return tap_end();
}
