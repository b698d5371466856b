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

# counts NAME WANTED [OPTION...] <INPUT: the account, and what was said kept in `said`.
counts() {
	name=$1 wanted=$2
	shift 2
	trade-normalize --on-bad skip "$@" >got 2>said
	is "$name" "$(sed -n 's/^trade-normalize: account: //p' said)" "$wanted"
}
# A document as one line, its literals kept.
compact() { "$ROOT/tests/reference/compact.py" <"$1"; }
# The members of the trades written that jq can show exactly, and the amounts, which it would round.
members() { jq -c '[.trade_id, .timestamp_ms, .side, .product_id, .exchange]' got; }
# Amounts out of JSON strings, two a trade, as they must be written.
amounts() { sed -E 's/(\.[0-9]*[1-9])0+$/\1/; s/\.0*$//'; }

file=$recorded/kraken-ws-v2/instrument-snapshot-no-trades.json
trade-normalize "$file" 2>said
is "a document over many lines is refused" $? 1
ok "with a hint" grep -q 'line 1: .*jq -c \.' said
jq -c . "$file" | trade-normalize 2>said
is "on one line it is passed over" "$(cat said)" \
	"trade-normalize: account: read=1 written=0 void=0 passed=1 bad=0"

# Kraken's REST answers.
rest=$recorded/kraken-rest-trades
compact "$rest/XXBTZUSD-20230706.json" >answer
counts "an answer" "read=3 written=3 void=0 passed=0 bad=0" <answer
is "... under Kraken's name" "$(head -n 1 got)" "$(printf %s \
	'{"product_id":"XXBTZUSD","price":30243.4,"quantity":0.34507674,' \
	'"timestamp":"2023-07-06T18:53:17.827736Z","timestamp_ms":1688669597827,' \
	'"trade_id":61044952,"side":"buy","exchange":"kraken"}')"
counts "... or a better one" "read=3 written=3 void=0 passed=0 bad=0" --product BTC/USD <answer
is "... it has" "$(jq -r .product_id got | sort -u)" BTC/USD
trade-normalize "$rest/XXBTZUSD-20230706.json" 2>said >got
is "over many lines it is refused" $? 1
ok "... with a hint" grep -q 'jq -c \.' said

file=$rest/BCHEUR-6field-20190515.json
counts "rows of six values" "read=1000 written=1000 void=0 passed=0 bad=0" <"$file"
jq -r '.result.BCHEUR[] | .[0], .[1]' "$file" | amounts >wanted
grep -oE '"(price|quantity)":[0-9.]+' got | sed 's/.*://' >amounts
ok "... with Kraken's digits" cmp wanted amounts
jq -r '.result.BCHEUR[] | if .[3] == "b" then "buy" else "sell" end' "$file" >wanted
jq -r .side got >sides
ok "... and sides" cmp wanted sides
is "... and no ids" "$(jq -c 'select(has("trade_id"))' got)" ""
# A row's time is a number of seconds: its digits, cut off at the sixth of the fraction.
grep -oE '",[0-9]+\.[0-9]+,"[bs]"' "$file" | tr -d '",bs' |
	awk -F. '{ printf "%s %s\n", $1, substr($2 "000000", 1, 6) }' >wanted
jq -r '"\(.timestamp_ms / 1000 | floor) \(.timestamp | split(".")[1][0:6])"' got >moments
ok "... and times" cmp wanted moments
counts "ids of zero are none" "read=3 written=3 void=0 passed=0 bad=0" \
	<"$rest/fragment-APTUSD-trade-id-zero-no-last.json"
is "... and left out" "$(jq -c 'select(has("trade_id"))' got)" ""
for file in "$rest"/errors/*.json; do
	counts "${file##*/} is refused" "read=1 written=0 void=0 passed=0 bad=1" <"$file"
	ok "... in Kraken's words" grep -qF "$(jq -r '.error[0]' "$file")" said
done

# Binance's.
rest=$recorded/binance-rest-aggtrades
for file in "$rest"/spot-*.json "$rest"/um-*.json; do
	n=$(jq length "$file")
	counts "${file##*/}: $n trades" "read=$n written=$n void=0 passed=0 bad=0" \
		--product BTCUSDT <"$file"
	members >trades
	jq -c '.[] | [.a, .T, if .m then "sell" else "buy" end, "BTCUSDT", "binance"]' "$file" >wanted
	ok "... each once, in order" cmp wanted trades
	jq -r '.[] | .p, .q' "$file" | amounts >wanted
	grep -oE '"(price|quantity)":[0-9.]+' got | sed 's/.*://' >amounts
	ok "... with Binance's digits" cmp wanted amounts
	counts "... and none without a product" "read=1 written=0 void=0 passed=0 bad=1" <"$file"
done
counts "futures by name" "read=5 written=5 void=0 passed=0 bad=0" --product BTCUSDT \
	--exchange binance-um <"$rest/um-BTCUSDT-limit=5.json"
is "... they are" "$(jq -r .exchange got | sort -u)" binance-um
counts "an error answer is refused" "read=1 written=0 void=0 passed=0 bad=1" <"$rest/error-1121.json"
ok "... in Binance's words" grep -q -- '-1121.*Invalid symbol' said

# Frames of Binance's WebSocket: aggregate trades and much else.
ws=$recorded/binance-ws-aggtrade
for file in "$ws"/*.jsonl; do
	trades=$(jq -c 'select(.data.e == "aggTrade")' "$file" | wc -l)
	plain=$(jq -c 'select(.data.e == "trade")' "$file" | wc -l)
	all=$(grep -c . "$file")
	counts "${file##*/}: $trades trades of $all frames" "read=$all written=$trades void=0 passed=$((\
		all - trades - plain)) bad=$plain" <"$file"
	members >trades
	jq -c '.data | select(.e == "aggTrade") |
		[.a, .T, if .m then "sell" else "buy" end, .s, "binance"]' "$file" >wanted
	ok "... each once, in order" cmp wanted trades
	jq -r '.data | select(.e == "aggTrade") | .p, .q' "$file" | amounts >wanted
	grep -oE '"(price|quantity)":[0-9.]+' got | sed 's/.*://' >amounts
	ok "... with Binance's digits" cmp wanted amounts
done

# Archives.
csv=$recorded/binance-archive-csv
for file in "$csv"/*.csv; do
	n=$(grep -c . "$file")
	counts "${file##*/}: $n trades" "read=$n written=$n void=0 passed=0 bad=0" \
		--product P <"$file"
	jq -r '"\(.trade_id) \(.side)"' got >trades
	tr -d '"' <"$file" | awk -F, 'NF { print $1, tolower($7) == "true" ? "sell" : "buy" }' >wanted
	ok "... each once, in order" cmp wanted trades
	tr -d '"' <"$file" | awk -F, 'NF { print $2 "\n" $3 }' | amounts >wanted
	grep -oE '"(price|quantity)":[0-9.]+' got | sed 's/.*://' >amounts
	ok "... with Binance's digits" cmp wanted amounts
done
is "times of 2026 are microseconds" "$(trade-normalize -q --product P \
	"$csv/BTCUSDT-aggTrades-2026-01-01.first1000.csv" | head -n 1 | jq -r .timestamp)" \
	2026-01-01T00:00:00.039409Z

if [ -x "$BUILD/trade-verify" ]; then
	cat "$csv"/anomaly-353-*-02-28.tail.csv "$csv"/anomaly-353-*-03-01.head.csv |
		trade-normalize -q --product ZILBTC |
		trade-verify --quiet-stdout --manifest doubled 2>said
	is "an id that the archives have twice is seen" $? 3
	is "... as a duplicate, and nothing else" \
		"$(jq -c '.streams[] | [.count, .first_id, .last_id, .missing, .duplicates, .disordered]' \
			doubled)" "[15,12027546,12027559,[],1,0]"
	trade-normalize -q "$recorded/kraken-ws-v2/btc-eth-snapshots-20260926.jsonl" |
		trade-verify --quiet-stdout --manifest whole 2>said
	is "Kraken's snapshots and updates are whole" "$? $(jq -c '[.whole, (.streams | length)]' whole)" \
		"0 [true,2]"
fi

# What has no ids, or not those of aggregate trades, is no source.
n=$(grep -c . "$recorded/kraken-csv/BCHEUR.csv")
counts "Kraken's archives are refused" "read=$n written=0 void=0 passed=0 bad=$n" \
	<"$recorded/kraken-csv/BCHEUR.csv"
is "... every line by name" "$(grep -c 'line [0-9]*: an archive line of 3 columns' said)" "$n"

file=$recorded/adjacent/kraken-ws-v1-must-be-refused.jsonl
trade-normalize --on-bad skip "$file" 2>said
is "WebSocket v1 is refused" $? 3
is "every line of it by name" "$(grep -c 'Kraken WebSocket v1' said)" "$(grep -c . "$file")"
done_testing
