#!/bin/sh
# trades in place of the service: a real broker and the simulated exchange, live and historical.
# shellcheck disable=SC2154 # run is set by publish.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
. "$ROOT/tests/kafka/job.sh"

# The service's day is the last one, and the tape's clock is ours: it begins ten minutes ago.
history=2000
start_exchange --heartbeat 0.2 --rate 20 --first $((history + 1)) --history $history --spacing 0.25 \
	--epoch "$(($(date +%s) - 600))"

# service NAME STATUS [VARIABLE=VALUE]...: one run. begin NAME [VARIABLE=VALUE]...: beside what comes, as
# $pid, in the folder of that name; leaves out and err there.
service() {
	name=$1 wanted=$2
	shift 2
	begin "$name" "$@"
	ended "$name" "$wanted"
}
begin() {
	name=$1
	shift
	mkdir -p "$name"
	TRADES_KAFKA_BROKER_ADDRESS=$TEST_BROKERS TRADES_KAFKA_TOPIC_NAME=$run-$name \
		TRADES_KAFKA_TOPIC_PARTITIONS=2 TRADES_PRODUCT_IDS='["BTC/USD","ETH/USD"]' \
		timeout -s KILL 120 env -C "$name" "$@" trades >"$name.out" 2>"$name.err" &
	pid=$!
}
# ids TOPIC PRODUCT: as holds has it, of the header of one key.
ids() {
	consume "$run-$1" '%k %h\n' | sed -n "s|^$2 trade_id=||p" | awk '
		NR == 1 { text = $1 " on" }
		NR > 1 && $1 != last + 1 { text = "after " last ": " $1 }
		{ last = $1 }
		END { print text }'
}
said() { grep -q "\"event\":\"$2\"" "$1.err"; }
has() { has_records "$run-$1" "$2"; }

# --- live -----------------------------------------------------------------------------------------

begin live
ok "live: records come" await 60 has live 50
ok "the configuration is told" said live configuration_validated
ok "the connection is told" said live connected
ok "what was published is confirmed" await 60 said live publication_confirmed
kill -TERM "$(child "$pid")"
ok "SIGTERM: exit" ended live 143
is "the partitions" "$("$ROOT/tests/servers/broker-topic" list "$run-live" | cut -f 2)" 2
is "it begins now, with none missing" "$(ids live BTC/USD), $(ids live ETH/USD)" "$((history + 1)) on, $((history + 1)) on"
is "a message has five members" "$(consume "$run-live" '%s\n' | jq -c keys_unsorted | sort -u)" \
	'["product_id","price","quantity","timestamp","timestamp_ms"]'
is "the key is the product" "$(consume "$run-live" '%k\n' | sort -u | paste -sd ' ')" "BTC/USD ETH/USD"
is "all messages are JSON" "$(jq -r .program err | sort -u | paste -sd ' ')" \
	"kafka-publish kraken-ws-tail trade-normalize trades"
before=$(count "$run-live")
begin live
ok "started again" await 60 has live $((before + 50))
kill -KILL "$(child "$pid")"
wait "$pid" 2>ended
begin live TRADES_LOG_LEVEL=debug
ok "killed, and started again" await 60 has live $((before + 150))
ok "each record is told" said live record_published
kill -TERM "$(child "$pid")"
ended live 143 >ended.log
is "nothing is missing, nothing twice" "$(ids live BTC/USD), $(ids live ETH/USD)" "$((history + 1)) on, $((history + 1)) on"

# --- historical -----------------------------------------------------------------------------------

ok "historical" service past 0 trades_live_or_historical=Historical
is "has the last day" "$(ids past BTC/USD), $(ids past ETH/USD)" "1 on, 1 on"
ok "all of it" has past $((2 * history))
before=$(count "$run-past")
ok "once more" service past 0 TRADES_LIVE_OR_HISTORICAL=historical
is "adds nothing twice" "$(ids past BTC/USD), $(ids past ETH/USD)" "1 on, 1 on"
ok "once more, not exactly once" service past 0 TRADES_LIVE_OR_HISTORICAL=historical TRADES_EXACTLY_ONCE=no
ok "adds all" has past $((before + 2 * history))

# --- variables ------------------------------------------------------------------------------------

mkdir -p faults/config
ok "several faults at once: exit" service faults 2 TRADES_LOG_FORMAT=xml TRADES_LOG_LEVEL=loud \
	TRADES_DEBUG=perhaps TRADES_KAFKA_TOPIC_PARTITIONS=0 TRADES_LIVE_OR_HISTORICAL=Historical \
	TRADES_LAST_N_DAYS=0 TRADES_PRODUCT_IDS='["BTC/USD","a b"]' TRADES_EXACTLY_ONCE=2 \
	TRADES_KAFKA_TOPIC_NAME=a/b TRADES_KAFKA_BROKER_ADDRESS=127.0.0.1:1
is "and messages" "$(sed -n 's/.*cannot use TRADES_\([A-Z_]*\) .*/\1/p' err | sort | paste -sd ' ')" \
	"DEBUG EXACTLY_ONCE KAFKA_TOPIC_NAME KAFKA_TOPIC_PARTITIONS LAST_N_DAYS LOG_FORMAT LOG_LEVEL PRODUCT_IDS"
ok "no products" service faults 2 TRADES_PRODUCT_IDS='[]'
ok "no array" service faults 2 TRADES_PRODUCT_IDS=BTC/USD
(cd faults && TRADES_KAFKA_TOPIC=x TRADES_LOG_FORMAT=text trades --dry-run) >out 2>err
ok "a variable that nobody reads" grep -q "^trades: warning: TRADES_KAFKA_TOPIC is read by nobody: TRADES_KAFKA_TOPIC_NAME is meant$" err
printf 'TRADES_PRODUCT_IDS=["SOL/EUR"]\ntrades_kafka_topic_name=from-file\nTRADES_LOG_FORMAT=text\n' >faults/config/local.env
(cd faults && TRADES_KAFKA_TOPIC_NAME=wins trades --dry-run) >out 2>err
ok "config/local.env" grep -q " SOL/EUR |" out
ok "the environment wins" grep -q -- "--topic=wins " out
ok "a pair that Kraken does not have" service absent 2 TRADES_PRODUCT_IDS='["ABC/XYZ"]'
ok "no broker" service absent 1 TRADES_KAFKA_BROKER_ADDRESS=127.0.0.1:1
done_testing
