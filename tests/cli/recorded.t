#!/bin/sh
# Real payloads, which are not part of the repository: they are checked where they lie beside it.
. "$(dirname -- "$0")/../lib.sh"

recorded=$ROOT/../shared/recorded
if [ ! -d "$recorded" ]; then
	skip "recorded payloads" "no ../shared/recorded here"
	done_testing
fi

# What jq makes of the trades in a recording, numbers aside, which it would round.
by_jq() {
	jq -c 'select(.channel == "trade") | .data[] | [.symbol, .timestamp, .trade_id, .side]' "$1"
}
by_us() { jq -c '[.product_id, .timestamp, .trade_id, .side]' "$1"; }
# Prices and quantities as they were written, but for zeros at the end.
amounts_recorded() {
	grep -oE '"(price|qty)":[0-9.]+' "$1" |
		sed -E 's/.*://; s/(\.[0-9]*[1-9])0+$/\1/; s/\.0+$//'
}
amounts_written() { grep -oE '"(price|quantity)":[0-9.]+' "$1" | sed 's/.*://'; }

for file in "$recorded"/kraken-ws-v2/*.jsonl; do
	capture=${file##*/}
	ok "$capture is taken" trade-normalize --output "$capture" "$file"
	by_jq "$file" >"$capture.wanted"
	by_us "$capture" >"$capture.got"
	ok "$capture has trades" test -s "$capture.wanted"
	ok "$capture: each trade once, in order" cmp "$capture.wanted" "$capture.got"
	amounts_recorded "$file" >"$capture.wanted"
	amounts_written "$capture" >"$capture.got"
	ok "$capture: the exchange's digits" cmp "$capture.wanted" "$capture.got"
done

file=$recorded/kraken-ws-v2/instrument-snapshot-no-trades.json
trade-normalize "$file" 2>said
is "a document over many lines is refused" $? 1
ok "with a hint" grep -q 'line 1: .*jq -c \.' said
jq -c . "$file" | trade-normalize 2>said
is "on one line it is passed over" "$(cat said)" \
	"trade-normalize: account: read=1 written=0 void=0 passed=1 bad=0"

file=$recorded/adjacent/kraken-ws-v1-must-be-refused.jsonl
trade-normalize --on-bad skip "$file" 2>said
is "WebSocket v1 is refused" $? 3
is "every line of it by name" "$(grep -c 'Kraken WebSocket v1' said)" "$(grep -c . "$file")"
done_testing
