#!/bin/bash
# A tour of the suite, as `make demo` runs it: simulated exchanges and a broker on the loopback, and
# the main pipeline between them. It takes some fifteen seconds and leaves nothing behind.
set -euo pipefail

root=$(cd -- "$(dirname -- "$0")/.." && pwd)
build=${BUILD:-$root/build}
servers=$root/tests/servers
trades=100000 # of each product

dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || :; wait; rm -rf -- "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$dir"
PATH=$build:$servers:$PATH
export XDG_RUNTIME_DIR=$dir # where requests are noted
unset KRAKEN_WS_URL KRAKEN_REST_URL TRADEPIPE_CACERT TRADEPIPE_ACCOUNT_FD \
	KAFKA_BROKERS KAFKA_BOOTSTRAP_SERVERS

say() {
	echo
	printf '# %s\n' "$@"
}

# Shows a command, then runs it.
run() {
	printf '$ %s\n' "$1"
	eval "$1"
}

# usage: await FILE: until a server says that it is ready
await() {
	for _ in {1..300}; do
		[ -s "$1" ] && return
		sleep 0.1
	done
	echo "demo: a server did not start" >&2
	exit 1
}

# usage: start NAME SERVER ARG...: a server that writes its address to the file NAME. A session of
# its own keeps ^C from it: the pipeline comes to its end first.
start() {
	name=$1
	shift
	setsid "$@" --ready-file "$name" >"$name.log" 2>&1 &
}

# usage: use NAME: that exchange from here on
use() {
	run "export KRAKEN_WS_URL=$(sed -n s/WS_URL=//p "$1")"
	run "export KRAKEN_REST_URL=$(sed -n s/^REST_URL=//p "$1")"
}

now_ms() {
	date +%s%3N
}

echo "Starting simulated exchanges, which serve a known tape, and a small Kafka broker ..."
certs certs
exchange=(exchange --tls certs/server.pem certs/server.key)
start quiet "${exchange[@]}" --rate manual --first 109583137
start busy "${exchange[@]}" --trades "$trades" --prepare
start unreliable "${exchange[@]}" --fault '{"do":"drop","how":"rst","gap":30,"products":"all",
	"at":{"product":"BTC/USD","trade":1000}}'
start holed "${exchange[@]}" --history 1000 --first 1001 --trades 3000 --rate 2000 \
	--fault '{"do":"drop","how":"rst","gap":500,"at":{"product":"BTC/USD","trade":2000}}'
start broker "$build/tests/servers/mock-broker" --topic trades:4
for server in quiet busy unreliable holed broker; do
	await "$server"
done

say "Any server can stand in for Kraken's and for Kafka's own:"
use quiet
run "export TRADEPIPE_CACERT=\$PWD/certs/ca.pem"
run "export KAFKA_BROKERS=$(cat broker)"

say "Two trades as the exchange sends them, the newest there are. The last line is the account:" \
	"50 trades came in, 2 were written, 48 were older than what was asked for."
run 'kraken-ws-tail -n 2 --limit 2 BTC/USD'

say "The same two in the shape that consumers know. Digits are the exchange's own; only zeros" \
	"that say nothing are gone."
run 'kraken-ws-tail -q -n 2 --limit 2 BTC/USD | trade-normalize -q'

say "Now $((2 * trades)) trades of two products into Kafka. Three programs, three accounts: what" \
	"one has written the next has read, and every record is acknowledged."
use busy
begun=$(now_ms)
run "kraken-ws-tail --limit $((2 * trades)) BTC/USD ETH/USD | trade-normalize |
    kafka-publish -t trades -z lz4"
took=$(($(now_ms) - begun))
echo "That took $took ms: $((2 * trades * 1000 / took)) trades a second, over TLS, each checked."

say "What is in the topic? Key and value, read back with kcat."
run "kcat -C -b \$KAFKA_BROKERS -t trades -e -q -f '%k\t%s\n' >topic.tsv"
run 'head -n 3 topic.tsv'

say "Is it all of it, once, in order, byte for byte what the exchange's tape says?"
ids=51-$((trades + 50))
run "tape check --key-tab --product BTC/USD=$ids --product ETH/USD=$ids topic.tsv"

say "Another exchange, which cuts the connection after trade 1000 while 30 more trades of each" \
	"product happen. A warning says so; on the new connection Kraken repeats the last 50 trades, and" \
	"those that were written already are told apart by their ids."
use unreliable
run 'kraken-ws-tail --limit 5000 BTC/USD ETH/USD | trade-normalize -q >trades.ndjson'
run 'tape check trades.ndjson'

say "One command from a moment of the past to now and on. Then a cut hides far more trades than" \
	"are repeated: what is missing is fetched over REST, and put in its place."
use holed
run 'kraken-ws-tail -v --since 2024-01-01 --limit 8000 BTC/USD ETH/USD |
    trade-verify -qv --quiet-stdout'

say "Who has no tape can prove it all the same: trade-verify knows by the ids. One record less," \
	"and it names the hole."
run 'trade-verify -v --quiet-stdout trades.ndjson'
run 'sed 1000d trades.ndjson | trade-verify --quiet-stdout || echo "exit code $?"'

say "A broken record is no good record's end: it is named, counted and kept. Exit code 3 says" \
	"that the run is done, but not everything went through."
run "echo '{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":\"oops\"}' >native.ndjson"
use quiet
run 'kraken-ws-tail -q -n 1 --limit 1 ETH/USD >>native.ndjson'
run 'trade-normalize --on-bad bad.ndjson native.ndjson || echo "exit code $?"'
run 'cat bad.ndjson'

say "That was the demo. Next: man ./man/tradepipe.7, and README.md."
