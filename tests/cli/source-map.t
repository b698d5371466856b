#!/bin/sh
# Foreign sources mapped by jq programs, and records selected by jq expressions.
. "$(dirname -- "$0")/../lib.sh"

map='{product_id: .s, price: .p, quantity: .q, timestamp: .t, trade_id: .i, side: "buy"}'
line='{"s":"BTC","p":83320.60,"q":"0.50","t":1672304486865,"i":74}'
trade='"timestamp":"2022-12-29T09:01:26.865000Z","timestamp_ms":1672304486865,"trade_id":74,"side":"buy","exchange":"x"}'
normalize() { trade-normalize --exchange x --source ./map.jq "$@"; }
# What is said first.
first() { normalize 2>err >out.said; head -n 1 err; }

# Digits.
echo "$map" >map.jq
is "numbers keep their digits" "$(echo "$line" | normalize -q)" \
	"{\"product_id\":\"BTC\",\"price\":83320.6,\"quantity\":0.5,$trade"
exact='{"s":"B","p":12345678901234567890.12345678901234567890,"q":9007199254740993,'
exact=$exact'"t":1790732090331350123,"i":18446744073709551615}'
echo "$exact" | normalize -q --numbers literal >out
is "twenty digits on either side" "$(grep -o '"price":[0-9.]*' out)" \
	'"price":12345678901234567890.12345678901234567890'
is "integers beyond 2^53" "$(grep -oE '"(quantity|trade_id)":[0-9]*' out | tr '\n' ' ')" \
	'"quantity":9007199254740993 "trade_id":18446744073709551615 '
is "nanoseconds" "$(grep -o '"timestamp":"[^"]*' out)" '"timestamp":"2026-09-30T01:34:50.331350Z'
echo "$map | .price |= tonumber" >map.jq
is "a string made a number" "$(echo '{"s":"B","p":"0.12345678901234567890","q":1,"t":1672304486865}' |
	normalize -q | grep -o '"price":[0-9.]*')" '"price":0.1234567890123456789'
for member in price quantity trade_id; do
	echo "$map | .quantity |= tonumber | .$member *= 2" >map.jq
	is "a computed $member is refused" "$(echo "$line" | first)" \
		"trade-normalize: line 1: $member was computed by the source map: its digits are not the exchange's"
done
echo "$map" >map.jq
is "a number that could be two is refused" \
	"$(echo '{"s":"B","p":1,"q":1.0000000000000000001,"t":1672304486865,"i":2}' | first)" \
	"trade-normalize: line 1: price could be any of several numbers of the line"

# Digits as strings.
exact='{"px":0.10000000000000000001,"n":12345678901234567890,"t":1790732090331,"q":2.50,"id":"t-123"}'
string() { # NAME PRICE QUANTITY ID WANTED
	echo "{product_id: \"a\", timestamp_ms: .t, price: $2, quantity: $3, trade_id: $4}" >map.jq
	is "$1" "$(echo "$exact" | normalize -q 2>&1 | head -n 1 | sed 's/"timestamp.*_id/.._id/')" "$5"
}
computed() { # MEMBER PRICE QUANTITY ID
	string "a $1 as a string is refused: $2 $3 $4" "$2" "$3" "$4" \
		"trade-normalize: line 1: $1 was computed by the source map: its digits are not the exchange's"
}
computed price '(.px|tostring)' .q null
computed price '"\(.px)"' .q null
computed price '(.px|@text)' .q null
computed price '(.px*3|tostring)' .q null
computed quantity .px '"1"' null
computed trade_id .px .q '(.n|tostring)'
computed trade_id .px .q '.id[2:4]'
string "but not one that is a literal's value, or cut from a string" .px '(.q|tostring)' '.id[2:]' \
	'{"product_id":"a","price":0.10000000000000000001,"quantity":2.5,.._id":123,"exchange":"x"}'

# What a line may hold.
echo ".[] | $map" >map.jq
echo "[$line,{\"s\":\"\"},$line]" | normalize --on-bad bad >out 2>err
is "several trades in a line" "$? $(grep -c . out) $(tail -n 1 err)" \
	"3 2 trade-normalize: account: read=3 written=2 void=0 passed=0 bad=1"
is "have their places" "$(jq -c '[.line,.index]' bad)" "[1,2]"
is "none at all is passed over" "$(echo '[]' | normalize 2>&1)" \
	"trade-normalize: account: read=1 written=0 void=0 passed=1 bad=0"
is "an error of the program makes a bad record" "$(echo 7 | first)" \
	"trade-normalize: line 1: ./map.jq: Cannot iterate over number (7)"
ok "... which may be skipped" exits 3 sh -c \
	'printf "7\n[]\n" | trade-normalize --on-bad skip --source ./map.jq'
is "even of null" "$(echo 'error(null)' >map.jq && echo 7 | first)" \
	"trade-normalize: line 1: ./map.jq: null (null)"
is "no object" "$(echo . >map.jq && echo '[]' | first)" \
	"trade-normalize: line 1: ./map.jq gave something that is no object"
is "a torn line" "$(echo '{"a":' | first)" \
	"trade-normalize: line 1: not JSON: the line ends too early (a record is one line: use jq -c .)"

# Time.
echo 'if .s == "B" then def f: f; f else '"$map"' end' >map.jq
printf '%s\n{"s":"B"}\n%s\n' "$line" "$line" >lines
normalize --on-bad skip --jq-timeout 100ms lines >out 2>err
is "a program that does not end ends the run" "$? $(grep -c . out)" "1 1"
is "and the record is named" "$(head -n 1 err)" \
	"trade-normalize: lines: line 2: ./map.jq: still running after 100 ms"
trade-normalize -q --where 'def f: f; f' --jq-timeout 100ms "$TMP/out" >out2 2>err
is "so does --where" "$? $(head -n 1 err)" \
	"1 trade-normalize: $TMP/out: line 1: --where: still running after 100 ms"

# What crashes libjq 1.6; a later one may raise an error instead.
if [ -z "${SANITIZE:-}" ]; then
	echo 'if .s == "B" then 1e300 | todate else '"$map"' end' >map.jq
	normalize --on-bad skip lines >out 2>err
	case $? in
	1) said="line 2: ./map.jq: libjq crashed on it (SIGABRT)" fate="1 read=2 written=1 void=0 passed=0 bad=1" ;;
	*) said="line 2: ./map.jq: " fate="2 read=3 written=2 void=0 passed=0 bad=1" ;;
	esac
	ok "a program that crashes libjq is named with its record" grep -qF "$said" err
	is "and leaves an account that adds up" "$(grep -c . out) $(sed -n 's/.*account: //p' err)" "$fate"
fi

# What does not compile.
refused() { # NAME PROGRAM REASON
	printf '%s' "$2" >map.jq
	echo "$line" | normalize >out.said 2>err
	is "$1" "$? $(cat err)" "2 trade-normalize: cannot compile './map.jq': $3"
}
refused "an unknown function" "$(printf '.\n| foo')" "line 2: foo/0 is not defined"
refused "a fault of syntax" "$(printf '# a\n.\n|%%')" "line 3: syntax error, unexpected '%'"
refused "the environment" 'env' "line 1: 'env' is switched off"
# shellcheck disable=SC2016
refused "its variable" "$(printf '.\n| $ENV.HOME')" "line 2: '\$ENV' is switched off"
refused "further input" '[inputs]' "line 1: 'inputs' is switched off"
refused "modules" 'import "m" as m; .' "line 1: 'import' is switched off"
refused "halting" 'halt' "line 1: 'halt' is switched off"
trade-normalize --where '.a |' </dev/null 2>err
ok "--where that does not compile" grep -q "^trade-normalize: cannot compile '--where': line 1: " err
ok "is a usage error" exits 2 trade-normalize --where '.a |' /dev/null
ok "as is a map that is not there" exits 2 trade-normalize --source ./nowhere.jq /dev/null

# ~/.jq is nobody's business here.
mkdir home
echo 'def ascii_downcase: error("from ~/.jq"); def mine: .;' >home/.jq
echo "$map | .side |= ascii_downcase" >map.jq
is "a .jq at home is not read" "$(echo "$line" | HOME=$TMP/home normalize -q | grep -o '"side":"[a-z]*"')" \
	'"side":"buy"'
echo "mine" >map.jq
ok "nor used" exits 2 env HOME="$TMP/home" trade-normalize --source ./map.jq /dev/null

# --where selects, and changes nothing.
for i in 1 2 3 4; do
	echo '{"symbol":"BTC/USD","side":"buy","price":8332'$i'.60,"qty":0.50,"ord_type":"limit","trade_id":'"$i"',"timestamp":"2026-09-30T01:34:50.331350Z"}'
done >native
trade-normalize -q --numbers literal native >all
trade-normalize --numbers literal --where '.price > 83323' native >out 2>err
sed -n 3,4p all >wanted
ok "--where keeps the bytes of what it selects" cmp out wanted
is "and counts the rest" "$(cat err)" \
	"trade-normalize: account: read=4 written=2 void=0 passed=0 bad=0 filtered=2"
is "the first output decides" "$(trade-normalize -q --where 'true, error("x")' native | grep -c .)" 4
is "none selects nothing" "$(trade-normalize -q --where empty native | grep -c .)" 0
trade-normalize --on-bad bad2 --where 'if .trade_id == 2 then error("no") else true end' native >out 2>err
is "an error makes the record bad" "$? $(grep -c . out) $(jq -r .reason bad2)" "3 3 --where: no"
is "even of null" "$(trade-normalize --where 'error(null)' native 2>&1 | head -n 1)" \
	"trade-normalize: native: line 1: --where: null (null)"
is "it sees the record as it is written" \
	"$(trade-normalize -q --fields price --where '. == {price: 83321.6}' native)" '{"price":83321.6}'
echo "$map" >map.jq
is "beside a map" "$(echo "$line" | normalize -q --where '.exchange == "x"' | grep -c .)" 1

# libjq's own end is not the run's: what was read before is written, and there is an account.
if [ -z "${SANITIZE:-}" ]; then
	trade-normalize --where 'if .trade_id == 1 then true else 1e300 | todate end' native >out 2>err
	is "a condition that crashes libjq ends the run" $? 1
	is "after the record before, and by name" "$(wc -l <out) $(grep -c 'line 2: --where: ' err)" \
		"1 1"
fi

# The maps that come with the suite.
cat >coinbase <<'END'
{"type":"subscriptions","channels":[{"name":"matches","product_ids":["ETH-EUR"]}]}
{"type":"last_match","trade_id":9,"maker_order_id":"m","taker_order_id":"t","sequence":49,"time":"2026-09-30T01:34:50.028459Z","product_id":"ETH-EUR","size":"5.23512000","price":"400.23","side":"sell"}
{"type":"match","trade_id":10,"maker_order_id":"m","taker_order_id":"t","sequence":50,"time":"2026-09-30T01:34:50.128459Z","product_id":"ETH-EUR","size":"0.10000000","price":"400.20","side":"buy"}
{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"ETH-EUR","time":"2026-09-30T01:34:51.464459Z"}
END
trade-normalize --source "$ROOT/examples/sources/coinbase.jq" coinbase >out 2>err
is "Coinbase's matches" "$(cat out)" \
	'{"product_id":"ETH-EUR","price":400.23,"quantity":5.23512,"timestamp":"2026-09-30T01:34:50.028459Z","timestamp_ms":1790732090028,"trade_id":9,"side":"buy","exchange":"coinbase"}
{"product_id":"ETH-EUR","price":400.2,"quantity":0.1,"timestamp":"2026-09-30T01:34:50.128459Z","timestamp_ms":1790732090128,"trade_id":10,"side":"sell","exchange":"coinbase"}'
is "and other messages" "$(cat err)" \
	"trade-normalize: account: read=4 written=2 void=0 passed=2 bad=0"
is "an error of Coinbase's is no message to pass over" \
	"$(echo '{"type":"error","message":"Failed to subscribe","reason":"X is not valid"}' |
		trade-normalize --source "$ROOT/examples/sources/coinbase.jq" 2>&1 | head -n 1)" \
	"trade-normalize: line 1: $ROOT/examples/sources/coinbase.jq: Coinbase says: Failed to subscribe X is not valid"
cat >bybit <<'END'
{"success":true,"ret_msg":"subscribe","conn_id":"c","op":"subscribe"}
{"topic":"publicTrade.ETHUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"ETHUSDT","S":"Buy","v":"0.0010","p":"1197.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-000000000001","BT":false,"seq":1783284617},{"T":1672304486866,"s":"ETHUSDT","S":"Sell","v":"3","p":"1197.45","L":"ZeroMinusTick","i":"20f43950-d8dd-5b31-9112-000000000002","BT":false,"seq":1783284617}]}
END
trade-normalize --source "$ROOT/examples/sources/bybit.jq" bybit >out 2>err
is "Bybit's trades" "$(cat out)" \
	'{"product_id":"ETHUSDT","price":1197.5,"quantity":0.001,"timestamp":"2022-12-29T09:01:26.865000Z","timestamp_ms":1672304486865,"side":"buy","exchange":"bybit"}
{"product_id":"ETHUSDT","price":1197.45,"quantity":3,"timestamp":"2022-12-29T09:01:26.866000Z","timestamp_ms":1672304486866,"side":"sell","exchange":"bybit"}'
echo '{"success":false,"ret_msg":"no"}' >bybit
ok "nor is one of Bybit's" exits 1 trade-normalize --source "$ROOT/examples/sources/bybit.jq" bybit

done_testing
