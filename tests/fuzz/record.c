/* A Trade record that is read, written and read again is the same; the shortcut reads what the long
 * way reads. */
#include "market/trade_record.h"

#include <string.h>

#include "fuzz.h"
#include "market/trade_format.h"

enum { ROOM = 2 * TRADE_RECORD_MAX };

static bool same_amount(const struct decimal *a, const struct decimal *b)
{
	char a_text[DECIMAL_TEXT_MAX], b_text[DECIMAL_TEXT_MAX];
	size_t n = decimal_write(a_text, a);

	return n == decimal_write(b_text, b) && memcmp(a_text, b_text, n) == 0;
}

static bool same_trade(const struct trade *a, const struct trade *b)
{
	return span_is(a->product, b->product) && span_is(a->exchange, b->exchange) &&
		same_amount(&a->price, &b->price) && same_amount(&a->quantity, &b->quantity) &&
		a->has_id == b->has_id && a->id == b->id && a->side == b->side && !a->voided &&
		!b->voided;
}

static const char *read_record(struct span text, struct buf *names, struct trade *trade)
{
	struct trade_record record;
	const char *reason = trade_record_scan(text, &record);

	return reason ? reason : trade_record_read(&record, names, trade);
}

/* A record is written to the microsecond. */
static void check_written(struct out *out, const struct trade *trade, struct buf *names)
{
	struct trade_format format;
	struct trade again, fast;
	struct span record;
	const char *reason;

	for (enum trade_numbers numbers = TRADE_CANONICAL; numbers <= TRADE_LITERAL; numbers++) {
		trade_format_schema(&format, TRADE_FULL, numbers);
		if (trade_write(out, &format, trade, &record, &reason) != 0)
			return;
		FUZZ_REQUIRE(!read_record(record, names, &again));
		FUZZ_REQUIRE(same_trade(trade, &again) && again.time_text.p &&
			again.time_ns == trade->time_ns / 1000 * 1000);
		record.n--;
		if (trade_record_read_plain(record, &fast))
			FUZZ_REQUIRE(same_trade(&fast, &again) && fast.time_ns == again.time_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct out *out; /* kept over all calls: libFuzzer has no end to close it at */
	struct span text = span_make((const char *)data, size);
	struct buf names, other_names;
	struct trade trade, fast;
	const char *reason;
	bool plain;

	if (!out)
		out = out_open("/dev/null", NULL);
	buf_init(&names, ROOM);
	buf_init(&other_names, ROOM);
	reason = read_record(text, &names, &trade);
	plain = trade_record_read_plain(text, &fast);
	FUZZ_REQUIRE(!plain || !reason);
	if (plain)
		FUZZ_REQUIRE(same_trade(&trade, &fast) && trade.time_ns == fast.time_ns &&
			trade.time_text.p == fast.time_text.p);
	if (!reason)
		check_written(out, &trade, &other_names);
	buf_release(&other_names);
	buf_release(&names);
	return 0;
}
