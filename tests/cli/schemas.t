#!/bin/sh
# What trade-normalize writes under its output options, and the faults of all its options; what each
# writes for each source is golden.
. "$(dirname -- "$0")/../lib.sh"

cat >native <<END
{"symbol":"BTC/USD","side":"buy","price":83320.60,"qty":0.00040000,"ord_type":"limit","trade_id":7,"timestamp":"2026-09-30T01:34:50.331350Z"}
{"s":"BTCUSDT","a":0,"p":"0.01633100","q":"4.7","f":1,"l":1,"T":1498793709153,"m":true,"M":true}
END
normalize() { trade-normalize -q "$@" native; }
keys() { normalize "$@" | jq -r 'keys_unsorted | join(",")' | uniq; }

is "full" "$(keys)" product_id,price,quantity,timestamp,timestamp_ms,trade_id,side,exchange
is "full, by name" "$(normalize --schema full)" "$(normalize)"
is "strict" "$(keys --schema strict)" product_id,price,quantity,timestamp,timestamp_ms
is "aggtrade" "$(keys --schema aggtrade)" \
	trade_id,price,quantity,timestamp,is_buyer_maker,symbol
is "the taker's side as the maker's" \
	"$(normalize --schema aggtrade | jq -c '[.is_buyer_maker,.timestamp]' | tr '\n' ' ')" \
	"[false,1790732090331] [true,1498793709153] "

# Each member alone is the one of the full record, and so are all of them in any order.
for member in product_id price quantity timestamp timestamp_ms trade_id side exchange; do
	is "--fields $member" "$(normalize --fields "$member")" \
		"$(normalize | grep -o "\"$member\":[^,}]*" | sed 's/.*/{&}/')"
done
is "--fields in another order" \
	"$(keys --fields exchange,side,trade_id,timestamp_ms,timestamp,quantity,price,product_id)" \
	exchange,side,trade_id,timestamp_ms,timestamp,quantity,price,product_id

amounts() { normalize --fields price,quantity "$@" | tr '\n' ' '; }
is "numbers: canonical" "$(amounts)" '{"price":83320.6,"quantity":0.0004} {"price":0.016331,"quantity":4.7} '
is "numbers: by name" "$(amounts --numbers canonical)" "$(amounts)"
is "numbers: strings" "$(amounts --numbers string)" \
	'{"price":"83320.6","quantity":"0.0004"} {"price":"0.016331","quantity":"4.7"} '
is "numbers: literal" "$(amounts --numbers literal)" \
	'{"price":83320.60,"quantity":0.00040000} {"price":0.01633100,"quantity":4.7} '

# What this program writes it reads, in every form that keeps the members.
normalize >full
for form in '--schema full' '--numbers string' '--numbers literal' \
	'--fields exchange,trade_id,side,timestamp_ms,quantity,price,product_id,timestamp'; do
	# shellcheck disable=SC2086 # words
	ok "read again: $form" same "$(normalize $form | trade-normalize -q)" "$(cat full)"
done
is "read again: strict, the exchange given" \
	"$(normalize --schema strict | trade-normalize -q --exchange e | head -n 1)" \
	'{"product_id":"BTC/USD","price":83320.6,"quantity":0.0004,"timestamp":"2026-09-30T01:34:50.331350Z","timestamp_ms":1790732090331,"exchange":"e"}'

# Faults of the command line: exit code 2, two lines, nothing written.
usage() { # PATTERN ARG...
	pattern=$1 && shift
	trade-normalize "$@" native >out 2>err
	ok "refused: $*" same "$? $(wc -l <err) $(wc -c <out)" "2 2 0"
	ok "... by name" grep -q -e "$pattern" err
}
exclusive='options --fields and --schema exclude each other'
usage "$exclusive" --fields price --schema strict
usage "$exclusive" --schema aggtrade --fields price
usage "'prize' is no member of a Trade record" --fields price,prize
usage "'price' is named twice" --fields price,side,price
usage "'' is no member" --fields ''
usage "'' is no member" --fields price,
usage "'is_buyer_maker' is no member" --fields is_buyer_maker
usage "'most' is none of the values of --schema: full, strict, aggtrade" --schema most
usage "'double' is none of the values of --numbers: canonical" --numbers double
usage "'okx' is no source: it is one of auto, kraken, " --source okx
usage "option --product has no place beside a jq program" --product BTC/USD --source x.jq
usage "'99ms' is not" --jq-timeout 99ms

# Faults of files and programs: exit code 2, one line.
broken() { # PATTERN ARG...
	pattern=$1 && shift
	trade-normalize "$@" native >out 2>err
	ok "refused: $*" same "$? $(wc -l <err) $(wc -c <out)" "2 1 0"
	ok "... by name" grep -q -e "$pattern" err
}
echo '{"BTCUSDT":1}' >map.json
printf '.\n| nonsense' >map.jq
broken "cannot read product map 'map.json': a name that is not a string" --product-map map.json
broken "cannot read 'nowhere.json': No such file or directory" --product-map nowhere.json
broken "cannot compile '.*map.jq': line 2: nonsense/0 is not defined" --source map.jq
broken "cannot read 'nowhere.jq': No such file or directory" --source nowhere.jq
broken "cannot read './nowhere': No such file or directory" --source ./nowhere
broken "cannot compile '--where': line 1: syntax error" --where '.price >'
broken "'env' is switched off" --where 'env.HOME'
for file in map.json map.jq; do
	echo '{}' >map.json && echo . >map.jq
	broken "$file" --product-map map.json --source map.jq --output "$file"
done
ok "... which are as they were" same "$(cat map.json map.jq)" "$(printf '{}\n.')"

done_testing
