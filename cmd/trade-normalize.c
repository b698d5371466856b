/*
 * trade-normalize: trades of any source as Trade records, which
 * tradepipe-records(5) describes.
 *
 * stdin, or files: native Kraken trades or Kraken's own WebSocket messages, one
 * JSON record a line. stdout: Trade records, one a line. Exit: 0 done, 1 failed
 * (also at the first bad record, unless --on-bad says otherwise), 2 usage, 3
 * done, but some records were refused.
 */
#include <string.h>

#include "base/account.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/line.h"
#include "base/out.h"
#include "base/prog.h"
#include "base/reject.h"
#include "market/kraken_message.h"
#include "market/kraken_trade.h"
#include "market/trade.h"
#include "market/trade_format.h"
#include "json/json.h"

struct options {
  const char *output;
  const char *on_bad;
  struct prog_options common;
};

static const struct opt own_options[] = {
    {.kind = OPT_FILE,
     .name = "output",
     .arg = "file",
     .help = "append to a file instead of writing to standard output",
     .at = offsetof(struct options, output)},
    {.kind = OPT_FILE,
     .name = "on-bad",
     .arg = "fail|skip|file",
     .help = "a bad record ends the run, is left out, or goes into a file",
     .preset = "fail",
     .at = offsetof(struct options, on_bad)},
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "trade-normalize",
    .operands = "[file ...]",
    .summary =
        "Write trades as records of one shape, with the exchange's own digits.",
    .tables = {{own_options, 0},
               {prog_options, offsetof(struct options, common)}},
};

struct counts {
  uint64_t read, written, voided, passed, bad, unwritten;
};

struct normalizer {
  struct line_loop loop;
  struct out *out;
  struct reject *reject;
  struct counts n;
  struct trade_format format;
  struct buf name;   /* a product's name, unescaped */
  struct buf reason; /* of a refusal, where it is no constant */
};

/* The callbacks below and what they call return 0 to go on and -1 to end the
 * run. */

static int refuse(struct normalizer *z, struct span line, size_t index,
                  const char *reason) {
  const char *file = z->loop.files[0] ? z->loop.file : "";

  z->n.bad++;
  return reject_record(z->reject, line, file, z->loop.line, index, reason);
}

static int write_trade(struct normalizer *z, const struct kraken_trade *native,
                       struct span line, size_t index) {
  struct trade trade;
  struct span record;
  const char *reason;

  kraken_trade_convert(native, &z->name, &trade);
  switch (trade_write(z->out, &z->format, &trade, &record, &reason)) {
  case 0:
    out_wrote(z->out, record.n);
    z->n.written++;
    return 0;
  case 1:
    return refuse(z, line, index, reason);
  default:
    z->n.unwritten++;
    return -1;
  }
}

static int take_trade(struct normalizer *z, struct span object,
                      struct span line, size_t index) {
  struct kraken_trade trade;
  const char *reason;

  z->n.read++;
  if (kraken_trade_read(object, &trade, &reason) < 0)
    return refuse(z, line, index, reason);
  return write_trade(z, &trade, line, index);
}

static int pass_over(struct normalizer *z) {
  z->n.read++;
  z->n.passed++;
  return 0;
}

/* Each trade of a message is a record; a message without any is one that is
 * passed over. */
static int take_trades(struct normalizer *z, struct span array,
                       struct span line) {
  struct json_walk walk = json_walk_start(array);
  struct json_value element;
  size_t index = 0;

  while (json_walk_next(&walk, &element))
    if (take_trade(z, element.raw, line, ++index) < 0)
      return -1;
  return index ? 0 : pass_over(z);
}

static int refuse_line(struct normalizer *z, struct span line,
                       const char *reason) {
  struct json_value value;
  struct json_fault fault;

  if (json_scan(line, &value, &fault) < 0 && fault.at == line.n)
    reason =
        "not JSON: the line ends too early (a record is one line: use jq -c .)";
  z->n.read++;
  return refuse(z, line, 0, reason);
}

static int refuse_error(struct normalizer *z, struct span line,
                        const struct json_value *text) {
  struct buf *reason = &z->reason;

  if (text->type == JSON_NONE)
    return refuse_line(z, line, "an error message of Kraken without a text");
  buf_clear(reason);
  if (buf_add_text(reason, "an error message of Kraken: ") < 0 ||
      buf_add(reason, json_text(text, &z->name)) < 0 ||
      buf_add(reason, span_make("", 1)) < 0)
    return refuse_line(z, line, "an error message of Kraken");
  return refuse_line(z, line, reason->data);
}

/* What is no record in the native layout: a message, or a record written by
 * somebody else. */
static int take_message(struct normalizer *z, struct span line) {
  struct kraken_message message;

  kraken_message_read(line, &message);
  switch (message.kind) {
  case KRAKEN_MALFORMED:
    return refuse_line(z, line, message.reason);
  case KRAKEN_TRADES:
    return take_trades(z, message.data.raw, line);
  case KRAKEN_REFUSED:
  case KRAKEN_ERROR:
    return refuse_error(z, line, &message.text);
  case KRAKEN_OTHER:
    if (message.text.type == JSON_NONE)
      return take_trade(z, line, line, 0);
    return pass_over(z);
  default:
    return pass_over(z);
  }
}

/* The two layouts that almost all input has need not be scanned as JSON first.
 */
static int on_record(void *arg, struct span line) {
  struct normalizer *z = arg;
  struct kraken_trade trades[KRAKEN_UPDATE_MAX];
  size_t n;

  if (kraken_trade_read_native(line, &trades[0])) {
    z->n.read++;
    return write_trade(z, &trades[0], line, 0);
  }
  n = kraken_trade_read_update(line, trades, KRAKEN_UPDATE_MAX);
  for (size_t i = 0; i < n; i++) {
    z->n.read++;
    if (write_trade(z, &trades[i], line, i + 1) < 0)
      return -1;
  }
  return n > 0 ? 0 : take_message(z, line);
}

static int on_too_long(void *arg, struct span head) {
  struct normalizer *z = arg;

  z->n.read++;
  return refuse(z, head, 0, "a line of more than 8388608 bytes");
}

static int on_wait(void *arg) {
  struct normalizer *z = arg;

  return out_flush(z->out) < 0 || reject_flush(z->reject) < 0 ? -1 : 0;
}

static int read_input(struct normalizer *z) {
  struct err err;
  enum line_end end = line_run(&z->loop, &err);

  if (end == LINE_END_ERROR)
    return diag_err(&err);
  return end == LINE_END_RECORD ? EXIT_FAILED : EXIT_DONE;
}

/* What is read, and the metrics, are other files than those that are written
 * to. */
static int exclude_others(const struct normalizer *z, const char *metrics,
                          struct err *err) {
  for (char *const *file = z->loop.files; *file; file++)
    if (strcmp(*file, "-") != 0 && (out_exclude(z->out, *file, err) < 0 ||
                                    reject_exclude(z->reject, *file, err) < 0))
      return -1;
  if (out_exclude(z->out, metrics, err) < 0)
    return -1;
  return reject_exclude(z->reject, metrics, err);
}

static int close_all(struct normalizer *z, int code) {
  uint64_t unwritten;

  code = out_close(z->out, code, &unwritten);
  z->n.written -= unwritten;
  z->n.unwritten += unwritten;
  buf_release(&z->reason);
  buf_release(&z->name);
  return reject_close(z->reject, code);
}

static int open_all(struct normalizer *z, const struct options *o) {
  struct err err;

  z->out = out_open(o->output, &err);
  if (!z->out)
    return diag_err(&err);
  z->reject = reject_open(o->on_bad, z->out, &err);
  if (!z->reject)
    return out_close(z->out, diag_err(&err), &z->n.unwritten);
  if (exclude_others(z, o->common.metrics_file, &err) < 0)
    return close_all(z, diag_err(&err));
  return EXIT_DONE;
}

/* The work between opening and closing, and its account. */
static int normalize(struct normalizer *z, const struct prog_options *common) {
  const struct account_row rows[] = {
      {"read", ACCOUNT_IN, &z->n.read,
       .help = "trades and other messages read"},
      {"written", ACCOUNT_FATE, &z->n.written, .help = "trades written"},
      {"void", ACCOUNT_FATE, &z->n.voided,
       .help = "trades that the exchange voided"},
      {"passed", ACCOUNT_FATE, &z->n.passed,
       .help = "messages that are no trades"},
      {"bad", ACCOUNT_LOSS, &z->n.bad, .help = "records refused"},
      {"unwritten", ACCOUNT_LOSS, &z->n.unwritten,
       .help = "trades that the output did not take", .rare = true},
      {"torn", ACCOUNT_LOSS, &z->loop.torn,
       .help = "unfinished lines left behind", .rare = true, .outside = true},
      {"empty", ACCOUNT_MEMO, &z->loop.empty, .help = "blank lines"},
  };
  struct err err;
  struct account *account = account_open(rows, sizeof rows / sizeof *rows,
                                         common->metrics_file, &err);

  if (!account)
    return close_all(z, diag_err(&err));
  return account_close(account, close_all(z, read_input(z)), common->quiet);
}

static int run(const struct options *o, char *const *files) {
  struct normalizer z = {.n = {0}};
  int code;

  line_init(&z.loop, files, &z);
  z.loop.record = on_record;
  z.loop.too_long = on_too_long;
  z.loop.wait = on_wait;
  buf_init(&z.name, KRAKEN_TRADE_MAX);
  buf_init(&z.reason, KRAKEN_TRADE_MAX);
  trade_format_schema(&z.format, TRADE_FULL, TRADE_CANONICAL);
  code = open_all(&z, o);
  return code ? code : normalize(&z, &o->common);
}

int main(int argc, char **argv) {
  struct options options;
  char **files = prog_begin(&program, &options, &options.common, argc, argv);

  return prog_end(run(&options, files));
}
