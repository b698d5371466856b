#include "json/json.h"

#include <string.h>

#include "base/quote.h"
#include "base/word.h"
#include "json/utf16.h"

/* A scan in progress. The functions below advance `p` and return 0, or fill *fault and return
 * -1. */
struct scan {
	const char *p;
	const char *end;
	const char *start;
	unsigned depth;
	struct json_fault *fault;
};

static struct scan scan_start(struct span text, struct json_fault *fault)
{
	const char *p = text.p ? text.p : "";

	return (struct scan){p, p + text.n, p, 0, fault};
}

static int refuse(const struct scan *s, const char *reason)
{
	s->fault->reason = s->p == s->end ? "not JSON: ends too early" : reason;
	s->fault->at = (size_t)(s->p - s->start);
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
		s->p++;
}

static bool skip_char(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool skip_digits(struct scan *s)
{
	const char *start = s->p;

	while (s->p < s->end && is_digit(*s->p))
		s->p++;
	return s->p > start;
}

static int scan_number(struct scan *s)
{
	bool negative = skip_char(s, '-');

	if (!skip_char(s, '0') && !skip_digits(s))
		return refuse(s,
			negative ? "not JSON: a number without digits"
				 : "not JSON: no value where one is due");
	if (s->p < s->end && is_digit(*s->p))
		return refuse(s, "not JSON: a number with leading zeros");
	if (skip_char(s, '.') && !skip_digits(s))
		return refuse(s, "not JSON: a number without digits behind its point");
	if (skip_char(s, 'e') || skip_char(s, 'E')) {
		if (!skip_char(s, '+'))
			skip_char(s, '-');
		if (!skip_digits(s))
			return refuse(s, "not JSON: a number without digits in its exponent");
	}
	return 0;
}

/* The four digits behind "\u". */
static int scan_hex(struct scan *s, unsigned *unit)
{
	*unit = 0;
	for (unsigned i = 0; i < 4; i++, s->p++) {
		if (s->p == s->end || utf16_hex(*s->p) < 0)
			return refuse(s, "not JSON: \\u without four hexadecimal digits");
		*unit = *unit * 16 + (unsigned)utf16_hex(*s->p);
	}
	return 0;
}

/* Behind "\u": one unit of UTF-16, or two that belong together. */
static int scan_unicode(struct scan *s)
{
	unsigned unit;

	if (scan_hex(s, &unit) < 0)
		return -1;
	if (utf16_is_low(unit))
		return refuse(s, "not JSON: a low surrogate without a high one");
	if (!utf16_is_high(unit))
		return 0;
	if (!skip_char(s, '\\') || !skip_char(s, 'u'))
		return refuse(s, "not JSON: a high surrogate without a low one");
	if (scan_hex(s, &unit) < 0)
		return -1;
	if (!utf16_is_low(unit))
		return refuse(s, "not JSON: a high surrogate without a low one");
	return 0;
}

/* At a byte of a string that is not plain text and not the closing quote. */
static int scan_special(struct scan *s)
{
	size_t length;

	if (skip_char(s, '\\')) {
		if (skip_char(s, 'u'))
			return scan_unicode(s);
		if (s->p == s->end || *s->p == '\0' || !strchr("\"\\/bfnrt", *s->p))
			return refuse(s, "not JSON: an escape that does not exist");
		s->p++;
		return 0;
	}
	if ((unsigned char)*s->p < 0x20)
		return refuse(s, "not JSON: a control character in a string");
	length = quote_utf8_length(span_make(s->p, (size_t)(s->end - s->p)));
	if (length == 0)
		return refuse(s, "not JSON: a string that is not UTF-8");
	s->p += length;
	return 0;
}

size_t json_plain_length(struct span text)
{
	size_t n = 0;

	for (; text.n - n >= WORD_SIZE; n += WORD_SIZE) {
		uint64_t word = word_load(text.p + n);
		uint64_t marks = word_equal(word, '"') | word_equal(word, '\\') |
			word_below(word, 0x20) | word_high(word);
		if (marks)
			return n + word_first(marks);
	}
	while (n < text.n && (unsigned char)text.p[n] >= 0x20 && (unsigned char)text.p[n] < 0x80 &&
		text.p[n] != '"' && text.p[n] != '\\')
		n++;
	return n;
}

/* Behind the opening quote, up to behind the closing one. */
static int scan_string(struct scan *s, struct json_value *value)
{
	const char *start = s->p;

	value->type = JSON_STRING;
	value->escaped = false;
	for (;;) {
		s->p += json_plain_length(span_make(s->p, (size_t)(s->end - s->p)));
		if (s->p == s->end)
			return refuse(s, "not JSON: a string without its end");
		if (*s->p == '"')
			break;
		value->escaped |= *s->p == '\\';
		if (scan_special(s) < 0)
			return -1;
	}
	value->raw = span_make(start, (size_t)(s->p++ - start));
	return 0;
}

static int scan_word(struct scan *s, const char *word)
{
	for (; *word; word++)
		if (!skip_char(s, *word))
			return refuse(s, "not JSON: neither a value nor a word it knows");
	return 0;
}

static int scan_value(struct scan *s, struct json_value *value);

static int enter(struct scan *s)
{
	if (++s->depth > JSON_DEPTH_MAX)
		return refuse(s, "JSON nested more than 64 deep");
	skip_blanks(s);
	return 0;
}

/* Behind the opening bracket, up to behind the closing one. */
static int scan_array(struct scan *s)
{
	struct json_value element;

	if (enter(s) < 0)
		return -1;
	if (!skip_char(s, ']')) {
		do {
			if (scan_value(s, &element) < 0)
				return -1;
		} while (skip_char(s, ','));
		if (!skip_char(s, ']'))
			return refuse(s, "not JSON: neither a comma nor the end of an array");
	}
	s->depth--;
	return 0;
}

/* A member's name in quotes as it is written almost everywhere. */
static bool skip_name(struct scan *s, struct span name)
{
	if ((size_t)(s->end - s->p) < name.n + 2 || s->p[0] != '"' || s->p[name.n + 1] != '"' ||
		memcmp(s->p + 1, name.p, name.n) != 0)
		return false;
	s->p += name.n + 2;
	return true;
}

/* The members that an object is searched for. */
struct wanted {
	struct json_member *members;
	size_t n;
	size_t next; /* the one that is likely to come next */
};

/* A name, and where the value behind it goes: NULL where nobody asked for it. */
static int scan_name(struct scan *s, struct wanted *wanted, struct json_value **value)
{
	struct json_value name;

	*value = NULL;
	if (wanted->next < wanted->n && skip_name(s, wanted->members[wanted->next].name)) {
		*value = &wanted->members[wanted->next++].value;
		return 0;
	}
	if (!skip_char(s, '"'))
		return refuse(s, "not JSON: a member without a name in quotes");
	if (scan_string(s, &name) < 0)
		return -1;
	for (size_t i = 0; i < wanted->n && !*value; i++) {
		if (json_is(&name, wanted->members[i].name)) {
			*value = &wanted->members[i].value;
			wanted->next = i + 1;
		}
	}
	return 0;
}

/* A member: its name, the colon, its value. */
static int scan_member(struct scan *s, struct wanted *wanted)
{
	struct json_value ignored;
	struct json_value *value;

	skip_blanks(s);
	if (scan_name(s, wanted, &value) < 0)
		return -1;
	skip_blanks(s);
	if (!skip_char(s, ':'))
		return refuse(s, "not JSON: no colon behind a member's name");
	return scan_value(s, value ? value : &ignored);
}

/* Behind the opening brace, up to behind the closing one. */
static int scan_object(struct scan *s, struct wanted *wanted)
{
	if (enter(s) < 0)
		return -1;
	if (!skip_char(s, '}')) {
		do {
			if (scan_member(s, wanted) < 0)
				return -1;
		} while (skip_char(s, ','));
		if (!skip_char(s, '}'))
			return refuse(s, "not JSON: neither a comma nor the end of an object");
	}
	s->depth--;
	return 0;
}

/* Any value but a string. */
static int scan_unquoted(struct scan *s, enum json_type *type)
{
	struct wanted none = {0};

	switch (*s->p) {
	case '{':
		s->p++;
		*type = JSON_OBJECT;
		return scan_object(s, &none);
	case '[':
		s->p++;
		*type = JSON_ARRAY;
		return scan_array(s);
	case 't':
		*type = JSON_TRUE;
		return scan_word(s, "true");
	case 'f':
		*type = JSON_FALSE;
		return scan_word(s, "false");
	case 'n':
		*type = JSON_NULL;
		return scan_word(s, "null");
	default:
		*type = JSON_NUMBER;
		return scan_number(s);
	}
}

/* A value with blanks around it. */
static int scan_value(struct scan *s, struct json_value *value)
{
	const char *start;

	skip_blanks(s);
	start = s->p;
	if (skip_char(s, '"')) {
		if (scan_string(s, value) < 0)
			return -1;
	} else {
		if (s->p == s->end)
			return refuse(s, "not JSON: no value");
		if (scan_unquoted(s, &value->type) < 0)
			return -1;
		value->escaped = false;
		value->raw = span_make(start, (size_t)(s->p - start));
	}
	skip_blanks(s);
	return 0;
}

static int scan_end(struct scan *s)
{
	return s->p == s->end ? 0 : refuse(s, "not JSON: something behind the value");
}

int json_scan(struct span text, struct json_value *value, struct json_fault *fault)
{
	struct scan s = scan_start(text, fault);

	if (scan_value(&s, value) < 0)
		return -1;
	return scan_end(&s);
}

int json_object(struct span text, struct json_member *members, size_t n, struct json_fault *fault)
{
	struct scan s = scan_start(text, fault);
	struct wanted wanted = {members, n, 0};

	for (size_t i = 0; i < n; i++)
		members[i].value = (struct json_value){.type = JSON_NONE};
	skip_blanks(&s);
	if (!skip_char(&s, '{')) {
		struct json_value other;
		if (json_scan(text, &other, fault) < 0)
			return -1;
		return refuse(&s, "not a JSON object");
	}
	if (scan_object(&s, &wanted) < 0)
		return -1;
	skip_blanks(&s);
	return scan_end(&s);
}

struct json_walk json_walk_start(struct span array)
{
	/* Without the brackets. */
	return (struct json_walk){array.p + 1, array.p + array.n - 1};
}

struct json_walk json_walk_members(struct span object)
{
	return json_walk_start(object);
}

bool json_walk_member(struct json_walk *walk, struct json_value *name, struct json_value *value)
{
	struct json_fault fault;
	struct scan s = scan_start(span_make(walk->at, (size_t)(walk->end - walk->at)), &fault);

	skip_blanks(&s);
	if (!skip_char(&s, '"') || scan_string(&s, name) < 0)
		return false;
	skip_blanks(&s);
	if (!skip_char(&s, ':') || scan_value(&s, value) < 0)
		return false;
	skip_char(&s, ',');
	walk->at = s.p;
	return true;
}

bool json_walk_next(struct json_walk *walk, struct json_value *element)
{
	struct json_fault fault;
	struct scan s = scan_start(span_make(walk->at, (size_t)(walk->end - walk->at)), &fault);

	skip_blanks(&s);
	if (s.p == s.end || scan_value(&s, element) < 0)
		return false;
	skip_char(&s, ',');
	walk->at = s.p;
	return true;
}
