#include "job/products.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/json.h"

enum { HALF_MIN = 2, HALF_MAX = 10 };

static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static bool is_half(size_t n)
{
	return n >= HALF_MIN && n <= HALF_MAX;
}

static bool is_product(const char *name)
{
	size_t first = strspn(name, capitals), second;

	if (!name[first])
		return first >= 2 * HALF_MIN && first <= 2 * HALF_MAX;
	if (name[first] != '/' && name[first] != '-')
		return false;
	second = strspn(name + first + 1, capitals);
	return is_half(first) && is_half(second) && !name[first + 1 + second];
}

/* An owned text; one that holds a NUL is cut there, since no product has one. */
static char *capitalised(struct span text)
{
	char *name = mem_alloc(text.n + 1, 1);

	memcpy(name, text.p, text.n);
	for (char *c = name; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	return name;
}

static bool is_listed(char *const *products, const char *name)
{
	for (; *products; products++)
		if (strcmp(*products, name) == 0)
			return true;
	return false;
}

/* Puts an element behind the others, unless it is one of them. */
static int add(char **products, const struct json_value *element, struct buf *scratch,
	char reason[PRODUCTS_REASON_MAX])
{
	struct span text = element->raw;
	size_t n = 0;
	char *name;

	if (element->type == JSON_STRING)
		text = json_text(element, scratch);
	name = capitalised(text);
	if (element->type != JSON_STRING || strlen(name) != text.n || !is_product(name)) {
		snprintf(reason, PRODUCTS_REASON_MAX, "'%.*s' is no product such as BTC/USD",
			span_shown(text), text.p);
		free(name);
		return -1;
	}
	if (is_listed(products, name)) {
		free(name);
		return 0;
	}
	while (products[n])
		n++;
	products[n] = name;
	return 0;
}

static char **read_array(struct span array, char reason[PRODUCTS_REASON_MAX])
{
	struct json_walk walk = json_walk_start(array);
	/* Each takes three bytes or more, with its quotes and comma. */
	char **products = mem_alloc(array.n / 3 + 2, sizeof *products);
	struct json_value element;
	struct buf scratch;
	int result = 0;

	buf_init(&scratch, array.n);
	while (result == 0 && json_walk_next(&walk, &element))
		result = add(products, &element, &scratch, reason);
	buf_release(&scratch);
	if (result == 0)
		return products;
	products_free(products);
	return NULL;
}

char **products_parse(const char *text, char reason[PRODUCTS_REASON_MAX])
{
	struct json_value array;
	struct json_fault fault;
	char **products;

	if (json_scan(span_text(text), &array, &fault) < 0 || array.type != JSON_ARRAY) {
		snprintf(reason, PRODUCTS_REASON_MAX,
			"not a JSON array of texts such as [\"BTC/USD\",\"ETH/USD\"]");
		return NULL;
	}
	products = read_array(array.raw, reason);
	if (!products || *products)
		return products;
	snprintf(reason, PRODUCTS_REASON_MAX, "it names no product");
	products_free(products);
	return NULL;
}

void products_free(char **products)
{
	for (size_t i = 0; products && products[i]; i++)
		free(products[i]);
	free(products);
}
