#!/bin/sh
# The contract of all programs: signals, in the middle of the work.
#
# A program under test reads the FIFO `in`, whose writing end is descriptor 3, and writes to `out`; it
# has begun when its first account comes for a supervisor. A background job of a script starts with
# SIGINT ignored, hence env --default-signal.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/cli/contract.sh"
start_exchange --rate 2000 --first 100001 --history 100000 --binance-weight 10000000
start_mock_broker --topic contract:1
broker=$!

# begin [WRAPPER...] -- [ARG...]: starts the program as $pid.
begin() {
	rm -f in account && mkfifo in
	fed=0
	wrapper=
	while [ "$1" != -- ]; do
		wrapper="$wrapper $1" && shift
	done
	shift
	# shellcheck disable=SC2086 # words
	TRADEPIPE_ACCOUNT_FD=9 env --default-signal=INT,HUP $wrapper \
		"$program" $args "$@" <in >"${out:-out}" 2>err 9>account &
	pid=$!
	exec 3>in
	await 10 test -s account
}

# The next 20 records: none comes again, which a program may mind.
feed() {
	cat "few.$reads.0$fed" >&3
	fed=$((fed + 1))
}

# Whether so many records were read, by the account that SIGUSR1 asks for.
has_read() { kill -USR1 "$pid" && [ "$(count read)" -ge "$1" ]; }

# Whether so many records have met their fate.
has_done() { has_read "$1" && [ "$(count acked)$(count written)" -ge "$1" ]; }

# Closes the input and waits for the program, which is killed where it hangs.
finish() {
	exec 3>&-
	await 30 gone "$pid" || kill -KILL "$pid"
	wait "$pid"
}

# A process that nobody has waited for yet is gone all the same.
gone() { ! grep '^State:' "/proc/$1/status" | grep -qv '[ZX] ('; }

# ended STATUS: the last run did, on a whole record, with an account that adds up.
ended() { ends "$1" && adds_up && whole_records; }

whole_records() {
	[ "$kind" = sink ] && return
	same "$(tail -c 1 out | od -An -c)" '  \n' && same "$(count written)" "$(wc -l <out)"
}

stops() { # SIGNAL STATUS
	begin -- || return
	if [ "$kind" = source ]; then
		await 5 has_read 100 && kill "-$1" "$pid"
		finish
		ended "$2"
		return
	fi
	# What comes after the signal, and before the end of the input, is not abandoned.
	feed && await 5 has_read 20 && kill "-$1" "$pid" && feed && await 5 has_read 40 && feed
	finish
	ended "$2" && same "$(count read)" 60
}

sigterm() { stops TERM 143; }
sigint() { stops INT 130; }
sighup() { stops HUP 129; }

# A file is not read on: here it comes after a pipe, so that the moment of the signal is certain.
from_file() {
	begin -- - "records.$reads" && feed && await 5 has_read 20 && kill "$pid"
	finish
	ended 143 && same "$(count read)" 20
}

twice() {
	begin -- --drain-timeout 1h && feed && await 5 has_read 20 && kill "$pid" && feed &&
		await 5 has_done 40 && kill "$pid" && await 30 gone "$pid"
	finish
	ended 143 && same "$(count read)" 40
}

# Three that come at once, while the program cannot react.
thrice() {
	begin -- && kill -STOP "$pid" && kill "$pid" && kill -INT "$pid" && kill -HUP "$pid" &&
		kill -CONT "$pid" && await 30 gone "$pid"
	finish
	case $? in 129 | 130 | 143) ;; *) return 1 ;; esac
	same "$(count read)" ""
}

endless_writer() {
	begin -- --drain-timeout 500ms || return
	"$ROOT/tests/servers/tape" print BTC/USD 1 1000000000 --as "$reads" 2>writer.err |
		while read -r line; do echo "$line"; done >&3 2>writer.err & # whole records
	writer=$!
	await 5 has_read 20 && kill "$pid"
	finish
	ended 143
	status=$?
	kill "$writer"
	return "$status"
}

# The reader has stopped reading, and the pipe is full.
blocked_output() {
	mkfifo blocked 2>/dev/null
	exec 4<>blocked
	out=blocked begin -- --drain-timeout 1s
	[ "$kind" = source ] || cat "records.$reads" >&3 &
	await 10 is_full && stuff && kill "$pid"
	finish
	ends 3 "cannot write 'standard output': its reader did not take it within the drain time" &&
		adds_up && [ "$(count unwritten)" -gt 0 ]
	status=$?
	exec 4>&-
	return "$status"
}

# A pipe that polls as full still takes a little: fills it to the last byte, and waits until the
# program has read what it cannot write, or reads no more because it is stuck already.
stuff() {
	dd if=/dev/zero of=blocked oflag=nonblock bs=1 2>/dev/null
	has_read 0
	await 1 has_read $(($(count read) + 1))
	true
}

is_full() {
	python3 -c 'import select; raise SystemExit(bool(select.select([], [4], [], 0)[1]))'
}

# The broker has stopped answering.
blocked_broker() {
	begin -- --drain-timeout 1s && feed && await 5 has_done 20 && kill -STOP "$broker" &&
		feed && await 5 has_read 40 && kill "$pid"
	finish
	ends 3 && adds_up && same "$(count acked) $(($(count unsent) + $(count unknown)))" "20 20"
	status=$?
	kill -CONT "$broker"
	return "$status"
}

# SIGUSR1 in mid-run; where delivery takes its time, what is on its way is pending.
account_so_far() {
	begin -- && feed && await 5 has_done 20 && adds_up || return
	if [ "$kind" = sink ]; then
		kill -STOP "$broker" && feed && await 5 has_read 40
		pending=$(count pending) && kill -CONT "$broker"
		[ "${pending:-0}" -gt 0 ] || return
	fi
	finish
	ended 0 && same "$(count read) $(count pending)" "$((pending ? 40 : 20)) "
}

# What the caller had ignored stays so, as with nohup or a script's background jobs.
ignored() {
	begin env --ignore-signal=INT,HUP -- && feed && await 5 has_read 20 || return
	kill -INT "$pid"
	kill -HUP "$pid"
	feed && await 5 has_read 40
	finish
	ended 0 && same "$(count read)" 40
}

# Process 1 of a container is not killed by its own signals: it ends by itself, with 128 + n.
process_one() {
	begin unshare -fp --mount-proc -- && feed_if_reader && outer=$pid &&
		pid=$(ps -o pid= --ppid "$outer" | tr -d ' ') && await 5 has_read 20 && kill "$pid"
	exec 3>&-
	await 30 gone "$outer" || kill -KILL "$pid"
	wait "$outer"
	ended 143
}

feed_if_reader() { [ "$kind" = source ] || feed; }

# The whole pipeline is signalled at once: what the source has written arrives.
pipeline() {
	rm -f ./*.err sink.account
	# shellcheck disable=SC2016 # the inner shell's variables
	setsid env --default-signal=INT,HUP sh -c 'kraken-ws-tail BTC/USD 2>source.err |
		trade-normalize 2>filter.err |
		TRADEPIPE_ACCOUNT_FD=9 kafka-publish -t contract 2>sink.err 9>sink.account' &
	group=$!
	await 10 test -s sink.account && await 10 pipeline_has_acked 100 && kill -TERM -"$group"
	wait "$group"
	await 15 not pgrep -g "$group" || return
	tail -n 1 source.err >err && adds_up && written=$(count written) &&
		tail -n 1 filter.err >err && adds_up && same "$(count read)" "$written" &&
		tail -n 1 sink.err >err && adds_up && same "$(count acked)" "$written"
}

pipeline_has_acked() {
	pkill -USR1 -g "$group" -x kafka-publish && tail -n 1 sink.err >err &&
		[ "$(count acked)" -ge "$1" ]
}

all="source filter sink" readers="filter sink"
each "$all" "SIGTERM" sigterm
each "$all" "SIGINT" sigint
each "$all" "SIGHUP" sighup
each "$readers" "SIGTERM while it reads a file" from_file
each "$readers" "SIGTERM twice ends the drain" twice
each "$all" "a third signal kills" thrice
each "$readers" "SIGTERM while the writer goes on for ever" endless_writer
each "source filter" "SIGTERM while the reader is stuck" blocked_output
each sink "SIGTERM while the broker is stuck" blocked_broker
each "$readers" "SIGUSR1" account_so_far
each "$readers" "SIGINT and SIGHUP that are ignored" ignored
if unshare -fp --mount-proc true 2>/dev/null; then
	each "$all" "SIGTERM as process 1 of a container" process_one
else
	skip "SIGTERM as process 1 of a container" "no right to make one"
fi
ok "SIGTERM to a whole pipeline" pipeline
done_testing
