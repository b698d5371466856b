#!/bin/sh
# The main job against a real broker: 100,000 trades of two products, the connection to the exchange
# cut again and again on the way, with holes that the snapshot covers. Every trade must be in the
# topic once, in order within its product, byte for byte what the tape says.
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"

each=50000 first=51
last=$((first + each - 1))
topic=pipeline-$$
export KAFKA_BROKERS="$TEST_BROKERS"

cut() {
	printf '{"do":"drop","at":{"product":"%s","trade":%s},"how":"%s","gap":%s,"products":"all"}' "$@"
}
start_exchange --products BTC/USD,ETH/USD --first $first --trades $each \
	--fault "$(cut BTC/USD 3000 rst 30)" --fault "$(cut ETH/USD 9000 fin 49)" \
	--fault "$(cut BTC/USD 20000 close 1)" --fault "$(cut ETH/USD 30001 rst 0)" \
	--fault "$(cut BTC/USD 41234 fin 49)" --fault "$(cut ETH/USD 49990 close 5)"

pipeline() {
	{ kraken-ws-tail --limit $((2 * each)) BTC/USD ETH/USD 2>tail.err; echo $? >tail.exit; } |
		{ trade-normalize 2>normalize.err; echo $? >normalize.exit; } |
		kafka-publish -t "$topic" --create-topic 3 2>publish.err
	echo $? >publish.exit
}
pipeline
is 'kraken-ws-tail ends with 0' "$(cat tail.exit)" 0
is 'trade-normalize ends with 0' "$(cat normalize.exit)" 0
is 'kafka-publish ends with 0' "$(cat publish.exit)" 0

account() { sed -n 's/^.*: account: //p' "$1"; }
case $(account tail.err) in
"read="*" written=$((2 * each)) repeated="*" lost=0 reconnects=6") tail_account=good ;;
*) tail_account=$(cat tail.err) ;;
esac
is 'the account of kraken-ws-tail: all written, none lost, six reconnects' "$tail_account" good
is 'the account of trade-normalize' "$(account normalize.err)" \
	"read=$((2 * each)) written=$((2 * each)) void=0 passed=0 bad=0"
is 'the account of kafka-publish' "$(account publish.err)" \
	"read=$((2 * each)) acked=$((2 * each)) dead=0 skipped=0 unsent=0 unknown=0"

kcat -C -b "$TEST_BROKERS" -t "$topic" -e -q -K '\t' >topic.tsv 2>kcat.err
ok 'the topic holds each trade once, in order, as the tape says' \
	"$ROOT/tests/servers/tape" check --key-tab \
	--product BTC/USD=$first-$last --product ETH/USD=$first-$last topic.tsv
is 'one partition a product' "$(kcat -C -b "$TEST_BROKERS" -t "$topic" -e -q -f '%k %p\n' |
	sort -u | cut -d ' ' -f 1 | uniq -d)" ''
done_testing
