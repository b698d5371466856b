#include "venue/kraken_tail_options.h"

#include <stddef.h>

#include "market/kraken_tail.h"

const struct opt kraken_tail_options[] = {
	{.kind = OPT_U64,
		.letter = 'n',
		.name = "last",
		.arg = "count",
		.help = "begin with the last trades of each pair, at most 50",
		.preset = "0",
		.hi = KRAKEN_SNAPSHOT_TRADES,
		.at = offsetof(struct kraken_tail_options, last)},
	{.kind = OPT_TEXT,
		.name = "since",
		.arg = "time",
		.help = "begin with the trades of this moment",
		.more = "A date such as 2026-09-30, RFC 3339,\n.Ql now ,\n"
			"or an integer since 1970, of seconds, milliseconds, microseconds or "
			"nanoseconds: its size tells which.\nAll are in UTC.\n"
			"Pairs that have a cursor go on from there instead; see\n.Fl \\-resume .",
		.at = offsetof(struct kraken_tail_options, since)},
	{.kind = OPT_FILE,
		.name = "resume",
		.arg = "file",
		.help = "go on behind the last trades in a file",
		.more = "It holds records, native ones or Trade records, of which the one with the "
			"highest id counts for each pair;\n.Ql \\-\nis standard input.\n"
			"A pair that it does not name begins where\n.Fl \\-since\nsays, and is "
			"refused without it.\n"
			"What\n.Fl \\-output\nalready holds is read in any case, and the later one "
			"counts.",
		.at = offsetof(struct kraken_tail_options, resume)},
	{.kind = OPT_U64,
		.name = "limit",
		.arg = "count",
		.help = "end after this many records",
		.lo = 1,
		.hi = UINT64_MAX,
		.at = offsetof(struct kraken_tail_options, limit)},
	{.kind = OPT_DURATION,
		.name = "for",
		.arg = "duration",
		.help = "end after this long",
		.lo = 1,
		.at = offsetof(struct kraken_tail_options, for_ms)},
	{.kind = OPT_FLAG,
		.name = "all",
		.help = "all pairs that Kraken trades",
		.more = "The same as the pattern\n.Ql * .",
		.at = offsetof(struct kraken_tail_options, all)},
	{.kind = OPT_FLAG,
		.name = "list",
		.help = "print the names of the pairs instead, and end",
		.more = "Without operands, of all that Kraken trades.",
		.at = offsetof(struct kraken_tail_options, list)},
	{.kind = OPT_FLAG,
		.name = "frames",
		.help = "write the messages as Kraken sends them, instead of records",
		.more = "All of them, one a line; nothing is fetched that is missing.",
		.at = offsetof(struct kraken_tail_options, frames)},
	{.kind = OPT_FLAG,
		.name = "stamp",
		.help = "have records say when they were received",
		.more = "As the last member,\n.Ql \"received_at\" ,\nin nanoseconds since 1970; with\n"
			".Fl \\-frames\nas\n.Ql {\"received_at\":N,\"frame\":...} .",
		.at = offsetof(struct kraken_tail_options, stamp)},
	{.kind = OPT_FILE,
		.name = "output",
		.arg = "file",
		.help = "append to a file instead of writing to standard output",
		.more = "Pairs of which it has records go on behind the last of them.",
		.at = offsetof(struct kraken_tail_options, output)},
	{.kind = OPT_TEXT,
		.name = "url",
		.arg = "address",
		.help = "the WebSocket to connect to",
		.preset = "wss://ws.kraken.com/v2",
		.env = "KRAKEN_WS_URL",
		.at = offsetof(struct kraken_tail_options, url)},
	{.kind = OPT_TEXT,
		.name = "rest-url",
		.arg = "address",
		.help = "the server to ask for what is missing: scheme, host and port",
		.preset = "https://api.kraken.com",
		.env = "KRAKEN_REST_URL",
		.at = offsetof(struct kraken_tail_options, rest_url)},
	{.kind = OPT_FILE,
		.name = "cacert",
		.arg = "file",
		.help = "trust the certificates in this PEM file instead of the system's",
		.env = "TRADEPIPE_CACERT",
		.at = offsetof(struct kraken_tail_options, ca_file)},
	{.kind = OPT_DURATION,
		.name = "connect-timeout",
		.arg = "duration",
		.help = "give up an attempt to connect after this long",
		.preset = "10s",
		.lo = 1,
		.at = offsetof(struct kraken_tail_options, connect_ms)},
	{.kind = OPT_DURATION,
		.name = "ack-timeout",
		.arg = "duration",
		.help = "wait this long for every pair's subscription to be acknowledged",
		.preset = "10s",
		.lo = 1,
		.at = offsetof(struct kraken_tail_options, ack_ms)},
	{.kind = OPT_DURATION,
		.name = "idle-timeout",
		.arg = "duration",
		.help = "connect again when nothing at all was received for this long",
		.preset = "5s",
		.lo = 1,
		.at = offsetof(struct kraken_tail_options, idle_ms)},
	{.kind = OPT_DURATION,
		.name = "mute-timeout",
		.arg = "duration",
		.help = "ask REST about a pair of which nothing came for this long",
		.preset = "60s",
		.lo = 1,
		.at = offsetof(struct kraken_tail_options, mute_ms)},
	{.kind = OPT_DURATION,
		.name = "repair-timeout",
		.arg = "duration",
		.help = "give missing trades up when REST has not had them for this long",
		.preset = "5m",
		.lo = 1,
		.at = offsetof(struct kraken_tail_options, repair_ms)},
	{.kind = OPT_SIZE,
		.name = "hold-bytes",
		.arg = "size",
		.help = "memory for trades that wait for missing ones; beyond it they are fetched again",
		.preset = "64M",
		.lo = 64 * 1024,
		.hi = 1024 * 1024 * 1024,
		.at = offsetof(struct kraken_tail_options, hold_bytes)},
	{.kind = OPT_TEXT,
		.name = "pace",
		.arg = "number",
		.help = "make this many requests a second for each pair",
		.more = "From 0.001 to 1000, such as 0.5.\nKraken allows one.",
		.preset = "1",
		.at = offsetof(struct kraken_tail_options, pace)},
	{.kind = OPT_FILE,
		.name = "budget-file",
		.arg = "file",
		.help = "where processes note their requests and connections, to stay within the "
			"limits together",
		.more = "The default is a file of the user's own for each server, in\n"
			".Ev XDG_RUNTIME_DIR ,\nelse in\n.Pa /run/user\nor\n.Pa /tmp .\n"
			"Servers that share one file are counted apart in it, and so are REST and\n"
			"WebSocket.",
		.at = offsetof(struct kraken_tail_options, budget_file)},
	{.kind = OPT_FLAG,
		.name = "progress",
		.help = "show progress also where standard error is no terminal",
		.at = offsetof(struct kraken_tail_options, progress.progress)},
	{.name = NULL},
};

int kraken_tail_options_check(const struct kraken_tail_options *o, size_t operands, struct err *err)
{
	const struct opt_exclusion pairs[] = {
		{o->frames && o->since, "frames", "since"},
		{o->frames && o->resume, "frames", "resume"},
		{o->last && o->since, "last", "since"},
		{o->last && o->resume, "last", "resume"},
	};

	if (opt_exclude(pairs, sizeof pairs / sizeof *pairs, err) < 0)
		return -1;
	if (o->all && operands)
		return err_set(err, EXIT_USAGE, "option --all takes no pairs");
	if (!o->all && !o->list && !operands)
		return err_set(err, EXIT_USAGE, "missing operand: pair ... (--all takes all)");
	return 0;
}
