#!/bin/sh
# The contract of all programs: input of every kind.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/cli/contract.sh"
start_mock_broker --topic contract:1

no_input() {
	run </dev/null >out 2>err
	ends 0 && adds_up && same "$(wc -c <out) $(count read)" "0 0"
}

files() {
	run "few.$reads.00" - "few.$reads.02" <"few.$reads.01" 2>err >out
	ends 0 && adds_up && same "$(count read)" 60
}

missing_file() {
	run "few.$reads" no-such-file "few.$reads" >out 2>err
	ends 2 "^$program: cannot open 'no-such-file': No such file or directory$" && adds_up &&
		same "$(count read)" 20
}

folder() {
	run . >out 2>err
	ends 2 "^$program: cannot read '.': Is a directory$" && not grep -q account err
}

hostile_file_name() {
	run "$(printf 'a\033]0;x\007\nb\233')" >out 2>err
	ends 2 "cannot open 'a\\\\x1b\]0;x\\\\x07\\\\x0ab\\\\x9b': " && is_clean err
}

closed_stdin() {
	run <&- >out 2>err
	ends 1 "^$program: cannot read 'standard input': " && adds_up
}

no_last_newline() {
	head -c -1 "few.$reads" | run >out 2>err
	ends 0 && adds_up && same "$(count read)" 20 || return
	[ "$kind" = sink ] || { run <"few.$reads" 2>err | cmp - out; }
}

crlf() {
	sed 's/$/\r/' "few.$reads" | run >out 2>err
	ends 0 && adds_up && same "$(count read)" 20 || return
	[ "$kind" = sink ] || { run <"few.$reads" 2>err | cmp - out; }
}

blank_lines() {
	{ echo; cat "few.$reads"; printf '\r\n\n'; } | run >out 2>err
	ends 0 && adds_up && same "$(count read) $(count empty)" "20 3"
}

# refuses_line PATTERN: the tenth line cannot be taken; without --on-bad that ends the run, and with
# it nothing else is lost.
refuses_line() {
	run <bad >out 2>err
	ends 1 "^$program: line 10: .*$1" && adds_up && same "$(count read)" 10 && is_clean err ||
		return
	has on-bad || return 0
	run --on-bad skip <bad >out 2>err
	ends 3 "^$program: warning: line 10: .*$1" && adds_up && is_clean err &&
		same "$(count read) $(count bad) $(wc -l <out)" "21 1 20" || return
	rm -f refused
	run --on-bad refused <bad >out 2>err
	ends 3 && same "$(jq -c .line refused)" 10
}

# bad_with CMD...: the file `bad`: the records, with this command's output as the tenth line.
bad_with() {
	{ head -n 9 "few.$reads"; "$@"; tail -n +10 "few.$reads"; } >bad
}

nul_byte() {
	bad_with printf '{"a":"\0"}\n'
	refuses_line .
}

hostile_record() {
	bad_with printf '{"\033]0;x\007\233":"\377"\n'
	refuses_line .
}

no_json() {
	bad_with echo '<html>'
	refuses_line .
}

long_line() {
	head -c 9000000 /dev/zero | tr '\0' ' '
	echo x
}

over_ceiling() {
	bad_with long_line
	refuses_line "8388608 bytes\|8 MiB"
}

readers="filter sink"
each "$readers" "no input" no_input
each "$readers" "files and standard input in turn" files
each "$readers" "a missing file" missing_file
each "$readers" "a folder as input" folder
each "$readers" "a file name with hostile bytes" hostile_file_name
each "$readers" "closed standard input" closed_stdin
each "$readers" "a missing final newline" no_last_newline
each "$readers" "CRLF" crlf
each "$readers" "blank lines" blank_lines
each "$readers" "a line that is no JSON" no_json
each "$readers" "a NUL byte" nul_byte
each "$readers" "a record with hostile bytes" hostile_record
each "$readers" "a line over the ceiling" over_ceiling
done_testing
