#include "market/kraken_pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/json.h"

enum { NAME_MAX_BYTES = 64 }; /* three times the longest of a pair; longer ones are left out */

/* A name that a record, a URL and a message can carry as it is. */
static bool is_plain(const struct json_value *name)
{
	if (name->type != JSON_STRING || name->escaped || name->raw.n == 0 ||
		name->raw.n > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name->raw.n; i++)
		if (name->raw.p[i] <= ' ' || name->raw.p[i] > '~')
			return false;
	return true;
}

static char *copy(struct span text)
{
	char *to = mem_alloc(text.n + 1, 1);

	memcpy(to, text.p, text.n);
	return to;
}

char *kraken_query_encode(struct span text)
{
	/* RFC 3986, "unreserved" */
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	static const char digits[] = "0123456789ABCDEF";
	char *to = mem_alloc(3 * text.n + 1, 1);
	char *at = to;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c && strchr(plain, c)) {
			*at++ = (char)c;
			continue;
		}
		*at++ = '%';
		*at++ = digits[c / 16];
		*at++ = digits[c % 16];
	}
	return to;
}

/* What WebSocket v2 calls an asset of v1. */
static struct span v2_asset(struct span asset)
{
	static const struct {
		struct span v1, v2;
	} renamed[] = {{SPAN("XBT"), SPAN("BTC")}, {SPAN("XDG"), SPAN("DOGE")}};

	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
		if (span_is(asset, renamed[i].v1))
			return renamed[i].v2;
	return asset;
}

/* NULL where it is not two assets with a slash between them. */
static char *v2_name(struct span wsname)
{
	const char *slash = memchr(wsname.p, '/', wsname.n);
	char text[2 * NAME_MAX_BYTES];
	struct span base, quote;

	if (!slash)
		return NULL;
	base = v2_asset(span_make(wsname.p, (size_t)(slash - wsname.p)));
	quote = v2_asset(span_make(slash + 1, (size_t)(wsname.p + wsname.n - slash) - 1));
	memcpy(text, base.p, base.n);
	text[base.n] = '/';
	memcpy(text + base.n + 1, quote.p, quote.n);
	return copy(span_make(text, base.n + 1 + quote.n));
}

static bool is_dark(struct span key)
{
	return key.n >= 2 && memcmp(key.p + key.n - 2, ".d", 2) == 0;
}

static void add(struct kraken_pairs *pairs, struct span key, const struct json_value *pair)
{
	enum { ALTNAME, WSNAME, STATUS, MEMBERS };
	struct json_member members[MEMBERS] = {
		[ALTNAME] = {.name = SPAN("altname")},
		[WSNAME] = {.name = SPAN("wsname")},
		[STATUS] = {.name = SPAN("status")},
	};
	const struct json_value *status = &members[STATUS].value;
	struct json_fault fault;
	char *name;

	if (pair->type != JSON_OBJECT || is_dark(key) ||
		json_object(pair->raw, members, MEMBERS, &fault) < 0 ||
		!is_plain(&members[ALTNAME].value) || !is_plain(&members[WSNAME].value) ||
		!(name = v2_name(members[WSNAME].value.raw)))
		return;
	if (pairs->n == pairs->cap) {
		pairs->cap = pairs->cap ? 2 * pairs->cap : 64;
		pairs->items = mem_resize(pairs->items, pairs->cap, sizeof *pairs->items);
	}
	pairs->items[pairs->n++] = (struct kraken_pair){
		.name = name,
		.altname = copy(members[ALTNAME].value.raw),
		.query = kraken_query_encode(members[ALTNAME].value.raw),
		.wsname = copy(members[WSNAME].value.raw),
		.key = copy(key),
		.status = copy(is_plain(status) ? status->raw : span_text("")),
	};
}

enum kraken_verdict kraken_pairs_take(struct kraken_pairs *pairs, long status, struct span body,
	int64_t now_ns, int64_t *wait_ns, struct err *err)
{
	struct kraken_answer answer;
	struct json_value key, pair;
	struct json_walk walk;
	enum kraken_verdict verdict =
		kraken_answer_judge(status, body, now_ns, &answer, wait_ns, err);

	if (verdict != KRAKEN_TAKEN)
		return verdict;
	walk = json_walk_members(answer.result.raw);
	while (json_walk_member(&walk, &key, &pair))
		if (is_plain(&key))
			add(pairs, key.raw, &pair);
	if (pairs->n > 0)
		return KRAKEN_TAKEN;
	err_set(err, EXIT_FAILED, "the answer names no pair");
	return KRAKEN_AGAIN;
}

void kraken_pairs_release(struct kraken_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		free((char *)pairs->items[i].name);
		free((char *)pairs->items[i].altname);
		free((char *)pairs->items[i].query);
		free((char *)pairs->items[i].wsname);
		free((char *)pairs->items[i].key);
		free((char *)pairs->items[i].status);
	}
	free(pairs->items);
	*pairs = (struct kraken_pairs){.n = 0};
}

bool kraken_pair_is_named(const struct kraken_pair *pair, const struct json_value *name)
{
	return json_is(name, span_text(pair->key)) || json_is(name, span_text(pair->altname)) ||
		json_is(name, span_text(pair->name)) || json_is(name, span_text(pair->wsname));
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Letters and digits alone, in upper case: "btc-usd" and "BTC/USD" are the same then. */
static size_t fold(char to[NAME_MAX_BYTES], const char *name)
{
	size_t n = 0;

	for (; *name && n < NAME_MAX_BYTES; name++)
		if (!strchr("/-_ :.", *name))
			to[n++] = upper(*name);
	return n;
}

static bool same_folded(const char *a, const char *b)
{
	char x[NAME_MAX_BYTES], y[NAME_MAX_BYTES];
	size_t n = fold(x, a);

	return n > 0 && fold(y, b) == n && memcmp(x, y, n) == 0;
}

enum { SWAP = 1, EDIT = 2 };

/* What it costs to make b of a (the "optimal string alignment" distance): a letter that is put in,
 * taken out or changed an EDIT, two that change places a SWAP, the likeliest of slips. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][NAME_MAX_BYTES + 1];
	char x[NAME_MAX_BYTES], y[NAME_MAX_BYTES];
	size_t n = fold(x, a), m = fold(y, b);

	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j * EDIT;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3];
		const unsigned *two_above = rows[(i + 1) % 3];

		row[0] = (unsigned)i * EDIT;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = above[j - 1] + (x[i - 1] != y[j - 1] ? EDIT : 0);

			best = best <= above[j] + EDIT ? best : above[j] + EDIT;
			best = best <= row[j - 1] + EDIT ? best : row[j - 1] + EDIT;
			if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1] &&
				two_above[j - 2] + SWAP < best)
				best = two_above[j - 2] + SWAP;
			row[j] = best;
		}
	}
	return rows[n % 3][m];
}

/* The pair that goes by this name elsewhere. */
static const struct kraken_pair *find_alias(const struct kraken_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->n; i++) {
		const struct kraken_pair *pair = &pairs->items[i];

		if (same_folded(name, pair->name) || same_folded(name, pair->wsname) ||
			same_folded(name, pair->altname) || same_folded(name, pair->key))
			return pair;
	}
	return NULL;
}

/* Short names are all near to each other. */
static unsigned near_enough(const char *name)
{
	enum { SHORT = 8 };
	char folded[NAME_MAX_BYTES];

	return fold(folded, name) < SHORT ? EDIT : 2 * EDIT;
}

enum { NEAR_MAX = 3 };

/* Those whose names are nearest to this one, which is then a slip; of several the first ones. */
static size_t find_near(
	const struct kraken_pairs *pairs, const char *name, const char *near[NEAR_MAX])
{
	unsigned least = near_enough(name);
	size_t n = 0;

	for (size_t i = 0; i < pairs->n; i++) {
		unsigned away = distance(name, pairs->items[i].name);

		if (away < least)
			n = 0;
		if (away > least || n == NEAR_MAX)
			continue;
		least = away;
		near[n++] = pairs->items[i].name;
	}
	return n;
}

static void suggest(const struct kraken_pairs *pairs, const char *name, struct err *err)
{
	const char *near[NEAR_MAX];
	size_t n = find_near(pairs, name, near), used = strlen(err->text);
	char *to = err->text + used;
	size_t room = sizeof err->text - used;

	if (n == 1)
		snprintf(to, room, " (did you mean '%s'?)", near[0]);
	else if (n == 2)
		snprintf(to, room, " (did you mean '%s' or '%s'?)", near[0], near[1]);
	else if (n == NEAR_MAX)
		snprintf(
			to, room, " (did you mean '%s', '%s' or '%s'?)", near[0], near[1], near[2]);
	else if (!strchr(name, '/'))
		snprintf(to, room, " (it is two assets, such as BTC/USD)");
}

const struct kraken_pair *kraken_pairs_find(
	const struct kraken_pairs *pairs, const char *name, struct err *err)
{
	const struct kraken_pair *pair;
	size_t used;

	for (size_t i = 0; i < pairs->n; i++)
		if (strcmp(pairs->items[i].name, name) == 0)
			return &pairs->items[i];
	if (!err)
		return NULL;
	err_set(err, EXIT_USAGE, "cannot get trades of '%s': Kraken has no pair of that name",
		name);
	used = strlen(err->text);
	if ((pair = find_alias(pairs, name)))
		snprintf(err->text + used, sizeof err->text - used, " (it is '%s' here)",
			pair->name);
	else
		suggest(pairs, name, err);
	return NULL;
}
