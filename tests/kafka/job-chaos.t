#!/bin/sh
# Jobs struck at random moments: the runner killed or signalled, one of its stages killed, a stop
# command, a broker that stands still; and started again until all is there. Each trade is in the
# topic once, each run has told its end as it was and leaves nobody behind. TEST_ROUNDS says how
# many loads, TEST_SEED and TEST_SPAN when.
# shellcheck disable=SC2154 # run is set by publish.sh, drawn by chaos.sh
[ "${1:-}" = bounded ] ||
	exec timeout --foreground -k 10 $((300 + 120 * ${TEST_ROUNDS:-3})) "$0" bounded
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
. "$ROOT/tests/kafka/chaos.sh"
. "$ROOT/tests/kafka/job.sh"
rounds=${TEST_ROUNDS:-3}

# A broker of its own, since it freezes it.
"$ROOT/tests/servers/broker" start "$TMP/broker" || exit 1
# shellcheck disable=SC1091
. "$TMP/broker/env"
KAFKA_BROKERS=$TEST_BROKERS

trades=1000  # of two days, that a load is to have
history=2000 # trades of Kraken's before the live ones
start_exchange --binance-per-day $((trades / 2)) --binance-days 2 \
	--binance-weight 99999 --binance-patience 0 \
	--heartbeat 0.2 --rate 40 --first $((history + 1)) --history $history
curl -sf --cacert "$TRADEPIPE_CACERT" -o faults "$KRAKEN_REST_URL/_control/faults" \
	-d '{"do":"delay","path":"/api/v3/aggTrades","seconds":0.1,"times":1000000}' || exit 1
for name in control events; do create "$run-$name"; done

# --- runs -----------------------------------------------------------------------------------------

# load NAME: a run of that job, in the background, as $pid; its events name it as their producer.
runs=0
load() {
	runs=$((runs + 1)) log=run.$((runs)).err
	QUEUE_ID=$run-$1 SYMBOL=BTCUSDT KAFKA_TOPIC=$run-$1 TELEMETRY_PRODUCER_ID=$run-$runs \
		TIME_RANGE=2024-12-30:2025-01-01 LIMIT=50 SOURCE=api EVENTS_FORMAT=plain \
		KAFKA_BOOTSTRAP_SERVERS=$TEST_BROKERS QUEUE_CONTROL_TOPIC=$run-control \
		QUEUE_EVENTS_TOPIC=$run-events \
		timeout -s KILL 120 loader-api-trades >"$log" 2>&1 &
	pid=$!
	await 10 is_there loader-api-trad
}
# live NAME: the same of the service for live trades.
live() {
	runs=$((runs + 1)) log=run.$((runs)).err
	QUEUE_ID=$run-$1 TRADES_KAFKA_BROKER_ADDRESS=$TEST_BROKERS TRADES_KAFKA_TOPIC_NAME=$run-$1 \
		TRADES_KAFKA_TOPIC_PARTITIONS=2 TRADES_PRODUCT_IDS='["BTC/USD","ETH/USD"]' \
		timeout -s KILL 120 trades >"$log" 2>&1 &
	pid=$!
	await 10 is_there trades
}
is_there() {
	runner=$(child "$pid")
	runner=${runner% }
	[ "$(cat "/proc/$runner/comm")" = "$1" ]
}
runs_still() { kill -s 0 "$runner" 2>killed; }

# disturb: in a third of the runs the broker stands still for a moment, in the background, as
# $disturber.
disturb() {
	draw 0 "$span"
	disturb_after=$drawn
	draw -3000 1500
	{
		[ "$drawn" -le 0 ] || {
			pause_ms "$disturb_after"
			kill -s STOP "$TEST_BROKER_PID"
			pause_ms "$drawn"
			kill -s CONT "$TEST_BROKER_PID"
		}
	} &
	disturber=$!
	[ "$drawn" -le 0 ] || frozen=$((frozen + 1))
}

# strike HOW: at a moment that is drawn; sets $how to what it came to.
strike() {
	how=$1
	draw 0 $((span / 2))
	pause_ms "$drawn"
	case $how in
	kill) kill -s KILL "$runner" ;;
	signal) kill -s TERM "$runner" ;;
	stage) strike_stage ;;
	stop)
		stops=$((stops + 1))
		echo "{\"command\":\"stop\",\"queue_id\":\"$id\"}" |
			kcat -P -b "$TEST_BROKERS" -t "$run-control"
		;;
	esac 2>killed
}
# One that is there: the moment may be too early for any, and one that was there may have ended.
strike_stage() {
	draw 0 2
	# shellcheck disable=SC2046 # one process a word
	until kill_stage $(cat "/proc/$runner/task/$runner/children"); do
		runs_still || return
	done
}
kill_stage() { # PROCESS...
	[ $# -gt 0 ] || return
	shift $((drawn % $#))
	name=$(cat "/proc/$1/comm") && ! grep -q '^State:.Z' "/proc/$1/status" && kill -s KILL "$1" && how="stage $name"
}

# has_ended: waits for the run; sets $status. Nobody is left of it, at once if it ended by itself.
has_ended() {
	status=0
	wait "$pid" 2>killed || status=$?
	case $status in
	137) await 20 nobody_is_left ;;
	*) nobody_is_left ;;
	esac && return
	echo "run $runs, $how, exit $status: these are left:"
	tr '\0' ' ' </proc/"$(head -n 1 left | cut -d / -f 3)"/cmdline
	return 1
}
# What a process inherits tells whose it is.
nobody_is_left() { ! grep -lzsx "QUEUE_ID=$id" /proc/[0-9]*/environ >left; }

# is_true: what a run says of itself agrees with how it ended; sets $last to its last event's kind.
is_true() {
	consume "$run-events" '%s\n' | jq -c "select(.producer == \"$run-$runs\")" >said
	last=$(tail -n 1 said | jq -r .status)
	jq -es 'def ends: .status | IN("finished", "interrupted", "error");
		all(.[1:][]; .status != "started")
		and (length < 2 or .[0].status == "started")
		and ([.[:-1][] | select(ends)] == [])
		and (map(.records_written) | . == sort)
		and all(.[]; .finished == (.status | IN("finished", "interrupted")))' said >checked &&
		agrees && return
	echo "run $runs, $how, exit $status, said:"
	cat said "$log"
	return 1
}
agrees() {
	case "$how:$status:$last" in
	kill:137:*) ;;
	*:0:finished) ;;
	stop:0:interrupted | calm:0:interrupted) obeyed=$((obeyed + 1)) ;;
	signal:143:interrupted) ;;
	signal:143:) early=$((early + 1)) ;; # before it could say anything
	stage*:1:error) ;;
	*) return 1 ;;
	esac
}

# --- loads ----------------------------------------------------------------------------------------

struck=0 early=0 frozen=0 disturber=
# until_finished NAME: runs that are struck, the fourth is not, until one has finished.
until_finished() {
	id=$run-$1 stops=0 obeyed=0 blows='' written=0 certain=yes
	next_round
	create "$id"
	for blow in 1 2 3 calm calm calm; do
		load "$1" || return
		how=calm
		[ "$blow" = calm ] || { disturb && strike "$(next_blow)"; }
		blows="$blows, $how"
		has_ended || return
		wait "$disturber"
		is_true || return
		counts
		[ "$last" != finished ] || [ "$status" = 137 ] || break
		struck=$((struck + 1))
	done
	echo "# $1$blows" >&3
	same "$last" finished && whole "$id" && adds_up
}
# Each kind comes as often as the others, one after another over all loads.
next_blow() { echo kill signal stage stop | cut -d ' ' -f $(((seed + runs) % 4 + 1)); }
# counts: adds to $written what the run had published for certain.
counts() {
	written=$((written + $(tail -n 1 said | jq '.records_written // 0')))
	case $how in kill | stage*) certain=no ;; esac
	: "${written:=0}"
}
# What a killed process had published is known to nobody, but each record has been published once.
adds_up() {
	echo "written: $written, certain: $certain; stops: $stops, obeyed: $obeyed"
	[ "$obeyed" -le "$stops" ] && [ "$written" -le "$trades" ] &&
		{ [ "$certain" = no ] || [ "$written" -eq "$trades" ]; }
}
whole() { same "$(holds "${1#"$run-"}")" "0 to $((trades - 1))"; }

exec 3>&1
id=$run-calm how=calm span=0 stops=0 obeyed=0
create "$id"
begun=$(milliseconds)
load calm
ok "nobody disturbs: all ends" has_ended
span=${TEST_SPAN:-$(($(milliseconds) - begun))}
echo "# TEST_SEED=$seed TEST_SPAN=$span repeats these moments"
ok "nobody disturbs: its events" is_true
is "nobody disturbs: it has finished" "$status $last" "0 finished"
ok "nobody disturbs: each trade is there once, in order" whole "$id"
for round in $(seq "$rounds"); do
	ok "load $round: struck until done" until_finished "load-$round"
done
echo "# $struck runs were struck, $early of them at once; the broker stood still in $frozen"
ok "some were struck on the way" [ "$struck" -gt 0 ]

# --- live -----------------------------------------------------------------------------------------

live_run() { # NAME BLOW
	live "$1" || return
	draw 0 2
	strike "$2"
	has_ended || return
	case "$how:$status" in
	kill:137 | signal:143 | stage*:1) return ;;
	esac
	echo "run $runs, $how, exit $status:"
	cat "$log"
	return 1
}
# gapless: of each product, the trades of the topic have no hole, and none is there twice.
gapless() {
	consume "$id" '%k %h\n' | sort -s -k 1,1 | sed 's/trade_id=//' | awk '
		$1 == product && $2 != last + 1 { print $1 ": " $2 " follows " last; bad = 1 }
		{ products += $1 != product; product = $1; last = $2 }
		END { print NR " records of " products " products"; exit bad || products != 2 }'
}
id=$run-live span=2000
next_round
for round in $(seq "$rounds"); do
	blow=$(echo kill signal stage | cut -d ' ' -f $((round % 3 + 1)))
	ok "live, $round: $blow" live_run live "$blow"
done
live live
before=$(count "$id")
ok "live: it goes on" await 30 has_records "$id" $((before + 40))
kill -s TERM "$runner"
ok "live: all ends" has_ended
is "live: exit" "$status" 143
ok "live: each product is whole" gapless
done_testing
