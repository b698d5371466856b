#include "json/take.h"
#include "market/binance_row.h"

/* Columns by the names that headers of futures' archives have for them. Spot has one more. */
enum column { ID, PRICE, QUANTITY, FIRST, LAST, TIME, MAKER, BEST, COLUMNS };

_Static_assert((int)COLUMNS == BINANCE_COLUMNS, "a column has been added");

static const struct binance_words words = {
	.price = "price",
	.quantity = "quantity",
	.id = BINANCE_NOT_WHOLE("agg_trade_id"),
	.first = BINANCE_NOT_WHOLE("first_trade_id"),
	.last = BINANCE_NOT_WHOLE("last_trade_id"),
	.time = BINANCE_NOT_A_TIME("transact_time"),
};

/* Archives of spot have "True" and "False", those of futures "true" and "false". */
static inline bool take_bool(const char **p, const char *end, bool *value)
{
	*value = TAKE(p, end, "True") || TAKE(p, end, "true");
	return *value || TAKE(p, end, "False") || TAKE(p, end, "false");
}

/* The way that nearly all lines take: no quotes, no header, nothing void, nothing wrong. */
static bool read_usual(struct span line, struct binance_trade *trade)
{
	const char *p = line.p;
	const char *end = p + line.n;
	uint64_t ignored, time;
	bool best;

	if (!take_u64(&p, end, &trade->id) || !TAKE(&p, end, ",") ||
		!take_amount(&p, end, &trade->price) || !TAKE(&p, end, ",") ||
		!take_amount(&p, end, &trade->quantity) || !TAKE(&p, end, ",") ||
		!take_u64(&p, end, &ignored) || !TAKE(&p, end, ",") ||
		!take_u64(&p, end, &ignored) || !TAKE(&p, end, ",") || !take_u64(&p, end, &time) ||
		!TAKE(&p, end, ",") || !take_bool(&p, end, &trade->buyer_is_maker))
		return false;
	if (p < end && (!TAKE(&p, end, ",") || !take_bool(&p, end, &best)))
		return false;
	return p == end && binance_row_time(time, &trade->time_ns) == 0;
}

static struct span unquoted(struct span column)
{
	if (column.n < 2 || column.p[0] != '"' || column.p[column.n - 1] != '"')
		return column;
	return span_make(column.p + 1, column.n - 2);
}

/* At every comma: a column that is right has none within its quotes. */
size_t binance_row_split(struct span line, struct span columns[BINANCE_COLUMNS])
{
	const char *end = line.p + line.n;
	const char *p = line.p;
	const char *comma;
	size_t n = 0;

	do {
		size_t rest = (size_t)(end - p);
		comma = rest ? memchr(p, ',', rest) : NULL;
		if (n < COLUMNS)
			columns[n] = unquoted(span_make(p, comma ? (size_t)(comma - p) : rest));
		n++;
		p = comma ? comma + 1 : end;
	} while (comma);
	return n;
}

/* NULL where the number of columns is right. */
static const char *check_count(size_t n)
{
#define COUNT(text) "an archive line of " text ", not 7 or 8"
	static const char *const reasons[] = {NULL, COUNT("1 column"), COUNT("2 columns"),
		COUNT("3 columns"), COUNT("4 columns"), COUNT("5 columns"), COUNT("6 columns"),
		NULL, NULL, COUNT("9 columns"), COUNT("10 columns")};

	return n < sizeof reasons / sizeof *reasons ? reasons[n] : COUNT("more than 10 columns");
#undef COUNT
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A column of a header, whatever it is called; its quotes need not be a pair. */
static bool is_name(const char *p, size_t n)
{
	if (n == 0 || !is_letter(p[n > 1 && *p == '"']))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_letter(p[i]) && !memchr("_\" 0123456789", p[i], 13))
			return false;
	return true;
}

/* Some tools put a byte order mark in front. */
static bool is_header(struct span line)
{
	static const struct span mark = SPAN("\xEF\xBB\xBF");
	const char *end = line.p + line.n;
	const char *p = line.p;
	const char *comma;

	if (line.n >= mark.n && memcmp(p, mark.p, mark.n) == 0)
		p += mark.n;
	while ((comma = memchr(p, ',', (size_t)(end - p)))) {
		if (!is_name(p, (size_t)(comma - p)))
			return false;
		p = comma + 1;
	}
	return is_name(p, (size_t)(end - p));
}

static bool is_bool(struct span column, bool *value)
{
	const char *p = column.p;
	const char *end = p + column.n;

	return take_bool(&p, end, value) && p == end;
}

static const char *check_columns(const struct span *columns, size_t n, struct binance_trade *trade)
{
	const struct binance_row row = {
		.id = columns[ID],
		.price = columns[PRICE],
		.quantity = columns[QUANTITY],
		.first = columns[FIRST],
		.last = columns[LAST],
		.time = columns[TIME],
	};
	const char *reason = binance_row_check(&row, &words, trade);
	bool best;

	if (reason)
		return reason;
	if (!is_bool(columns[MAKER], &trade->buyer_is_maker))
		return "is_buyer_maker is neither true nor false";
	if (n > BEST && !is_bool(columns[BEST], &best))
		return "is_best_match is neither true nor false";
	return NULL;
}

int binance_trade_read_csv(struct span line, struct binance_trade *trade, const char **reason)
{
	struct span columns[COLUMNS];
	size_t n;

	*trade = (struct binance_trade){0};
	if (line.n <= BINANCE_TRADE_MAX && read_usual(line, trade))
		return 0;
	if (line.n > BINANCE_TRADE_MAX) {
		*reason = "an archive line of more than 65536 bytes";
		return -1;
	}
	n = binance_row_split(line, columns);
	*reason = check_count(n);
	if (*reason)
		return -1;
	if (is_header(line))
		return 1;
	*trade = (struct binance_trade){0};
	*reason = check_columns(columns, n, trade);
	return *reason ? -1 : 0;
}
