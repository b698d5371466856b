#!/bin/sh
# loader-api-trades in place of the service: a real broker, over SASL_SSL, and the simulated exchange.
# shellcheck disable=SC2154 # run is set by publish.sh
# A broker of its own, since it freezes it; one that makes topics by itself.
[ "${1:-}" = own ] ||
	exec env -u TEST_BROKERS "$(dirname -- "$0")/../servers/broker" \
		--set auto.create.topics.enable=true -- "$0" own
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
. "$ROOT/tests/kafka/job.sh"

PER_DAY=2000 # trades, the first of 2024-12-30
start_exchange --binance-per-day $PER_DAY --binance-days 4 --binance-weight 99999 --binance-patience 0

# load NAME STATUS [VARIABLE=VALUE]...: one job of that name, in plain text unless the variables say
# otherwise; leaves out and err.
load() {
	begin "$@"
	ended "$1" "$2"
}
# begin NAME STATUS [VARIABLE=VALUE]...: the same beside what comes, as $pid.
begin() {
	name=$1
	shift 2
	QUEUE_ID=$run-$name SYMBOL=BTCUSDT TYPE=api_trades KAFKA_TOPIC=$run-$name-data \
		TIME_RANGE=2024-12-30:2025-01-01 LIMIT=1000 KAFKA_BOOTSTRAP_SERVERS=$TEST_BROKERS \
		QUEUE_CONTROL_TOPIC=$run-control QUEUE_EVENTS_TOPIC=$run-events \
		TELEMETRY_PRODUCER_ID=pod-7 \
		timeout -s KILL 120 env "$@" loader-api-trades >"$name.out" 2>"$name.err" &
	pid=$!
}
slow() { control POST faults '{"do":"delay","path":"/api/v3/aggTrades","seconds":0.3,"times":100000}' >state; }
fast() { control DELETE faults >state; }
control() { # METHOD PATH [BODY]
	curl -sf --cacert "$TRADEPIPE_CACERT" -X "$1" ${3:+-d "$3"} "$KRAKEN_REST_URL/_control/$2"
}
for name in control events sasl-data slow-data killed-data signal-data; do create "$run-$name"; done

# --- a whole load, as the service is set up --------------------------------------------------------

secure="KAFKA_BOOTSTRAP_SERVERS=$TEST_BROKERS_SASL KAFKA_USER_PRODUCER=alice
	KAFKA_PASSWORD_PRODUCER=alice-secret CA_PATH=$TEST_BROKER_CA"
# shellcheck disable=SC2086 # the variables are to be split
ok "a whole load over SASL_SSL" load sasl 0 $secure
is "each trade is there once, in order" "$(holds sasl-data)" "0 to 3999"
is "its events" "$(events sasl)" "started,loading,finished"
is "the message, byte for byte" "$(consume "$run-sasl-data" '%s\n' 2>ended | head -n 1)" \
	'{"trade_id":0,"price":87689.17,"quantity":0.00977,"timestamp":1735516800000,"is_buyer_maker":false,"symbol":"BTCUSDT"}'
is "it has no key, and no header" "$(consume "$run-sasl-data" '%K %h\n' | sort -u)" "-1 "
is "the last event" "$(event sasl -1 'del(.timestamp, .sent_at)' | sed "s/$run/RUN/g")" \
	'{"event":"finished","queue_id":"RUN-sasl","symbol":"BTCUSDT","type":"api_trades","producer":"pod-7","status":"finished","message":"finished","finished":true,"records_written":4000,"kafka":"'"$TEST_BROKERS_SASL"'","kafka_user":"alice","kafka_topic":"RUN-sasl-data","arango_url":null,"arango_db":null,"collection_name":null}'
ok "its time" event sasl -1 'now - .sent_at < 600 and .sent_at == .timestamp'
# shellcheck disable=SC2086
ok "the same again" load sasl 0 $secure
is "adds nothing" "$(holds sasl-data)" "0 to 3999"
is "and says so" "$(event sasl -1 '.status, .records_written' | paste -sd ' ')" '"finished" 0'
ok "in plain events" load sasl 0 EVENTS_FORMAT=plain
is "the last of them" "$(event sasl -1 'del(.timestamp)' | sed "s/$run/RUN/g")" \
	'{"queue_id":"RUN-sasl","symbol":"BTCUSDT","type":"api_trades","status":"finished","message":"finished","records_written":0,"finished":true,"producer":"pod-7"}'

ok "another range under the same ID" load sasl 0 TIME_RANGE=2024-12-29:2024-12-31
is "is loaded, whatever came before" "$(consume "$run-sasl-data" '%s\n' | jq .trade_id | sort -n | uniq -c | awk '$1 > 1' | wc -l)" 2000
ok "with a key" load sasl 0 SOURCE=api BINANCE_API_KEY=key-7 BINANCE_API_SECRET=secret-7
ok "it is sent" eval 'control GET state | jq -e ".recent | any(.headers[\"x-mbx-apikey\"] == \"key-7\")"'
is "the secret is not" "$(control GET state | grep -c secret-7)" 0
echo BINANCE_API_KEY=key-9 >.env
ok "with one in .env" load sasl 0 SOURCE=api
ok "it is sent, too" eval 'control GET state | jq -e ".recent | any(.headers[\"x-mbx-apikey\"] == \"key-9\")"'
rm .env
ok "what is no key" load sasl 2 BINANCE_API_KEY='key 7'
is "and never shown" "$(grep -c 'key 7' err)" 0

# --- variables ------------------------------------------------------------------------------------

: >nothing
env -i PATH="$PATH" timeout 10 loader-api-trades >out 2>err
is "no variables at all: exit" "$?" 2
is "one message for each fault" "$(grep -c "^loader-api-trades: cannot use [A-Z_]* '': it must be given$" err)" 5
ok "several faults at once: exit" load sasl 2 LIMIT=0 TIME_RANGE=2024-01-01 EXACTLY_ONCE=perhaps \
	CA_PATH=nowhere.pem SYMBOL=BTC/USDT KAFKA_USER_PRODUCER=alice KAFKA_TOPIC='a b' \
	KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1
is "and messages" "$(sed -n "s/^loader-api-trades: cannot use \([A-Z_]*\) .*/\1/p" err | paste -sd ' ')" \
	"SYMBOL KAFKA_TOPIC TIME_RANGE LIMIT CA_PATH EXACTLY_ONCE"
ok "a password that is missing" grep -q "cannot use KAFKA_PASSWORD_PRODUCER: .*missing" err
is "nothing else was said" "$(grep -vc 'cannot use' err)" 0
ok "the end before the start" load sasl 2 TIME_RANGE=2025-01-01:2024-12-30
mkdir env && printf 'SYMBOL=ETHUSDT\nLIMIT=77 # a page\nTYPE="from file"\n' >env/.env
(cd env && env -u SYMBOL QUEUE_ID=q KAFKA_TOPIC=t TIME_RANGE=2024-12-30:2024-12-31 LIMIT=5 \
	KAFKA_BOOTSTRAP_SERVERS=x:1 loader-api-trades --dry-run) >out 2>err
ok "a variable of .env" grep -q " ETHUSDT |" out
ok "the environment wins" grep -q -- "--page-size=5 " out
ok "an empty range" load sasl 0 TIME_RANGE=2024-12-31:2024-12-31
is "is nothing" "$(event sasl -1 '.status, .records_written' | paste -sd ' ')" '"finished" 0'
ok "a wrong password" load sasl 2 KAFKA_BOOTSTRAP_SERVERS="$TEST_BROKERS_SASL" \
	KAFKA_USER_PRODUCER=alice KAFKA_PASSWORD_PRODUCER=wrong-secret CA_PATH="$TEST_BROKER_CA"
ok "is named" grep -q "it refuses user 'alice' with SASL SCRAM-SHA-512" err
is "and never shown" "$(grep -c wrong-secret err)" 0
ok "no broker" load sasl 1 KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1
ok "topics that are not there" load missing 0 QUEUE_EVENTS_TOPIC="$run-new" QUEUE_CONTROL_TOPIC="$run-orders"
is "are made by a broker that is set up so" "$(holds missing-data)" "0 to 3999"

# --- stopped, and started again -------------------------------------------------------------------

slow
command() { printf '%s\n' "$@" | kcat -P -b "$TEST_BROKERS" -t "$run-control"; }
stop() { # NAME [TIMES]
	for _ in $(seq "${2:-1}"); do echo "{\"command\":\"stop\",\"queue_id\":\"$run-$1\"}"; done >stop
	command "$(cat stop)"
}
stop slow # an old one: no listener has been there yet
stages_lack() { # TEXT
	runner=$(child "$pid")
	read -r stages <"/proc/$runner/task/$runner/children"
	for stage in $stages; do
		tr '\0' '\n' <"/proc/$stage/environ" >environ
		! grep -q "$1" environ || return 1
	done
}
begin slow 0 LIMIT=20 SOURCE=api BINANCE_API_SECRET=secret-8
ok "records come" await 60 has_records "$run-slow-data" 100
command garbage '{"command":"stop"}' '{"command":"stop","queue_id":"other"}' \
	"{\"command\":\"ping\",\"queue_id\":\"$run-slow\"}" '["stop"]'
ok "its stages do not have the secret" stages_lack secret-8
before=$(count "$run-slow-data")
ok "what is no command for it is ignored" await 60 has_records "$run-slow-data" $((before + 40))
stop slow 2
ok "a stop: exit" ended slow 0
is "is the last event" "$(events slow)" "started,loading,interrupted"
is "which counts what is in the topic" "$(event slow -1 '.records_written')" "$(count "$run-slow-data")"
ok "finished is true" event slow -1 '.finished == true'
ok "what was ignored is counted" grep -q "account: read=[67] obeyed=[12] ignored=5 " err
fast
ok "the next run is not stopped by it" load slow 0
is "and goes on where that was" "$(holds slow-data)" "0 to 3999"
is "it counts its own alone" "$(event slow -1 '.records_written')" "$((4000 - $(event slow interrupted '.records_written')))"
stop slow
ok "a stop between two runs" load slow 0
is "is not missed" "$(events slow | sed 's/.*,//')" "interrupted"

slow
begin signal 0 LIMIT=20 SOURCE=api
ok "records come" await 60 has_records "$run-signal-data" 100
kill -TERM "$(child "$pid")"
ok "SIGTERM: exit" ended signal 143
is "is the last event" "$(events signal)" "started,loading,interrupted"
is "which counts what is in the topic" "$(event signal -1 '.records_written')" "$(count "$run-signal-data")"

begin killed 0 LIMIT=20 SOURCE=api
ok "records come" await 60 has_records "$run-killed-data" 100
kill -KILL "$(child "$pid")"
wait "$pid" 2>ended
none_is_left() { ! grep -lz "$run-killed" /proc/[0-9]*/cmdline >left; }
ok "killed: its stages end as well" await 30 none_is_left
fast
ok "and started again" load killed 0
is "each trade is there once, in order" "$(holds killed-data)" "0 to 3999"
is "one terminal event" "$(events killed)" "started,loading,started,loading,finished"

# --- troubles -------------------------------------------------------------------------------------

slow
create "$run-frozen-data"
begin frozen 0 LIMIT=100 SOURCE=api
ok "records come" await 60 has_records "$run-frozen-data" 200
kill -STOP "$TEST_BROKER_PID"
await 3 false # events pile up
kill -CONT "$TEST_BROKER_PID"
ok "a broker that is frozen for a while: exit" ended frozen 0
is "each trade is there once, in order" "$(holds frozen-data)" "0 to 3999"
is "its events" "$(events frozen)" "started,loading,finished"
fast

create "$run-gone-data"
ok "an exchange that refuses for good" load gone 1 SYMBOL=BTCUSDT SOURCE=api BINANCE_API_URL=https://localhost:1 MAX_RETRY_TIME=1s
is "is an error" "$(events gone)" "started,loading,error"
ok "that is no finish" event gone -1 '.finished == false'
ok "with its cause" event gone -1 '.error_message | test("^binance-aggtrades-dump ended with exit code 1: ")'

# --- rights ---------------------------------------------------------------------------------------

create "$run-rights-data"
acl() {
	"$ROOT/tests/servers/broker" tool kafka.admin.AclCommand \
		--bootstrap-server "$TEST_BROKERS" "$@" >acl.out 2>&1
}
acl --add --allow-principal User:bob --operation All --resource-pattern-type prefixed \
	--transactional-id "$run-rights."
# shellcheck disable=SC2086
ok "no right to transactions" load rights 0 $secure TIME_RANGE=2024-12-30:2024-12-31
ok "is a warning that names it" grep -q "^loader-api-trades: warning: publishing without .*the right Write of transactional id" err
is "the records are there" "$(holds rights-data)" "0 to 1999"
# shellcheck disable=SC2086
ok "with EXACTLY_ONCE=yes" load rights 2 $secure EXACTLY_ONCE=yes
is "it is an error" "$(events rights | sed 's/.*,//')" "error"
# shellcheck disable=SC2086
ok "with EXACTLY_ONCE=no" load rights 0 $secure EXACTLY_ONCE=no TIME_RANGE=2024-12-30:2024-12-31
is "nothing is said, and records come again" "$(grep -c warning err) $(count "$run-rights-data")" "0 4000"
acl --add --allow-principal User:bob --operation All --resource-pattern-type prefixed \
	--transactional-id "$run-sasl."
# shellcheck disable=SC2086
ok "no right any more" load sasl 1 $secure
ok "is no reason to publish otherwise" grep -q "cannot go on without transactions as .*has published with them" err
done_testing
