#include "base/prog.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"

static const char *const log_formats[] = {"text", "json", NULL};
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

const struct opt prog_options[] = {
	{.kind = OPT_DURATION,
		.name = "drain-timeout",
		.arg = "duration",
		.help = "after a stop signal, go on with what is under way for at most this long",
		.preset = "10s",
		.at = offsetof(struct prog_options, drain_ms)},
	{.kind = OPT_FILE,
		.name = "metrics-file",
		.arg = "file",
		.help = "keep a Prometheus text file up to date",
		.at = offsetof(struct prog_options, metrics_file)},
	{.kind = OPT_CHOICE,
		.name = "log-format",
		.arg = "format",
		.help = "write messages as text or as JSON lines",
		.choices = log_formats,
		.preset = "text",
		.at = offsetof(struct prog_options, log_format)},
	{.kind = OPT_CHOICE,
		.name = "log-level",
		.arg = "level",
		.help = "the least urgent messages to show",
		.choices = log_levels,
		.preset = "warning",
		.at = offsetof(struct prog_options, log_level)},
	{.kind = OPT_FLAG,
		.letter = 'q',
		.name = "quiet",
		.help = "leave out the account when all went well",
		.at = offsetof(struct prog_options, quiet)},
	{.kind = OPT_COUNT,
		.letter = 'v',
		.name = "verbose",
		.help = "say what is being done; twice: say all",
		.at = offsetof(struct prog_options, verbose)},
	{.kind = OPT_HELP, .letter = 'h', .name = "help", .help = "print this help"},
	{.kind = OPT_VERSION, .letter = 'V', .name = "version", .help = "print the version"},
	{.name = NULL},
};

/* A socket or file that got the number of a closed descriptor would take what is meant for the
 * caller. What stands in refuses to be used, so that a closed output is an error and not a hole. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Likewise: nothing of ours must get the number of a supervisor's descriptor that is closed. */
static void forget_closed_supervisor(void)
{
	const char *text = getenv("TRADEPIPE_ACCOUNT_FD");
	uint64_t fd;

	if (text && num_u64(span_text(text), &fd) == 0 && fd <= INT16_MAX &&
		fcntl((int)fd, F_GETFD) < 0)
		unsetenv("TRADEPIPE_ACCOUNT_FD");
}

static enum diag_level level_shown(const struct prog_options *o)
{
	unsigned level = (unsigned)o->log_level;

	if (o->verbose && level < DIAG_WARNING + o->verbose)
		level = DIAG_WARNING + o->verbose;
	return level > DIAG_DEBUG ? DIAG_DEBUG : (enum diag_level)level;
}

char **prog_begin(const struct opt_program *program, void *options, struct prog_options *common,
	int argc, char **argv)
{
	char **operands;

	fill_standard_descriptors();
	forget_closed_supervisor();
	diag_init(program->name);
	operands = opt_parse(program, options, argc, argv);
	diag_configure(level_shown(common), common->log_format == 1);
	sig_init(common->drain_ms);
	return operands;
}

static bool abandoned;

void prog_abandon(void)
{
	abandoned = true;
}

int prog_end(int code)
{
	if (code == PROG_BROKEN_PIPE)
		sig_die(SIGPIPE);
	if (code == EXIT_DONE && sig_stops())
		sig_die(sig_number());
	if (abandoned) {
		fflush(NULL);
		_exit(code);
	}
	return code;
}
