#!/bin/sh
# The contract of all programs: what they say about themselves, and to those who call them wrongly.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/cli/contract.sh"

help() {
	"$program" --help >out 2>err
	ends 0 && [ ! -s err ] && head -n 1 out | grep -q "^Usage: $program " &&
		same "$(awk 'length > 80' out)" "" || return
	"$program" -h >short 2>&1 && cmp out short &&
		run --quiet --help x >late 2>&1 && cmp out late
}

# As the table has them, each with its letter where it has one.
help_names_all() {
	"$program" --help | sed 's/$/ /' >out
	"$program" --dump-options=mdoc | sed -n 's/^\.It //p' | tr -d '\134' >table
	[ "$(wc -l <table)" -ge 8 ] || return
	while read -r line; do
		letter=$(echo "$line" | sed -n 's/^Fl \([A-Za-z]\) .*/-\1, /p')
		long=$(echo "$line" | sed 's/.*Fl -//; s/ Ar / /')
		grep -qF -e " $letter--$long " out || { echo "$line" && return 1; }
	done <table
}

# An option means the same wherever it is.
common_options() {
	for option in -q,.--quiet -v,.--verbose -h,.--help -V,.--version --log-format.format \
		--log-level.level --metrics-file.file --drain-timeout.duration; do
		"$program" --help | grep -q -e "^ *$option" || { echo "$option" && return 1; }
	done
}

version() {
	"$program" --version >out 2>err
	ends 0 && [ ! -s err ] && grep -Eqx "$program \(tradepipe\) [0-9]+\.[0-9]+\.[0-9]+" out &&
		"$program" -V | cmp - out
}

# Help that could not be written has not been given.
unwritten_help() {
	for option in --help --version --dump-options=mdoc; do
		"$program" "$option" >/dev/full 2>err
		ends 1 "^$program: cannot write 'standard output': No space left on device$" || return
		"$program" "$option" >&- 2>err
		ends 1 "^$program: cannot write 'standard output': " || return
	done
}

# refuses PATTERN [ARG...]: these arguments are a usage error: exit 2, nothing on standard output,
# two lines on standard error, of which the second one points to --help.
refuses() {
	pattern=$1
	shift
	"$program" "$@" </dev/null >out 2>err
	ends 2 "^$program: .*$pattern" && [ ! -s out ] && same "$(wc -l <err)" 2 &&
		same "$(sed 1d err)" "$program: try '$program --help'" && is_clean err
}

unknown_option() {
	# shellcheck disable=SC2086 # words
	refuses "unknown option '--no-such'" $args --no-such &&
		refuses "unknown option '--no-such'" $args --no-such=1 &&
		refuses "unknown option '-@'" $args -q@ && refuses "unknown option '--'" $args --=1
}

abbreviation() {
	refuses "unknown option '--hel'" --hel && refuses "unknown option '--versio'" --versio &&
		refuses "unknown option '--log-form'" --log-form=json
}

hostile_option() {
	refuses "unknown option '--x\\\\x1b\[31m'" "$(printf -- '--x\033[31m')"
}

missing_argument() {
	[ -z "$args" ] || refuses "missing"
}

bad_value() {
	# shellcheck disable=SC2086 # words
	refuses "'x' is none of the values of --log-format: text, json" $args --log-format=x &&
		refuses "'loud' is none of the values of --log-level: " $args --log-level loud &&
		refuses "'1 s' is not a duration .*--drain-timeout" $args --drain-timeout='1 s' &&
		refuses "'-1s' is not a duration .*--drain-timeout" $args --drain-timeout -1s &&
		refuses "'' is not a duration .*--drain-timeout" $args --drain-timeout= &&
		refuses "'99999999999d' is not a duration" $args --drain-timeout=99999999999d &&
		refuses "needs a value" $args --metrics-file &&
		refuses "takes no value" $args --quiet=yes
}

all="source filter sink asker"
each "$all" "--help" help
each "$all" "--help has every option of the table" help_names_all
each "$all" "the options that all programs share" common_options
each "$all" "--version" version
each "$all" "help that cannot be written" unwritten_help
each "$all" "an unknown option" unknown_option
each "$all" "an abbreviated option" abbreviation
each "$all" "an option with hostile bytes" hostile_option
each "$all" "a missing operand or option" missing_argument
each "$all" "a value out of bounds" bad_value
done_testing
