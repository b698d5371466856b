#include "market/binance_usual.h"

#include <string.h>

#include "base/num.h"
#include "base/stamp.h"
#include "base/word.h"

enum {
	WORDS = 3,	     /* of digits in a row, at most */
	U64_DIGITS_MAX = 19, /* which cannot overflow */
	/* What is read and written without a look at where it ends: six columns of digits, of which
	 * two have a fraction, and the flags. */
	LINE_MAX_READ = 10 * WORDS * WORD_SIZE,
	RECORD_MAX = BINANCE_HEAD_MAX + LINE_MAX_READ + 128,
	CHUNK = 64 * 1024, /* bytes written between two looks at the output */

	US_DIGITS = 16, /* of a time between 2001 and 2286 */
	MS_DIGITS = 13,
	EARLY_HIGH = 88000000, /* the first eight of these digits, in 2248 */
};

/* The id that is due, as text. */
struct ticker {
	char text[WORDS * WORD_SIZE];
	size_t n;
};

static void ticker_set(struct ticker *ticker, uint64_t id)
{
	ticker->n = num_write_u64(ticker->text, id);
}

static inline void ticker_add_one(struct ticker *ticker, uint64_t id)
{
	char *last = ticker->text + ticker->n - 1;

	if (*last == '9')
		ticker_set(ticker, id + 1);
	else
		++*last;
}

/* Copies the digits that stand at p; returns how many there are, 0 also where they are too many. */
__attribute__((always_inline)) static inline size_t copy_digits(const char *p, char *to)
{
	for (size_t at = 0; at < WORDS * WORD_SIZE; at += WORD_SIZE) {
		uint64_t others = word_above_9(word_digits(word_load(p + at)));
		memcpy(to + at, p + at, WORD_SIZE);
		if (others)
			return at + word_first(others);
	}
	return 0;
}

/* A whole number in JSON's grammar, and the comma behind it, which is not copied. */
__attribute__((always_inline)) static inline size_t copy_whole(const char *p, char *to)
{
	size_t n = copy_digits(p, to);

	return (*p == '0' && n > 1) || n > U64_DIGITS_MAX || p[n] != ',' ? 0 : n;
}

/* An amount above zero; likewise. Exchanges write fractions of 8 digits at most. */
__attribute__((always_inline)) static inline size_t copy_amount(const char *p, char *to)
{
	size_t whole = copy_digits(p, to), fraction;
	uint64_t digits;

	if (whole == 0 || (*p == '0' && whole > 1))
		return 0;
	if (p[whole] == ',')
		return *p == '0' ? 0 : whole;
	if (p[whole] != '.')
		return 0;
	p += whole + 1;
	to[whole] = '.';
	fraction = copy_digits(p, to + whole + 1);
	if (fraction == 0 || fraction > WORD_SIZE || p[fraction] != ',')
		return 0;
	digits = word_digits(word_load(p)) << (WORD_SIZE - fraction) * 8;
	if (p[-2] == '0' && whole == 1 && digits == 0)
		return 0;
	return whole + 1 + fraction;
}

/* A time of one of the two lengths that it has; likewise. */
__attribute__((always_inline)) static inline size_t copy_time(const char *p, char *to, int64_t *ns)
{
	uint64_t high = word_digits(word_load(p)), low = word_digits(word_load(p + WORD_SIZE));
	uint64_t others = word_above_9(low);
	size_t n = WORD_SIZE + (others ? word_first(others) : WORD_SIZE);

	memcpy(to, p, US_DIGITS);
	if (word_above_9(high) || *p == '0' || p[n] != ',')
		return 0;
	high = word_number(high);
	if (high >= EARLY_HIGH)
		return 0;
	if (n == US_DIGITS) {
		*ns = (int64_t)(high * 100000000 + word_number(low)) * 1000;
	} else if (n == MS_DIGITS) {
		low = word_number(low << (US_DIGITS - MS_DIGITS) * 8);
		*ns = (int64_t)(high * 100000 + low) * STAMP_NS_PER_MS;
	} else {
		return 0;
	}
	return n;
}

/* Copies True or False, in either case, as true or false; returns what follows it in the line, or
 * NULL. */
__attribute__((always_inline)) static inline const char *copy_flag(const char *p, char **to)
{
	static const char literals[2][WORD_SIZE + 1] = {"false   ", "true    "};
	uint64_t word = word_load(p) | ' ';
	bool yes = (word & 0xFFFFFFFF) == 0x65757274; /* "true", its first byte lowest */
	bool no = (word & UINT64_C(0xFFFFFFFFFF)) == 0x65736C6166; /* "false" */

	if (!yes && !no)
		return NULL;
	memcpy(*to, literals[yes], WORD_SIZE);
	*to += 5 - yes;
	return p + (5 - yes);
}

#define PUT(to, literal) (memcpy((to), (literal), sizeof(literal) - 1), (to) += sizeof(literal) - 1)

__attribute__((always_inline)) static inline bool move(const char **p, char **to, size_t n)
{
	*p += n + 1;
	*to += n;
	return n > 0;
}

#define COLUMN(name, copied) (PUT(to, name), move(&p, &to, (copied)))

/* Writes the line at p as a record to *record; returns what follows it and moves *record on, or NULL
 * where it is not usual. */
__attribute__((always_inline)) static inline const char *convert(const struct binance_usual *usual,
	const struct ticker *ticker, size_t columns, const char *p, char **record, int64_t *ns)
{
	char *to = *record + usual->chain->head_n;

	memcpy(*record, usual->chain->head, BINANCE_HEAD_MAX);
	if (memcmp(p, ticker->text, ticker->n) != 0 || p[ticker->n] != ',')
		return NULL;
	memcpy(to, ticker->text, sizeof ticker->text);
	move(&p, &to, ticker->n);
	if (!COLUMN(",\"p\":\"", copy_amount(p, to)) ||
		!COLUMN("\",\"q\":\"", copy_amount(p, to)) ||
		!COLUMN("\",\"f\":", copy_whole(p, to)) || !COLUMN(",\"l\":", copy_whole(p, to)) ||
		!COLUMN(",\"T\":", copy_time(p, to, ns)))
		return NULL;
	PUT(to, ",\"m\":");
	if (!(p = copy_flag(p, &to)))
		return NULL;
	if (columns == BINANCE_COLUMNS) {
		PUT(to, ",\"M\":");
		if (*p != ',' || !(p = copy_flag(p + 1, &to)))
			return NULL;
	}
	PUT(to, "}\n");
	*record = to;
	return *p == '\n' ? p + 1 : NULL;
}

/* Lines that may be taken at most. */
static uint64_t allowed(const struct binance_chain *chain)
{
	const struct binance_run *run = chain->run;
	uint64_t most = chain->end_id - chain->next;

	return run->limit && run->limit - run->written < most ? run->limit - run->written : most;
}

/* Takes up to `most` lines; returns how many. */
__attribute__((always_inline)) static inline uint64_t take_chunk(const struct binance_usual *usual,
	size_t columns, uint64_t most, struct span *bytes, char **record)
{
	const char *p = bytes->p, *last = p + bytes->n - LINE_MAX_READ;
	const char *record_last = *record + CHUNK - RECORD_MAX;
	struct binance_chain *chain = usual->chain;
	struct ticker ticker = {.n = 0};
	uint64_t n = 0;

	for (ticker_set(&ticker, chain->next); n < most && p <= last && *record <= record_last;) {
		char *to = *record;
		int64_t ns;
		const char *next = convert(usual, &ticker, columns, p, &to, &ns);
		if (!next || ns < usual->since_ns || ns >= usual->until_ns)
			break;
		ticker_add_one(&ticker, chain->next + n++);
		chain->reached_ns = ns;
		*record = to;
		p = next;
	}
	*bytes = span_make(p, bytes->n - (size_t)(p - bytes->p));
	return n;
}

int binance_usual_take(const struct binance_usual *usual, struct span *bytes)
{
	struct binance_chain *chain = usual->chain;
	struct binance_run *run = chain->run;
	uint64_t n = 1;

	while (n > 0 && bytes->n >= LINE_MAX_READ) {
		char *begin = out_room(run->out, CHUNK);
		char *record = begin;
		if (!begin)
			return -1;
		n = usual->columns == BINANCE_COLUMNS
			? take_chunk(usual, BINANCE_COLUMNS, allowed(chain), bytes, &record)
			: take_chunk(usual, BINANCE_COLUMNS - 1, allowed(chain), bytes, &record);
		out_wrote(run->out, (size_t)(record - begin));
		chain->next += n;
		run->read += n;
		run->written += n;
	}
	return 0;
}
