#!/bin/sh
# Consumers written as the documented readers of both services are, with their libraries from PyPI,
# read what trades and loader-api-trades publish, also when a transaction was killed on the way.
# Runs where TEST_READERS is set: it fetches the libraries once.
# shellcheck disable=SC2154 # run is set by publish.sh
[ -n "${TEST_READERS:-}" ] || { echo "1..0 # SKIP TEST_READERS is not set" && exit; }
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
. "$ROOT/tests/kafka/job.sh"
readers=$ROOT/tests/kafka/readers

# The libraries are kept beside the brokers, for each choice of them and each release of Python.
wanted=$({ python3 --version && cat "$readers/requirements.txt"; } | cksum | cut -d ' ' -f 1)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tradepipe
venv=$cache/readers-$wanted
fetch() {
	mkdir -p "$cache" && fetched=$(mktemp -d "$cache/readers.XXXXXX.tmp") || return
	python3 -m venv "$fetched" &&
		"$fetched/bin/python" -m pip install -q -r "$readers/requirements.txt" &&
		{ mv -T "$fetched" "$venv" || [ -d "$venv" ]; } && rm -rf "$fetched" && return
	rm -rf "$fetched"
	return 1
}
[ -d "$venv" ] || fetch >fetch.log 2>&1 || {
	sed 's/^/# /' fetch.log
	echo "1..0 # SKIP the libraries cannot be fetched" && exit
}
# read_by NAME PROGRAM ARG...: in the background, as $reader.
read_by() {
	reader_log=$1.log program=$readers/$2
	shift 2
	QUEUE_ID=${queue:-} KAFKA_BOOTSTRAP_SERVERS=$TEST_BROKERS_SASL KAFKA_USER=alice \
		KAFKA_PASSWORD=alice-secret CA_PATH=$TEST_BROKER_CA \
		"$venv/bin/python" -B -W ignore "$program" "$@" >"$reader_log" 2>&1 &
	reader=$!
}
# leaves PROCESS: stops a reader; 0 where it ended well.
leaves() {
	kill -s TERM "$1"
	wait "$1" || { tail -n 20 ./*.log && false; }
}
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }

# --- trades, and the reader that makes candles of them --------------------------------------------

history=2000 clock="--spacing 0.25 --epoch $(($(date +%s) - 600))"
# shellcheck disable=SC2086 # its words are to be split
start_exchange --heartbeat 0.2 --rate 40 --first $((history + 1)) --history $history \
	$clock \
	--binance-per-day 1000 --binance-days 2 --binance-weight 99999 --binance-patience 0

service() { # TOPIC MODE: beside what comes, as $pid
	TRADES_KAFKA_BROKER_ADDRESS=$TEST_BROKERS TRADES_KAFKA_TOPIC_NAME=$1 \
		TRADES_KAFKA_TOPIC_PARTITIONS=2 TRADES_PRODUCT_IDS='["BTC/USD","ETH/USD"]' \
		TRADES_LIVE_OR_HISTORICAL=$2 timeout -s KILL 120 trades >service.out 2>service.err &
	pid=$!
}
# candles TOPIC: its reader, which is there before the first trade is.
candles() {
	"$ROOT/tests/servers/broker-topic" create "$1" 2
	read_by "$1" candles.py "$TEST_BROKERS" "$1" "$1-candles" "$1.seen"
	candles_of=$reader
}
# tape WHAT BTC-FIRST-LAST ETH-FIRST-LAST: messages as the exchange's trades make them.
# shellcheck disable=SC2086
tape() {
	"$ROOT/tests/servers/tape" "$1" BTC/USD "${2%-*}" "${2#*-}" --as trade $clock &&
		"$ROOT/tests/servers/tape" "$1" ETH/USD "${3%-*}" "${3#*-}" --as trade $clock
}
# made_of FILE: the candles that its messages make; candles_in TOPIC: those that the reader made.
made_of() {
	jq -cs 'group_by([.product_id, (.timestamp_ms / 60000 | floor)])[] | {
		pair: .[0].product_id, open: .[0].price, high: map(.price) | max,
		low: map(.price) | min, close: .[-1].price, volume: map(.quantity) | add,
		start: (.[0].timestamp_ms / 60000 | floor * 60000)}' "$1"
}
candles_in() { consume "$1" '%s\n' | jq -cs 'group_by([.pair, .start])[] | .[-1]'; }
# by_product FILE MEMBERS: the order of each product is kept.
by_product() { jq -s "group_by(.product_id)[][] | $2" "$1"; }
# are_same A B: the same JSON values, in the same order.
are_same() {
	jq -cS . "$1" >a.json && jq -cS . "$2" >b.json && [ -s a.json ] || return
	cmp a.json b.json && return
	diff a.json b.json | head -n 10 && return 1
}

topic=$run-past
candles "$topic"
service "$topic" historical
ok "historical trades: exit" ended service 0
ok "candles: it has read them all" await 60 lines "$topic.seen" $((2 * history))
ok "it leaves" leaves "$candles_of"
tape kraken 1-$history 1-$history >tape.json
by_product tape.json 'del(.trade_id, .side, .exchange)' >wanted
by_product "$topic.seen" . >got
ok "each trade came once, in order, with the exchange's values" are_same got wanted
made_of tape.json >wanted
candles_in "$topic-candles" >got
ok "the candles are those of these trades" are_same got wanted

topic=$run-live
candles "$topic"
service "$topic" live
ok "live trades come" await 60 lines "$topic.seen" 100
kill -s KILL "$(child "$pid")"
wait "$pid" 2>killed
before=$(wc -l <"$topic.seen")
service "$topic" live
ok "killed, and started again" await 60 lines "$topic.seen" $((before + 100))
kill -s TERM "$(child "$pid")"
ok "SIGTERM: exit" ended service 143
ok "candles: it has read them all" await 60 lines "$topic.seen" "$(count "$topic")"
ok "it leaves" leaves "$candles_of"
last_of() { echo $((history + $(grep -c "\"product_id\": \"$1\"" "$topic.seen"))); }
tape print "$((history + 1))-$(last_of BTC/USD)" "$((history + 1))-$(last_of ETH/USD)" >tape.json
by_product tape.json '{product_id, price, quantity}' >wanted
by_product "$topic.seen" 'del(.timestamp, .timestamp_ms)' >got
ok "each trade came once, in order, with the exchange's values" are_same got wanted
# What was missed meanwhile is fetched by REST, which shows a time up to 1.1 us later.
by_product tape.json .timestamp_ms >wanted
by_product "$topic.seen" .timestamp_ms | paste - wanted >got
# shellcheck disable=SC2016 # for awk
ok "and time" awk '$1 != $2 && $1 != $2 + 1 { exit 1 }' got
made_of "$topic.seen" >wanted
candles_in "$topic-candles" >got
ok "the candles are those of these trades" are_same got wanted

# --- loader-api-trades, and the reader that stores its records ------------------------------------

trades=2000
for name in control events whole killed; do create "$run-$name"; done
load() { # NAME: beside what comes, as $pid
	QUEUE_ID=$run-$1 SYMBOL=BTCUSDT TYPE=api_trades KAFKA_TOPIC=$run-$1 LIMIT=20 SOURCE=api \
		TIME_RANGE=2024-12-30:2025-01-01 KAFKA_BOOTSTRAP_SERVERS=$TEST_BROKERS_SASL \
		KAFKA_USER_PRODUCER=alice KAFKA_PASSWORD_PRODUCER=alice-secret \
		CA_PATH=$TEST_BROKER_CA QUEUE_CONTROL_TOPIC=$run-control \
		QUEUE_EVENTS_TOPIC=$run-events TELEMETRY_PRODUCER_ID=pod-7 \
		timeout -s KILL 120 loader-api-trades >load.out 2>load.err &
	pid=$!
}
# arango TOPIC FOLDER [SETTING]: its reader, in its place before the load begins.
arango() {
	queue=$2 read_by "$2" arango_trades.py "$@"
	await 60 test -e "$2/ready"
}
stored() { [ "$(cat "$1/count")" -eq "$2" ]; }
"$ROOT/tests/servers/tape" binance BTCUSDT 0 $((trades - 1)) --per-day 1000 | jq -c '{
	_key: .a | tostring, trade_id: .a, price: .p | tonumber, quantity: .q | tonumber,
	timestamp: (.T / 1000 | floor), is_buyer_maker: .m, symbol: .s}' >documents

read_by events queue_events.py "$run-events" events
events_of=$reader
ok "a reader of events" await 60 test -e events/ready
ok "a reader of records" arango "$run-whole" whole
whole_of=$reader
load whole
ok "a load: exit" ended load 0
ok "arango-trades: it has stored all" await 60 stored whole $trades
ok "it leaves" leaves "$whole_of"
is "each trade came once" "$(cat whole/messages)" $trades
ok "in order, with the exchange's values" are_same whole/documents documents

# --- a transaction that is killed -----------------------------------------------------------------

sees() {
	kcat -b "$TEST_BROKERS" -C -t "$run-killed" -e -q -X fetch.wait.max.ms=10 \
		-X isolation.level="$1" -f '\n' | wc -l
}
visible() { sees read_uncommitted; }
committed() { sees read_committed; }
is_open() { [ "$(visible)" -gt "$(committed)" ]; }
# kill_in_transaction: holds kafka-publish where records of an open one are in the topic.
kill_in_transaction() {
	await 30 is_open || return
	runner=$(child "$pid")
	publish=$(xargs -n 1 <"/proc/$runner/task/$runner/children" | while read -r stage; do
		! grep -qx kafka-publish "/proc/$stage/comm" || echo "$stage"
	done)
	kill -s STOP "$publish"
	is_open && kill -s KILL "$publish" && return
	kill -s CONT "$publish"
	return 1
}
curl -sf --cacert "$TRADEPIPE_CACERT" -o faults "$KRAKEN_REST_URL/_control/faults" \
	-d '{"do":"delay","path":"/api/v3/aggTrades","seconds":0.2,"times":100000}'
ok "a reader with the presets" arango "$run-killed" presets
presets_of=$reader
ok "a reader at read_committed" arango "$run-killed" careful isolation_level=read_committed
careful_of=$reader
load killed
enough() { [ "$(committed)" -ge 100 ]; }
ok "records come" await 60 enough
ok "kafka-publish is killed in a transaction" await 60 kill_in_transaction
ok "that is an error" ended load 1
open=$(visible) closed=$(committed)
echo "# in the topic: $open, of them committed: $closed"
ok "some records are of no whole transaction" [ "$open" -gt "$closed" ]
ok "the presets show them" await 30 stored presets "$open"
ok "read_committed does not" await 30 stored careful "$closed"
curl -sf --cacert "$TRADEPIPE_CACERT" -o faults -X DELETE "$KRAKEN_REST_URL/_control/faults"
load killed
ok "started again" ended load 0
for name in presets careful; do ok "$name: it has stored all" await 60 stored "$name" $trades; done
for name in $presets_of $careful_of; do ok "it leaves" leaves "$name"; done
is "at read_committed each trade came once" "$(cat careful/messages)" $trades
ok "in order, with the exchange's values" are_same careful/documents documents
is "by the presets some came twice" "$(cat presets/messages)" $((trades + open - closed))
ok "and what is stored is right all the same" are_same presets/documents documents

# --- events ---------------------------------------------------------------------------------------

kinds() { sed -n "s/^$run-$1 \([a-z]*\) .*/\1/p" events/events | uniq | paste -sd,; }
told_all() { [ "$(kinds killed)" = started,loading,error,started,loading,finished ]; }
await 30 told_all
is "the events of a killed load" "$(kinds killed)" started,loading,error,started,loading,finished
is "of a whole one" "$(kinds whole)" started,loading,finished
ok "which counts all" grep -qx "$run-whole finished $trades" events/events
ok "the reader leaves" leaves "$events_of"
is "each has the documented members" "$(grep fault events/events)" ""
done_testing
