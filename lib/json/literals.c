#include "json/literals.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/mem.h"
#include "json/json.h"

/* Values that have one double between them. */
struct literal {
	double key;
	struct span text; /* the first of them in the text */
	bool many;	  /* they are not all the same value */
};

void literals_init(struct literals *literals)
{
	*literals = (struct literals){0};
}

void literals_release(struct literals *literals)
{
	free(literals->items);
	literals_init(literals);
}

double literals_key(struct span number)
{
	char small[64];
	char *text = number.n < sizeof small ? small : mem_alloc(number.n + 1, 1);
	double key;

	memcpy(text, number.p, number.n);
	text[number.n] = '\0';
	key = strtod(text, NULL);
	if (text != small)
		free(text);
	return key;
}

static void add(struct literals *literals, struct span number)
{
	if (literals->n == literals->cap) {
		literals->cap = literals->cap ? literals->cap * 2 : 64;
		literals->items =
			mem_resize(literals->items, literals->cap, sizeof *literals->items);
	}
	literals->items[literals->n++] =
		(struct literal){.key = literals_key(number), .text = number};
}

static void add_string(struct literals *literals, struct span text)
{
	struct json_value value;
	struct json_fault fault;

	if (text.n == 0 || (text.p[0] != '-' && (unsigned char)(text.p[0] - '0') > 9))
		return;
	if (json_scan(text, &value, &fault) == 0 && value.type == JSON_NUMBER &&
		value.raw.n == text.n)
		add(literals, text);
}

/* The depth is bounded by the scanner's. */
static void collect(struct literals *literals, const struct json_value *value)
{
	struct json_value name, inner;
	struct json_walk walk;

	switch (value->type) {
	case JSON_NUMBER:
		add(literals, value->raw);
		break;
	case JSON_STRING:
		add_string(literals, value->raw);
		break;
	case JSON_ARRAY:
		walk = json_walk_start(value->raw);
		while (json_walk_next(&walk, &inner))
			collect(literals, &inner);
		break;
	case JSON_OBJECT:
		walk = json_walk_members(value->raw);
		while (json_walk_member(&walk, &name, &inner)) {
			collect(literals, &name);
			collect(literals, &inner);
		}
		break;
	default:
		break;
	}
}

/* By double, then by place in the text. */
static int compare(const void *a, const void *b)
{
	const struct literal *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->text.p > y->text.p) - (x->text.p < y->text.p);
}

static bool take_sign(struct span *number)
{
	if (number->n == 0 || number->p[0] != '-')
		return false;
	*number = span_make(number->p + 1, number->n - 1);
	return true;
}

/* Whether a number is zero however it is spelled: it has no other digit ahead of its exponent. */
static bool is_zero(struct span number)
{
	for (size_t i = 0; i < number.n && number.p[i] != 'e' && number.p[i] != 'E'; i++)
		if (number.p[i] >= '1' && number.p[i] <= '9')
			return false;
	return true;
}

/* Whether two numbers can be shown to be the same value. */
static bool is_same(struct span a, struct span b)
{
	char text_a[DECIMAL_TEXT_MAX], text_b[DECIMAL_TEXT_MAX];
	struct decimal decimal_a, decimal_b;

	if (span_is(a, b) || (is_zero(a) && is_zero(b)))
		return true;
	if (take_sign(&a) != take_sign(&b) || decimal_read(a, &decimal_a) != DECIMAL_OK ||
		decimal_read(b, &decimal_b) != DECIMAL_OK)
		return false;
	return span_is(span_make(text_a, decimal_write(text_a, &decimal_a)),
		span_make(text_b, decimal_write(text_b, &decimal_b)));
}

/* Leaves one of those that share a double, so that finding stays fast whatever the text repeats. */
static void merge(struct literals *literals)
{
	struct literal *kept = literals->items;

	for (size_t i = 1; i < literals->n; i++) {
		const struct literal *next = &literals->items[i];
		if (next->key != kept->key)
			*++kept = *next;
		else if (!is_same(kept->text, next->text))
			kept->many = true;
	}
	if (literals->n > 0)
		literals->n = (size_t)(kept - literals->items) + 1;
}

void literals_read(struct literals *literals, struct span text)
{
	struct json_value value;
	struct json_fault fault;

	literals->n = 0;
	if (json_scan(text, &value, &fault) < 0)
		return;
	collect(literals, &value);
	if (literals->n > 0)
		qsort(literals->items, literals->n, sizeof *literals->items, compare);
	merge(literals);
}

enum literals_match literals_find(
	const struct literals *literals, struct span number, struct span *literal)
{
	double key = literals_key(number);
	size_t low = 0, high = literals->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (literals->items[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == literals->n || literals->items[low].key != key)
		return LITERALS_NONE;
	if (literals->items[low].many)
		return LITERALS_MANY;
	*literal = literals->items[low].text;
	return LITERALS_ONE;
}
