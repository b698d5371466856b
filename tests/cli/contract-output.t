#!/bin/sh
# The contract of all programs: output that fails, or has others who want it.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/cli/contract.sh"
start_exchange --rate 500 --first 100001 --history 100000 --binance-weight 10000000
start_mock_broker --topic contract:1

closed_stdout() {
	drive >&- 2>err
	ends 1 "^$program: cannot write 'standard output': " && adds_up
}

closed_stderr() {
	drive >out 2>&-
	same $? 0 && same "$(wc -l <out)" 20
}

closed_unused() {
	run <"few.$reads" >&- 2>err
	ends 0 && adds_up && same "$(count read)" 20 && run <"few.$reads" 2>&-
}

closed_stdin() {
	drive <&- >out 2>err
	ends 0 && adds_up && same "$(wc -l <out)" 20
}

full_device() {
	drive >/dev/full 2>err
	ends 1 "^$program: cannot write 'standard output': No space left on device$" && adds_up &&
		same "$(count written)" 0 && [ "$(count unwritten)" -gt 0 ] || return
	drive --output /dev/full 2>err
	ends 1 "^$program: cannot write '/dev/full': No space left on device$" && adds_up
}

early_reader() {
	{ drive_on 2>err; echo $? >status; } | head -n 1 >out
	same "$(cat status) $(wc -l <out)" "141 1" && same "$(cat err)" "" || return
	# The supervisor's account is written all the same.
	{ TRADEPIPE_ACCOUNT_FD=9 drive_on 9>account 2>err; } | head -n 1 >out
	same "$(jq -r .final account | tail -n 1)" true
}

# More than a pipe holds.
# shellcheck disable=SC2317 # called in a pipeline
drive_on() {
	if [ "$kind" = source ]; then run; else run "records.$reads" "records.$reads"; fi
}

# A disk of 64 KiB of which the first run finds a few free, the second one enough.
full_disk() {
	rm -f copy.*
	if [ "$kind" = source ]; then
		many="--limit 200" few="--limit 20"
	else
		many=records.$reads few=few.$reads
	fi
	export program args many few
	# shellcheck disable=SC2016 # the inner shell's variables
	unshare -m sh -ec '
		mount -t tmpfs -o size=64k none disk
		head -c 53248 /dev/zero >disk/other
		set +e
		"$program" $args --output disk/file $many 2>err
		echo $? >status
		cp disk/file copy.full
		rm disk/other
		"$program" $args --output disk/file $few 2>err.again || exit
		cp disk/file copy.after' || return
	(exit "$(cat status)")
	ends 1 "cannot write 'disk/file': No space left on device" && adds_up &&
		same "$(tail -c 1 copy.full | od -An -c)" '  \n' &&
		same "$(count written)" "$(wc -l <copy.full)" && [ -s copy.full ] &&
		head -n "$(wc -l <copy.full)" copy.after | cmp - copy.full &&
		same "$(wc -l <copy.after)" "$(($(wc -l <copy.full) + 20))"
}

# The file may be looked at for where to go on: its whole lines are records.
whole='{"exchange":"other","product_id":"x","timestamp":"2020-01-01T00:00:00Z","trade_id":1}'
torn_line() {
	printf '%s\ntorn' "$whole" >file
	drive --output file 2>err
	ends 0 "^$program: warning: cut the torn last line of 'file': 4 bytes$" && adds_up &&
		same "$(head -n 1 file) $(wc -l <file) $(grep -c torn file)" "$whole 21 0" || return
	printf torn >file
	drive --output file 2>err
	ends 0 "cut the torn last line" && same "$(wc -l <file) $(grep -c torn file)" "20 0"
}

two_writers() {
	rm -f file fifo && mkfifo fifo
	if [ "$kind" = source ]; then set --; else set -- fifo; fi
	# shellcheck disable=SC2086 # words
	"$program" $args --output file "$@" 2>first &
	first=$!
	exec 3<>fifo
	await 5 grep -q " $first " /proc/locks || return
	drive --output file >out 2>err
	ends 1 "^$program: cannot write 'file': process $first is writing to it$" || return
	kill "$first" && exec 3>&-
	wait "$first"
	drive --output file 2>err
	ends 0
}

# Renaming the metrics into place would take the records away.
metrics_over_output() {
	rm -f file
	drive --output file --metrics-file ./file 2>err
	ends 2 "^$program: cannot use './file' as well: it is where records go$" && [ ! -s file ] &&
		[ ! -e file.lock ] || return
	# shellcheck disable=SC2094 # that is what must be refused
	drive --metrics-file file >file 2>err
	ends 2 "^$program: cannot use 'file' as well"
}

writers="source filter"
each "$writers" "closed standard output" closed_stdout
each "$writers" "closed standard error" closed_stderr
each sink "closed standard output and error, which it does not need" closed_unused
each source "closed standard input, which it does not need" closed_stdin
each "$writers" "a full device" full_device
if mkdir disk && unshare -m mount -t tmpfs none disk 2>/dev/null; then
	each "$writers" "a full disk" full_disk
else
	skip "a full disk" "no right to mount one"
fi
each "$writers" "a reader that goes away early" early_reader
each "$writers" "a torn last line under --output" torn_line
each "$writers" "two writers on one file" two_writers
each "$writers" "metrics where the records go" metrics_over_output
done_testing
