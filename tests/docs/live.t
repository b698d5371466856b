#!/bin/sh
# examples/live.sh: everything read is in the topic when it is stopped, and its exit codes are true.
. "$(dirname -- "$0")/../lib.sh"

live=$ROOT/examples/live.sh

topic() {
	kcat -C -b "$KAFKA_BROKERS" -t trades -e -q
}
has_records() { [ "$(topic | wc -l)" -ge "$1" ]; }
checks_out() { topic | "$ROOT/tests/servers/tape" check; }
sum() { sed -n "s/.* $1=\([0-9]*\).*/\1/p" err | head -n 1; }

start_exchange --rate 500 --products BTC/USD,ETH/USD
start_mock_broker -t trades:4

for signal in TERM HUP; do
	setsid "$live" trades BTC/USD ETH/USD >out 2>err &
	running=$!
	ok "$signal: trades arrive" await 10 has_records 200
	kill -"$signal" "$running"
	wait "$running"
	is "$signal: exit code" $? 0
	is "$signal: three accounts" "$(grep -c ': account: ' err)" 3
	is "$signal: what was written is acknowledged" "$(sum acked)" "$(sum written)"
	[ "$signal" = HUP ] || ok "the topic is as the tape says" checks_out
done

"$live" trades XBT/USD >out 2>err
is "a refused pair is exit code 2" $? 2
KAFKA_BROKERS=localhost:1 "$live" trades BTC/USD >out 2>err
is "no broker is exit code 1" $? 1
"$live" tardes BTC/USD >out 2>err
is "a missing topic is exit code 2" $? 2
"$live" trades >out 2>err
is "no pair is exit code 2" $? 2
done_testing
