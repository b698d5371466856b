#!/bin/sh
# kafka-publish --exactly-once, struck at random moments: killed, signalled, doubled, its broker frozen
# or restarted, the answers to its commits lost. Whatever happens, once a run has ended with 0 readers
# see each record once and in order. TEST_ROUNDS says how often each of that is tried.
# shellcheck disable=SC2154 # run is set by publish.sh, drawn by chaos.sh
[ "${1:-}" = bounded ] ||
	exec timeout --foreground -k 10 $((600 + 60 * ${TEST_ROUNDS:-5})) "$0" bounded
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
. "$ROOT/tests/kafka/chaos.sh"
rounds=${TEST_ROUNDS:-5}

# A broker of its own, since others could not bear what happens to it.
"$ROOT/tests/servers/broker" start "$TMP/broker" || exit 1
# shellcheck disable=SC1091
known() { . "$TMP/broker/env" && KAFKA_BROKERS=$TEST_BROKERS; }
known
thaw() { kill -s CONT "$TEST_BROKER_PID"; }
freeze() { kill -s STOP "$TEST_BROKER_PID"; }

streams 1 100000 >in
by_key in >in.keys
head -n 30000 in >in.few
by_key in.few >in.few.keys

# once NAME ARG...: a run under the ID and on the topic of that name, in the background, with $input; sets
# $pid, and $log to what it says.
runs=0 input=/dev/null
once() {
	topic=$run-$1 runs=$((runs + 1))
	log=$1.$runs.err
	shift
	kafka-publish -t "$topic" --exactly-once "$topic" --create-topic 3 --txn-records 2000 "$@" \
		<"$input" 2>"$log" &
	pid=$!
}
# ended PID: sets $status.
ended() {
	wait "$1" 2>killed
	status=$?
}
# adds_up LOG: what became of each record that was read; none is doubtful.
adds_up() {
	tail -n 1 "$1" | awk -F '[ =]' '{ for (i = 4; i < NF; i += 2) n[$i] = $(i + 1) }
		END { exit n["read"] != n["acked"] + n["skipped"] + n["dead"] + n["unsent"] }'
}
# told STATUS LOG ALLOWED...: the exit is one of these; otherwise what was said is shown.
told() {
	told_got=$1 told_log=$2
	shift 2
	case " $* " in *" $told_got "*) return ;; esac
	echo "exit $told_got, not one of $*:" && tail -n 5 "$told_log" && return 1
}

# A broker's first transactions are slow.
once first in.few
ended "$pid"
is "the first run: exit" "$status" 0

# A run that nobody disturbs: how long it takes is the time in which the others are struck.
begun=$(milliseconds)
once calm in
ended "$pid"
is "nobody disturbs: exit" "$status" 0
span=${TEST_SPAN:-$(($(milliseconds) - begun))}
echo "# TEST_SEED=$seed TEST_SPAN=$span repeats these moments"
ok "nobody disturbs: each record is there once, in order" holds "$topic" in.keys
is "nobody disturbs: the cursor" "$(kafka-last -q -t "$topic" --exactly-once "$topic" |
	sed 's/.*"product_id":"\([^"]*\)".*"trade_id":\([0-9]*\).*/\1 \2/' | sort)" \
	"$(printf '%s\n' 'BTC/USD 25001' 'ETH/USD 25000' 'SOL/USD 25000' 'XBT/EUR 25000')"
once calm in
ended "$pid"
is "the same again: exit and account" "$status $(tail -n 1 "$log")" \
	"0 kafka-publish: account: read=100000 acked=0 dead=0 skipped=100000 unsent=0 unknown=0"

# --- kill -9 --------------------------------------------------------------------------------------

# disturb HOW: strikes the broker at a moment that is drawn, in the background; $disturber.
disturb() {
	draw 0 "$span"
	disturb_after=$drawn
	draw 100 1500
	{
		pause_ms "$disturb_after"
		case $1 in
		frozen) freeze && pause_ms "$drawn" && thaw ;;
		restarted) "$ROOT/tests/servers/broker" restart "$TMP/broker" ;;
		killed)
			kill -s KILL "$TEST_BROKER_PID"
			"$ROOT/tests/servers/broker" start "$TMP/broker"
			;;
		esac
	} >"$1.log" 2>&1 &
	disturber=$!
}

# until_done NAME HOW: runs that are killed, the sixth is not; leaves the count in $kills. A broker
# that is away may end a run, too.
until_done() {
	kills=0 away=0
	next_round
	[ "$2" = calm ] || disturb "$2"
	while :; do
		once "$1" in
		draw 0 "$span"
		if [ "$kills" -lt 5 ]; then
			pause_ms "$drawn"
			kill -s KILL "$pid" 2>killed
		fi
		ended "$pid"
		case $2:$status in
		*:0) break ;;
		*:137) kills=$((kills + 1)) ;;
		calm:*) break ;;
		*:1) [ $((away += 1)) -le 5 ] || break ;;
		*) break ;;
		esac
	done
	[ "$2" = calm ] || wait "$disturber"
	known
	told "$status" "$log" 0 && holds "$run-$1" in.keys
}

# In a third of the rounds the broker is struck as well, each time in another way.
how() {
	case $(($1 % 9)) in
	2) echo frozen ;;
	5) echo restarted ;;
	8) echo killed ;;
	*) echo calm ;;
	esac
}
all_kills=0
for round in $(seq "$rounds"); do
	how=$(how "$round")
	ok "killed until done, the broker $how" until_done "kill-$round" "$how"
	all_kills=$((all_kills + kills))
	"$ROOT/tests/servers/broker-topic" delete "$run-kill-$round"
done
ok "some were killed on the way ($all_kills)" [ "$all_kills" -gt 0 ]

# --- SIGTERM to a whole pipeline ------------------------------------------------------------------

# The writer may leave half a line, which is dead.
mkfifo fifo
input=fifo
piped_until_done() { # NAME
	stops=0
	next_round
	while :; do
		cat in.few >fifo 2>killed &
		writer=$!
		once "$1" --dead-letter dead.json
		draw 0 $((span / 3))
		if [ "$stops" -lt 5 ]; then
			pause_ms "$drawn"
			kill -s TERM "$pid" "$writer" 2>killed
		fi
		ended "$writer"
		ended "$pid"
		told "$status" "$log" 0 143 3 && adds_up "$log" || return
		[ "$status" -ne 0 ] || break
		stops=$((stops + 1))
		[ "$status" -ne 3 ] || torn_once || return
	done
	holds "$run-$1" in.few.keys
}
torn_once() { same "$(counted dead) $(counted unsent) $(counted unknown)" "1 0 0"; }
counted() { sed -n "s/.*account: .*\<$1=\([0-9]*\).*/\1/p" "$log" | tail -n 1; }
all_stops=0
for round in $(seq "$rounds"); do
	ok "a pipeline stopped until done" piped_until_done "pipe-$round"
	all_stops=$((all_stops + stops))
done
ok "some were stopped on the way ($all_stops)" [ "$all_stops" -gt 0 ]

input=/dev/null

# --- two under one ID -----------------------------------------------------------------------------

# The first one is fenced where it was still at work when the second one took over.
fenced=0
two() { # NAME
	next_round
	once "$1" in
	first=$pid first_log=$log
	draw 0 $((span / 4))
	pause_ms "$drawn"
	once "$1" in
	ended "$first"
	first_status=$status
	ended "$pid"
	cat "$first_log" "$log"
	adds_up "$first_log" && adds_up "$log" || return
	case $first_status$status in
	00) ;;
	10) is_fenced "$first_log" || return ;;
	01) is_fenced "$log" || return ;;
	*) echo "exits: $first_status $status" && return 1 ;;
	esac
	holds "$run-$1" in.keys
}
is_fenced() { fenced=$((fenced + 1)) && grep -q "another run has taken this ID over" "$1"; }
for round in $(seq "$rounds"); do
	ok "two at once: one is done, the other fenced, nothing doubled" two "two-$round"
done
ok "some were fenced ($fenced)" [ "$fenced" -gt 0 ]

# --- a commit whose answer is lost ----------------------------------------------------------------

lost() { # NAME STRIKE
	next_round
	rm -f proxy.address
	draw 2 12
	"$ROOT/tests/servers/kafka-proxy" "$TEST_BROKERS" proxy.address "$2" "$drawn" >proxy.log &
	proxy=$!
	await 10 test -s proxy.address || return
	once "$1" -b "$(cat proxy.address)" --delivery-timeout 6s in.few
	ended "$pid"
	kill "$proxy"
	told "$status" "$log" 0 && grep -q struck proxy.log && adds_up "$log" &&
		same "$(counted acked)" 30000 && holds "$run-$1" in.few.keys
}
for round in $(seq $(((rounds + 4) / 5))); do
	for strike in answer-cut request-cut answer-hang request-hang; do
		ok "a commit's $strike" lost "$strike-$round" "$strike"
	done
done

# --- memory ---------------------------------------------------------------------------------------

# The broker stands still while input goes on: what is held has a ceiling.
peak_kb() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
endless() { # PADDING
	awk -v padding="$1" 'BEGIN {
		while (padding-- > 0)
			text = text "x"
		for (i = 1; ; i++)
			printf "{\"product_id\":\"BTC/USD\",\"exchange\":\"kraken\",\"timestamp\":" \
				"\"2026-09-30T01:34:50Z\",\"trade_id\":%d,\"text\":\"%s\"}\n", i, text
	}' 2>broken-pipe
}
# has_stopped: of five accounts in a row none shows more read than the one before.
has_stopped() {
	kill -s USR1 "$pid"
	grep -o 'read=[0-9]* .*pending=' "$log" | tail -n 5 | cut -d ' ' -f 1 | uniq -c |
		grep -q '^ *5 '
}
stands_still() { # CEILING-MB NAME PADDING ARG...
	ceiling=$1 what=$2 padding=$3 log=$2.err topic=$run-$2
	shift 3
	"$ROOT/tests/servers/broker-topic" create "$topic" 3
	endless "$padding" >fifo &
	writer=$!
	kafka-publish -t "$topic" "$@" <fifo 2>"$log" &
	pid=$!
	timeout 30 kcat -b "$KAFKA_BROKERS" -C -t "$topic" -c 1 -q -X fetch.wait.max.ms=10 >first
	freeze
	await 20 has_stopped && pause_ms "$frozen_ms"
	kilobytes=$(peak_kb "$pid")
	kill -s KILL "$pid"
	thaw
	ended "$pid"
	ended "$writer"
	echo "# $what: $kilobytes kB, $(tail -n 1 "$log")" >&3
	has_stood_still && [ "$kilobytes" -le $((ceiling * 1024)) ]
}
has_stood_still() { [ "$(grep -c pending= "$log")" -ge 5 ]; }
exec 3>&1
frozen_ms=1000
[ "$rounds" -lt 50 ] || frozen_ms=60000
if [ -n "${SANITIZE:-}" ]; then
	skip "memory" "sanitizers need more"
else
	for padding in 0 4000; do
		ok "a broker that stands still: memory, records of $padding bytes" \
			stands_still 32 "plain-$padding" "$padding"
		ok "and exactly once" \
			stands_still 96 "once-$padding" "$padding" --exactly-once "$run-$padding"
	done
fi

done_testing
