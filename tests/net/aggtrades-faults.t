#!/bin/sh
# binance-aggtrades-dump: faults of the exchange that once made it lose trades, or say what is not true.
# shellcheck disable=SC2086 # words
. "$(dirname -- "$0")/../lib.sh"
tape=$ROOT/tests/servers/tape
all='--since 2024-12-30 --until 2025-01-02'
api="$all --source api --page-size 100"

control() { # METHOD PATH [BODY]
	curl -sf --cacert "$TRADEPIPE_CACERT" -X "$1" ${3:+-d "$3"} "$BINANCE_API_URL/_control/$2"
}
# faults SPEC...: these, and no others.
faults() {
	control DELETE faults >answer || return
	for spec; do control POST faults "$spec" >answer || { echo "$spec" && return 1; }; done
}
# answers REQUEST ROWS: these rows, for requests for trades, counted from now on.
answers() {
	printf '{"do":"rest-answer","path":"/api/v3/aggTrades","type":"application/json",'
	printf '"times":"always","request":"%s","body":"%s"}' "$1" "$(printf %s "[$2]" | sed 's/"/\\"/g')"
}
row() { # ID TIME
	printf '{"a":%s,"p":"1","q":"1","f":3,"l":3,"T":%s,"m":true,"M":true}' "$1" "$2"
}
control_says() { control GET state | grep -q "$1"; }
# run STATUS ARG...: one dump; leaves out and err. Ends by itself, or has failed.
run() {
	wanted_status=$1 status=0
	shift
	timeout -s KILL 60 binance-aggtrades-dump "$@" >out 2>err || status=$?
	cat err
	same "$status" "$wanted_status"
}
counts() { # NAME=N...
	for each; do
		sed -n 's/.*account: //p' err | tr ' ' '\n' | grep -qx "$each" || { cat err && return 1; }
	done
}
says() { grep -q -e "$1" err || { cat err && false; }; }
holds() { # FIRST-LAST...: out has exactly the tape's trades with these ids
	for each; do "$tape" binance --per-day 640 BTCUSDT ${each%-*} ${each#*-}; done >wanted
	cmp wanted out
}
begins() { head -n 1 out | grep -q "\"a\":$1,"; }
mkdir kept
# kept MARKET DATE: the archive that was written last, with its checksum.
kept() {
	folder=kept/data/futures/$1/daily/aggTrades/BTCUSDT name=BTCUSDT-aggTrades-$2
	mkdir -p $folder
	python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").write(sys.argv[2])' \
		$folder/$name.zip $name.csv && (cd $folder && sha256sum $name.zip >$name.zip.CHECKSUM)
}
# archive MARKET DATE [FIRST LAST SECONDS]: one with these ids, a second each from then on.
archive() {
	awk -v a="${3:-1}" -v b="${4:-0}" -v t="${5:-0}" 'BEGIN {
		for (i = a; i <= b; i++) printf "%d,1.5,2,%d,%d,%d000,true\n", i, i, i, t + i - a }' \
		>BTCUSDT-aggTrades-$2.csv
	kept $1 $2
}
begin() { date -u -d "$1" +%s; }

start_exchange --binance-per-day 640 --binance BTCUSDT --binance-archives kept

# The API.
ok 'short pages that hold nothing but old trades' faults \
	"$(answers 6- "$(row 3 1735516800000000)")"
ok '... are not the end' run 1 $api BTCUSDT
ok '...' says "cannot get trades of 'BTCUSDT': Binance sends the same page again and again"
ok '...' holds 0-399
ok '... of which none is lost' counts lost=0
ok 'a page with a single trade, which has an odd time' faults \
	"$(answers 4 "$(row 2 1735916800000000)")"
ok '... is not the end' run 0 $api --page-size 1 --limit 5 BTCUSDT
ok '...' holds 0-1 3-5
ok 'an id whose row is no trade' faults "$(answers 1- '{"a":5}')"
ok '... is lost' run 3 --ids 5 BTCUSDT
ok '... and was one row' counts read=1 bad=1 lost=1
ok 'nothing for ids before an archive' faults "$(answers 3- '')" \
	'{"do":"archive-missing","day":"2024-12-30"}'
ok '... has them lost' run 3 --since 2024-12-30 --until 2025-01-01 BTCUSDT
ok '...' counts lost=640
ok '... and never are no trades asked for' not control_says 'limit=0"'
ok 'a hole where the range begins' faults '{"do":"hole","ids":"635-645"}'
ok '...' run 0 --since 2024-12-31 --until 2025-01-01 --source api BTCUSDT
ok '... is told of' says 'BTCUSDT: trades may be missing before id 646, the first one of the range'
ok '... and counted' counts edges_unverified=1
ok '... of which archives show both ends' faults \
	'{"do":"hole","path":"/data/*.zip","ids":"690-710"}'
since=$("$tape" binance --per-day 640 BTCUSDT 700 700 | sed 's/.*"T":\([0-9]*\).*/\1/')
ok '...' run 3 --since "$since" --until 2025-01-01 --source archive BTCUSDT
ok '... is lost' says 'BTCUSDT: 21 trades are lost, ids 690 to 710: they are in no archive of the range'
ok '... and counted' counts lost=21 written=569
ok '...' begins 711
ok '... and found by the API' run 0 --since "$since" --until 2025-01-01 BTCUSDT
ok '...' begins 700
faults

# What is yet to come is not waited for.
ok 'a range that ends in the future' run 0 --since 2024-12-30 --until 2099-01-01 --source api BTCUSDT
ok '... ends now' counts written=1920
ok '... for kraken-rest-dump too' exits 0 timeout 30 kraken-rest-dump -q --pace 100 --since 2024-01-01 \
	--until 2099-01-01 BTC/USD

# Ids at the end of all numbers.
ok 'ids beyond all ids' run 2 --ids 5-18446744073709551615 BTCUSDT
ok '...' says 'they end at 9223372036854775807$'
row 18446744073709551615 1735516800000000 | sed 's/{/{"s":"BTCUSDT",/' >cursor && echo >>cursor
ok 'a cursor with one' run 2 --resume cursor BTCUSDT
ok '... does not begin anew' says "cannot go on behind the last record of 'BTCUSDT': its trade_id is not below"

# Futures, of which there are archives alone.
um="$all --market um"
archive um 2024-12-30 0 9 "$(begin 2024-12-30)"
archive um 2025-01-01 10 19 "$(begin 2025-01-01)"
ok 'a day without trades' faults '{"do":"archive-missing","day":"2024-12-31"}'
ok '... is not lost' run 0 $um BTCUSDT
ok '...' counts written=20 lost=0
ok 'a day that is missing' faults '{"do":"archive-missing","day":"2024-12-30"}'
archive um 2024-12-31 11 12 "$(begin 2024-12-31)"
ok '... is' run 3 $um BTCUSDT
ok '...' counts days_lost=1
faults
archive um 2024-12-31 10 19 "$(begin 2024-12-31)"
archive um 2025-01-01 10 19 "$(begin 2024-12-31)"
ok 'an archive with the trades of the day before' run 3 $um BTCUSDT
ok '...' says 'the archive of 2025-01-01 is lost: it has no trade of its day'
ok '...' counts written=20 repeated=10 days_lost=1
archive um 2024-12-30 10 19 "$(begin 2024-12-31)"
ok 'one with those of the next day' run 3 $um BTCUSDT
ok '...' says 'the archive of 2024-12-30 is lost: it has no trade of its day'
archive um 2024-12-30 0 9 "$(begin 2024-12-30)"
archive um 2024-12-31 10 19 "$(begin 2024-12-31)"
echo agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker \
	>BTCUSDT-aggTrades-2025-01-01.csv
kept um 2025-01-01
ok 'one with a header alone, at the end' run 3 $um BTCUSDT
ok '...' says 'BTCUSDT: there are no archives with trades of 1 days from 2025-01-01 on'
ok '...' counts written=20 days_lost=1

# What an undisturbed run has left out stays so.
archive um 2024-12-30 0 4 "$(begin 2024-12-30T10:00)"
sed -i 's/^2,\(.*\),[0-9]*,true/2,\1,'"$(begin 2024-12-30T05:00)"'000,true/' BTCUSDT-aggTrades-2024-12-30.csv
kept um 2024-12-30
um='--since 2024-12-30T09:00:00Z --until 2024-12-31 --market um'
ok 'a trade before the range within it' run 0 $um BTCUSDT
ok '...' counts written=4 passed=1
cp out whole && head -n 2 whole >again
ok '... is not written by a run that goes on' run 0 $um --output again BTCUSDT
ok '...' cmp whole again
done_testing
