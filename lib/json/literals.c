#include "json/literals.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/mem.h"
#include "json/json.h"

struct literal {
	double key;
	struct span text; /* of several spellings of its value the first in the text */
};

void literals_init(struct literals *literals)
{
	*literals = (struct literals){0};
}

void literals_release(struct literals *literals)
{
	free(literals->items);
	free(literals->pieces);
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

/* What is done with each number and each string of a text. */
struct visit {
	void (*number)(struct literals *literals, struct span number);
	void (*string)(struct literals *literals, struct span string);
};

static void visit_none(struct literals *literals, struct span text)
{
	(void)literals;
	(void)text;
}

/* The depth is bounded by the scanner's. */
static void visit(
	struct literals *literals, const struct json_value *value, const struct visit *what)
{
	struct json_value name, inner;
	struct json_walk walk;

	switch (value->type) {
	case JSON_NUMBER:
		what->number(literals, value->raw);
		break;
	case JSON_STRING:
		what->string(literals, value->raw);
		break;
	case JSON_ARRAY:
		walk = json_walk_start(value->raw);
		while (json_walk_next(&walk, &inner))
			visit(literals, &inner, what);
		break;
	case JSON_OBJECT:
		walk = json_walk_members(value->raw);
		while (json_walk_member(&walk, &name, &inner)) {
			what->string(literals, name.raw);
			visit(literals, &inner, what);
		}
		break;
	default:
		break;
	}
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

/* What two numbers have in common that can be shown to be the same value, or are spelled alike;
 * in `room` where it has to be rewritten. */
static struct span spell_value(struct span number, char room[DECIMAL_TEXT_MAX + 1])
{
	struct span magnitude = number;
	struct decimal decimal;
	size_t n = 0;

	if (is_zero(number))
		return span_make("0", 1);
	if (take_sign(&magnitude))
		room[n++] = '-';
	if (decimal_read(magnitude, &decimal) != DECIMAL_OK)
		return number;
	return span_make(room, n + decimal_write(room + n, &decimal));
}

static int compare_bytes(struct span a, struct span b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* Any order will do in which the same values are neighbours. */
static int compare_values(struct span a, struct span b)
{
	char room_a[DECIMAL_TEXT_MAX + 1], room_b[DECIMAL_TEXT_MAX + 1];

	return span_is(a, b) ? 0 : compare_bytes(spell_value(a, room_a), spell_value(b, room_b));
}

static int compare_literals(const struct literal *a, const struct literal *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return compare_values(a->text, b->text);
}

/* Of the same value by place in the text. */
static int compare_places(const void *a, const void *b)
{
	const struct literal *x = a, *y = b;
	int order = compare_literals(x, y);

	return order ? order : (x->text.p > y->text.p) - (x->text.p < y->text.p);
}

/* Leaves one of those that have the same value. */
static void merge(struct literals *literals)
{
	struct literal *kept = literals->items;

	for (size_t i = 1; i < literals->n; i++)
		if (compare_literals(kept, &literals->items[i]) != 0)
			*++kept = literals->items[i];
	if (literals->n > 0)
		literals->n = (size_t)(kept - literals->items) + 1;
}

void literals_read(struct literals *literals, struct span text)
{
	static const struct visit collect = {add, add_string};
	struct json_value value;
	struct json_fault fault;

	literals->n = 0;
	literals->text = span_make(NULL, 0);
	literals->pieces_read = false;
	if (json_scan(text, &value, &fault) < 0)
		return;
	literals->text = text;
	visit(literals, &value, &collect);
	if (literals->n > 0)
		qsort(literals->items, literals->n, sizeof *literals->items, compare_places);
	merge(literals);
}

/* The first that is not below a double, or a double and a value. */
static size_t find_first(const struct literals *literals, double key, const struct span *value)
{
	struct literal wanted = {.key = key};
	size_t low = 0, high = literals->n;

	if (value)
		wanted.text = *value;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct literal *item = &literals->items[middle];
		if (value ? compare_literals(item, &wanted) < 0 : item->key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_key(const struct literals *literals, size_t i, double key)
{
	return i < literals->n && literals->items[i].key == key;
}

enum literals_match literals_find(
	const struct literals *literals, struct span number, struct span *literal)
{
	double key = literals_key(number);
	size_t first = find_first(literals, key, NULL);

	if (!has_key(literals, first, key))
		return LITERALS_NONE;
	if (has_key(literals, first + 1, key))
		return LITERALS_MANY;
	*literal = literals->items[first].text;
	return LITERALS_ONE;
}

static enum literals_match compare_signed(
	const struct literals *literals, struct span number, double key)
{
	size_t i = find_first(literals, key, &number);

	if (has_key(literals, i, key) && compare_values(literals->items[i].text, number) == 0)
		return LITERALS_ONE;
	return has_key(literals, find_first(literals, key, NULL), key) ? LITERALS_MANY
								       : LITERALS_NONE;
}

enum literals_match literals_compare(const struct literals *literals, struct span number)
{
	double key = literals_key(number);
	enum literals_match match = compare_signed(literals, number, key), negative;
	char small[64], *text;

	if (match == LITERALS_ONE)
		return match;
	text = number.n < sizeof small ? small : mem_alloc(number.n + 1, 1);
	text[0] = '-';
	memcpy(text + 1, number.p, number.n);
	negative = compare_signed(literals, span_make(text, number.n + 1), -key);
	if (text != small)
		free(text);
	return negative == LITERALS_NONE ? match : negative;
}

static void add_piece(struct literals *literals, struct span piece)
{
	while (piece.n > 0 && piece.p[piece.n - 1] == '.')
		piece.n--;
	if (piece.n == 0)
		return;
	if (literals->pieces_n == literals->pieces_cap) {
		literals->pieces_cap = literals->pieces_cap ? literals->pieces_cap * 2 : 64;
		literals->pieces = mem_resize(
			literals->pieces, literals->pieces_cap, sizeof *literals->pieces);
	}
	literals->pieces[literals->pieces_n++] = piece;
}

static bool is_of_digits(char c)
{
	return (c >= '0' && c <= '9') || c == '.';
}

static void add_pieces(struct literals *literals, struct span string)
{
	const char *at = string.p, *end = string.p + string.n, *start;

	while (at < end) {
		start = at;
		while (at < end && is_of_digits(*at))
			at++;
		add_piece(literals, span_make(start, (size_t)(at - start)));
		if (at < end)
			at += *at != '\\' ? 1 : at[1] == 'u' ? sizeof "\\u0000" - 1 : 2;
	}
}

static int compare_pieces(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return compare_bytes(*x, *y);
}

static void read_pieces(struct literals *literals)
{
	static const struct visit collect = {visit_none, add_pieces};
	struct json_value value;
	struct json_fault fault;

	literals->pieces_read = true;
	literals->pieces_n = 0;
	if (json_scan(literals->text, &value, &fault) == 0)
		visit(literals, &value, &collect);
	if (literals->pieces_n > 0)
		qsort(literals->pieces, literals->pieces_n, sizeof *literals->pieces,
			compare_pieces);
}

bool literals_quote(struct literals *literals, struct span digits)
{
	if (!literals->pieces_read)
		read_pieces(literals);
	return literals->pieces_n > 0 &&
		bsearch(&digits, literals->pieces, literals->pieces_n, sizeof *literals->pieces,
			compare_pieces);
}
