#!/bin/sh
# kafka-publish when it is stopped, and when the broker stands still: what the account says is what
# the topic holds, and the rest is in the files.
# shellcheck disable=SC2154 # run, status and account are set by publish.sh
# A broker of its own, since it freezes it.
[ "${1:-}" = own ] ||
	exec env -u TEST_BROKERS "$(dirname -- "$0")/../servers/broker" -- "$0" own
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"

# Enough that a signal meets it half way.
records 1 600000 >in
sort in >in.sorted
head -n 150000 in >in.few

# begin TOPIC ARG...: in the background, from a pipe or a file as $input says; returns when the first
# records are in the topic.
begin() {
	topic=$1
	shift
	"$ROOT/tests/servers/broker-topic" create "$topic" 3
	rm -f unsent unknown
	# What a shell starts in the background ignores SIGINT otherwise.
	env --default-signal=INT kafka-publish -t "$topic" --unsent unsent --unknown unknown "$@" \
		<"$input" 2>err &
	pid=$!
	kcat -b "$KAFKA_BROKERS" -C -t "$topic" -c 1 -q -X fetch.wait.max.ms=10 >first
}

# finish: sets $status, and the numbers of the account.
finish() {
	wait "$pid" 2>ended
	status=$?
	read=$(number read) acked=$(number acked) unsent=$(number unsent) unknown=$(number unknown)
	there=$(count "$topic")
}
adds_up() { [ "$read" -eq $((acked + unsent + unknown)) ] && [ "$(number dead)" -eq 0 ]; }

# ids [FILE]: the records' ids, in an order that comm understands.
ids() { sed 's/.*"trade_id":\([0-9]*\).*/\1/' "$@" | sort; }

# rest_is_found: what was read and is not in the topic is in the files, line by line, nothing else is,
# and with what is unsent published again the topic has all but some that are unknown.
rest_is_found() {
	same "$(cat unsent unknown | wc -l)" $((unsent + unknown)) || return
	seq "$read" | sort >ids.read
	consume "$topic" '%s\n' | ids >ids.there
	ids unsent >ids.unsent
	ids unknown >ids.unknown
	same "$(uniq -d ids.there)$(comm -12 ids.there ids.unsent)" "" || return
	sort -mu ids.there ids.unsent ids.unknown | cmp - ids.read || return
	ids_in_order unsent && ids_in_order unknown || return
	same "$(cat unsent unknown | sort | comm -23 - in.sorted)" "" || return
	[ -s unsent ] || return 0
	kafka-publish -q -t "$topic" unsent || return
	sort -mu ids.there ids.unsent >ids.wanted
	consume "$topic" '%s\n' | ids | cmp - ids.wanted
}
ids_in_order() { sed 's/.*"trade_id":\([0-9]*\).*/\1/' "$1" | sort -nc; }

# The records of the topic are a set of lines of the input: none twice.
none_twice() { [ "$(consume "$topic" '%s\n' | sort | uniq -d | wc -l)" -eq 0 ]; }

# --- a file ---------------------------------------------------------------------------------------

stopped_early() { [ "$read" -gt 0 ] && [ "$read" -lt 600000 ]; }
for signal in TERM=143 INT=130 HUP=129; do
	input=in code=${signal#*=} signal=${signal%=*}
	begin "$run-file-$signal"
	kill -s "$signal" $pid
	finish
	is "SIG$signal, a file: dies of it" "$status" "$code"
	ok "SIG$signal, a file: it stopped on the way" stopped_early
	is "SIG$signal, a file: all that was read is acknowledged" "$acked" "$read"
	is "SIG$signal, a file: and is in the topic" "$there" "$acked"
done
ok "none twice" none_twice
is "and the files are empty" "$(cat unsent unknown)" ""

# --- a pipe ---------------------------------------------------------------------------------------

# Writes until it is stopped, ends with its line, and says how many it wrote.
cat >source.py <<'EOS'
import signal, sys, time
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
n = 0
while not stopped:
    n += 1
    sys.stdout.write('{"product_id":"BTC/USD","trade_id":%d}\n' % n)
    if n % 1000 == 0:
        sys.stdout.flush()
        time.sleep(0.001)
sys.stdout.flush()
print(n, file=open("written", "w"))
EOS
mkfifo fifo
python3 source.py >fifo &
source=$!
input=fifo
begin "$run-pipe"
kill -s TERM $pid $source
finish
is "SIGTERM to a whole pipeline: dies of it" "$status" 143
wait $source
is "SIGTERM to a whole pipeline: what the source had written is read" "$read" "$(cat written)"
is "SIGTERM to a whole pipeline: and acknowledged" "$acked" "$read"
is "SIGTERM to a whole pipeline: and in the topic" "$there" "$acked"

# A writer that goes on is not waited for longer than the drain lasts.
python3 source.py >fifo 2>broken-pipe &
source=$!
begin "$run-endless" --drain-timeout 2s
kill -s TERM $pid
finish
is "the drain ends in time: dies of the signal" "$status" 143
is "the drain ends in time: all is acknowledged" "$there $acked" "$read $read"
wait $source 2>ended

# A writer that is killed may leave half a line.
python3 source.py >fifo 2>broken-pipe &
source=$!
begin "$run-orphan" --dead-letter dead.json
kill -s KILL $source
finish
wait $source 2>ended
dead=$(number dead)
is "the writer is killed: all lines that it wrote are accounted for" "$read" $((acked + dead))
is "the writer is killed: and in the topic, or half of one among the dead" \
	"$there $(wc -l <dead.json)" "$acked $dead"
is "the writer is killed: exit" "$status" $((dead ? 3 : 0))

# --- at any moment --------------------------------------------------------------------------------

# Two signals end even the waiting for answers: what has none is found in the files.
ends_whole() {
	same "$status" "$([ "$acked" -eq "$read" ] && echo 143 || echo 3)" && adds_up &&
		[ "$there" -ge "$acked" ] && [ "$there" -le $((acked + unknown)) ] && rest_is_found
}
for round in $(seq "${TEST_ROUNDS:-5}"); do
	input=in.few
	begin "$run-round-$round"
	# The moment itself is what is tested.
	sleep "0.$(awk -v seed="$$$round" 'BEGIN { srand(seed); printf "%03d", rand() * 150 }')"
	kill -s TERM $pid 2>ended
	kill -s TERM $pid 2>ended
	finish
	[ "$status" -ne 0 ] || status=143
	ok "two signals at some moment ($read read, $acked acked)" ends_whole
done

# --- a broker that stands still -------------------------------------------------------------------

thaw() { kill -s CONT "$TEST_BROKER_PID"; }
freeze() { kill -s STOP "$TEST_BROKER_PID"; }

# is_stuck: of two accounts that SIGUSR1 asked for, both written after the last call of
# forget_accounts, the second shows nothing more acknowledged, though there is something pending.
forget_accounts() { old=$(grep -c pending= err); }
is_stuck() {
	kill -s USR1 "$pid"
	grep -o 'acked=.*pending=.*' err | tail -n +$((old + 2)) | tail -n 2 | uniq -c | grep -q '^ *2 '
}

is_accounted_for() { [ "$there" -ge "$acked" ] && [ "$there" -le $((acked + unknown)) ]; }

# frozen NAME STATUS: the rest of a run whose broker was frozen.
frozen() {
	finish
	is "$1: exit" "$status" "$2"
	ok "$1: the account adds up" adds_up
	ok "$1: not all was acknowledged" [ "$acked" -lt "$read" ]
	ok "$1: what was acknowledged is there, beyond it only what is unknown" is_accounted_for
	ok "$1: none is there twice, and the rest is found" rest_is_found
}

if [ -n "${TEST_BROKER_PID:-}" ]; then
	trap 'thaw; cleanup' EXIT
	input=in

	begin "$run-twice"
	freeze
	forget_accounts
	ok "SIGUSR1 shows what is pending" await 10 is_stuck
	kill -s TERM $pid
	forget_accounts
	ok "one signal does not end the drain" await 10 is_stuck
	kill -s TERM $pid
	ok "a second one does" await 30 not kill -0 $pid
	thaw
	frozen "two signals" 3
	ok "two signals: what was never handed over is unsent, not unknown" [ "$unsent" -gt 100 ]

	begin "$run-drain" --drain-timeout 1s
	freeze
	forget_accounts
	ok "records wait" await 10 is_stuck
	kill -s TERM $pid
	ok "the drain ends in time" await 3 not kill -0 $pid
	thaw
	frozen "a drain that is over" 3

	begin "$run-away" --delivery-timeout 1500ms
	freeze
	ok "no acknowledgement for --delivery-timeout ends the run" await 30 not kill -0 $pid
	thaw
	frozen "a broker that stays away" 1
	ok "with a message" grep -q "cannot deliver to topic '$run-away' at .*--delivery-timeout" err

	mkdir disk
	if unshare -m true 2>ended; then
		topic=$run-full
		"$ROOT/tests/servers/broker-topic" create "$topic" 3
		# shellcheck disable=SC2016 # the inner shell's variable
		unshare -m sh -c 'mount -t tmpfs -o size=4k none disk
			exec kafka-publish -t "$1" --delivery-timeout 1s --unsent disk/unsent in' \
			sh "$topic" 2>err &
		pid=$!
		kcat -b "$KAFKA_BROKERS" -C -t "$topic" -c 1 -q -X fetch.wait.max.ms=10 >first
		freeze
		await 30 not kill -0 $pid
		thaw
		finish
		is "no room for what is unsent: exit" "$status" 1
		ok "no room for what is unsent: message" \
			grep -q "cannot write 'disk/unsent': No space left on device" err
		ok "no room for what is unsent: the account adds up" adds_up
	else
		skip "no room for what is unsent" "no rights to mount"
	fi

	# The input stays open: that delivery has failed must show all the same.
	"$ROOT/tests/servers/broker-topic" create "$run-idle" 1
	kafka-publish -t "$run-idle" --delivery-timeout 1s <fifo 2>err &
	pid=$!
	exec 3>fifo
	head -n 1 in >&3
	await 10 has_records "$run-idle" 1
	freeze
	head -n 1 in >&3
	ok "a failure ends the run while the input is idle" await 30 not kill -0 $pid
	thaw
	exec 3>&-
	wait "$pid"
	is "a failure while the input is idle: exit" "$?" 1

	begin "$run-back"
	freeze
	forget_accounts
	ok "a broker that stands still is waited for" await 10 is_stuck
	thaw
	finish
	is "and when it is back all goes on: exit" "$status" 0
	is "and when it is back all goes on: account" "$acked $read" "600000 600000"
	is "and when it is back all goes on: topic" "$there" 600000
	ok "none twice" none_twice
else
	skip "a broker that stands still" "TEST_BROKER_PID is not set"
fi

# --- a broker that is gone ------------------------------------------------------------------------

# The waits between attempts to connect must not hold up the end: 9 seconds as librdkafka presets
# them, against 4.
start_mock_broker --topic t
broker=$!
rm -f unsent unknown
kafka-publish -t t --delivery-timeout 3s --unsent unsent --unknown unknown --receipts receipts in \
	2>err &
pid=$!
kcat -b "$KAFKA_BROKERS" -C -t t -c 1 -q -X fetch.wait.max.ms=10 >first
kill -s KILL "$broker"
wait "$broker" 2>ended
ok "a broker that is gone: the end comes with --delivery-timeout" await 30 not kill -0 $pid
wait "$pid"
is "a broker that is gone: exit" "$?" 1
is "a broker that is gone: account and files" "$(number acked) $(number unsent) $(number unknown)" \
	"$(wc -l <receipts) $(wc -l <unsent) $(wc -l <unknown)"
sed 's/.*"line":\([0-9]*\),.*/\1/' receipts | sort >ids.there
ids unsent unknown | sort -m - ids.there >ids.found
seq "$(number read)" | sort >ids.read
ok "a broker that is gone: each line is in one of them" cmp ids.found ids.read

done_testing
