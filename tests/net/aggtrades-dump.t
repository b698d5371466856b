#!/bin/sh
# binance-aggtrades-dump against the simulated exchange: what it writes, from the API and from
# archives, and what it makes of each fault.
# shellcheck disable=SC2086 # words
. "$(dirname -- "$0")/../lib.sh"
program=binance-aggtrades-dump member=s
. "$ROOT/tests/net/dump.sh"
# All of what is asked for: three days, the times of the first two in milliseconds in archives. The
# exchange has one more, so that nobody waits for what may come.
per_day=640
all='--since 2024-12-30 --until 2025-01-02'
api="$all --source api --page-size 100"
archive="$all --source archive"
TRADES='"path":"/api/v3/aggTrades"'
days='archive:0-1919'
# Pieces are api:FIRST-LAST or archive:FIRST-LAST; $printed is more for the tape.
printed=
tell() {
	product=$1
	shift
	for piece; do
		ids=${piece#*:}
		"$tape" binance --per-day $per_day --source ${piece%:*} $printed "$product" \
			${ids%-*} ${ids#*-}
	done
}

# A budget that is used up in each window, and of which nothing is refused: that would be a ban here.
# It takes three windows, meanwhile all else begins.
start_exchange --binance-per-day 4000 --binance-weight 200 --binance-minute 4000 --binance-patience 0
begin budget $all --source api --page-size 40 --limit 5000 BTCUSDT ETHUSDT

more='AUSDT BUSDT CUSDT DUSDT EUSDT FUSDT GUSDT HUSDT IUSDT'
start_exchange --binance-per-day $per_day --binance-days 4 --binance-weight 99999 \
	--binance BTCUSDT,ETHUSDT,SOLUSDT,BTCUSD_PERP,"$(echo $more | tr ' ' ,)"
# These wait, for what may come.
begin present --since 2024-12-30 BTCUSDT
begin nothing --since 2025-01-03 BTCUSDT
begin future_ids --ids 2550-2562 BTCUSDT

# What is written.
ok 'a range out of the API' run 0 $api BTCUSDT
ok '...' holds out BTCUSDT api:0-1919
ok '... whose account says so' counts read=2100 written=1920 repeated=0 passed=180 lost=0
ok 'a range out of archives, the end verified by the API' run 0 $all BTCUSDT
ok '...' holds out BTCUSDT $days
ok '... whose account says so' counts read=2560 written=1920 passed=640 lost=0 days=3 edges_unverified=
ok 'a range out of archives alone' run 0 $archive BTCUSDT
ok '...' holds out BTCUSDT $days
ok '... whose end nobody has verified' counts edges_unverified=1
ok 'the least of it, in a whole record' same "$(head -n 1 out)" "$("$tape" binance --per-day $per_day \
	--source archive BTCUSDT 0 0)"
# The tape's records from one moment on and before another, in microseconds.
"$tape" binance --per-day $per_day --source archive BTCUSDT 0 1919 >archived
"$tape" binance --per-day $per_day BTCUSDT 0 1919 >shown
between() { # FILE SINCE UNTIL
	awk -F'"T":' -v a="$2" -v b="$3" '{ t = $2 + 0; if (t < 1e14) t *= 1000 } t >= a && t < b' "$1"
}
us() { date -u -d "$1" +%s%6N; }
from=2024-12-30T08:00:00 till=2025-01-01T17:30:00
for source in api archive; do
	[ $source = api ] && tape_file=shown || tape_file=archived
	ok "between two times within days, $source" run 0 --source $source --since ${from}Z --until ${till}Z \
		BTCUSDT
	between $tape_file "$(us ${from}Z)" "$(us ${till}Z)" >wanted
	ok '...' cmp wanted out
done
ok 'from the first trade of all, which is asked for' run 0 --since 2017-01-01 --until 2025-01-02 BTCUSDT
ok '...' holds out BTCUSDT $days
ok '... so that no archives before it are' counts requests=12
ok 'from 1970 on' run 0 --since 1970-01-01 --until 2025-01-02 BTCUSDT
ok '...' holds out BTCUSDT $days
ok 'from archives alone, that takes all days' run 0 --source archive --since 2024-12-01 --until 2025-01-02 \
	BTCUSDT
ok '...' holds out BTCUSDT $days
ok '... of which the first trade says that none is lost' counts days_lost= days=3
ok 'up to now' ended 0 present
ok '...' holds out BTCUSDT archive:0-2559
ok 'nothing at all' ended 0 nothing
ok '...' same "$(wc -c <out)" 0
for source in api archive; do
	ok "a limit, $source" run 0 $all --source $source --limit 777 BTCUSDT
	ok '...' holds out BTCUSDT $source:0-776
	ok "a limit over all symbols, $source" run 0 $all --source $source --limit 777 BTCUSDT ETHUSDT SOLUSDT
	ok '...' same "$(wc -l <out)" 777
done
ok 'a limit that is reached while the next day drips in' faults \
	'{"do":"drip","bytes":100,"pause":1,"path":"/data/*.zip","day":"2024-12-31","times":"always"}'
ok '...' run 0 $archive --limit 640 BTCUSDT
ok '...' holds out BTCUSDT archive:0-639
faults
ok 'a trade at a time' run 0 $api --page-size 1 --limit 20 BTCUSDT
ok '...' holds out BTCUSDT api:0-19
ok 'several symbols, two at a time' run 0 $all --jobs 2 BTCUSDT ETHUSDT SOLUSDT
for each in BTCUSDT ETHUSDT SOLUSDT; do
	ok "... $each" holds out $each $days
done
ok 'several symbols, one at a time' run 0 $all --jobs 1 BTCUSDT ETHUSDT SOLUSDT
ok '... one after the other' sh -c 'cut -d, -f1 out | uniq | wc -l | grep -qx 3'
ok 'ids' run 0 --ids 123-1234 BTCUSDT
ok '...' holds out BTCUSDT api:123-1234
ok '... and asks for no archives' counts requests=3
ok 'the very first id' run 0 --ids 0 BTCUSDT
ok '...' holds out BTCUSDT api:0-0
ok 'ids that are not there' ended 3 future_ids
ok '... by name' says 'BTCUSDT: 3 trades are lost, ids 2560 to 2562: Binance does not have them'
ok '...' holds out BTCUSDT api:2550-2559

# Futures.
printed='--market um'
ok 'futures' run 0 $all --market um BTCUSDT
printed='--market um' && ok '...' holds out BTCUSDT $days
ok '...' counts days=3 edges_unverified=1
ok 'futures margined in coins' run 0 $all --market cm BTCUSD_PERP
printed='--market cm' && ok '...' holds out BTCUSD_PERP $days
printed=

# What cannot be asked for.
usage() { # PATTERN ARG...
	pattern=$1
	shift
	run 2 --output none "$@" && says "^binance-aggtrades-dump: $pattern" && [ ! -e none ]
}
ok 'no beginning' usage "cannot tell where 'BTCUSDT' begins" BTCUSDT
ok 'futures from the API' usage '--source api is for --market spot' $all --market um --source api BTCUSDT
ok 'ids of archives' usage 'cannot find --ids in archives' --ids 1-2 --source archive BTCUSDT
ok 'ids of futures' usage 'cannot find --ids in archives' --ids 1-2 --market um BTCUSDT
ok 'a symbol with a slash' usage "cannot ask for the symbol 'BTC/USDT': symbols have no blanks" $all BTC/USDT
ok 'a symbol twice' usage "'BTCUSDT' is asked for twice" $all BTCUSDT BTCUSDT
ok 'an address that is none' usage "cannot use 'x' for --url" $all --url x BTCUSDT
ok 'another one' usage "cannot use 'x' for --archive-url" $all --archive-url x BTCUSDT
ok 'a symbol that there is none of' run 2 $all NOPE BTCUSDT
ok '... by name, in words of Binance' says "cannot get trades of 'NOPE': Binance says: Invalid symbol."
ok '... which keeps no other from its end' holds out BTCUSDT $days
ok 'a symbol in other letters is asked for' run 2 $all 币安人生USDT
ok '...' says "cannot get trades of '币安人生USDT': Binance says"

# Faults of the API that must not show in the output, each at another symbol, in one dump.
#   at_once TITLE SPEC...
at_once() {
	title=$1 symbols=
	shift
	for spec; do
		struck_symbol=$(echo $more | cut -d ' ' -f $(($(echo $symbols | wc -w) + 1)))
		symbols="$symbols $struck_symbol"
		set -- "$@" "${spec%?},\"product\":\"$struck_symbol\"}"
		shift
	done
	ok "$title" faults "$@"
	ok '... are no harm' run 0 $api --jobs 9 $symbols
	for spec; do
		ok "... $(echo "$spec" | jq -r '[.do, .status, .code, .rows] | map(values) | join(" ")')" \
			holds out ${symbols%% *} api:0-1919
		symbols=${symbols#* }
	done
}
answers() { echo "{\"do\":\"rest-answer\",\"status\":$1,$TRADES,\"request\":5}"; }
says_code() { echo "{\"do\":\"binance-error\",\"code\":$1,$TRADES,\"request\":5}"; }
at_once 'statuses' "$(answers 500)" "$(answers 502)" "$(answers 503)" "$(answers 504)" \
	"$(answers 403)" "$(answers 408)"
ok '... and counted' counts retries=6 refusals=
at_once 'codes' "$(says_code -1000)" "$(says_code -1001)" "$(says_code -1006)" \
	"$(says_code -1007)" "$(says_code -1008)" "$(says_code -1016)"
ok '... and counted' counts retries=6 refusals=
at_once 'refusals' "$(answers 429)" "{\"do\":\"binance-error\",\"retry_after\":1,$TRADES,\"request\":5}"
ok '... and counted' counts refusals=2 retries=
at_once 'answers that are none' '{"do":"object","request":5}' \
	"{\"do\":\"rest-answer\",\"type\":\"text/html\",\"body\":\"<html>\",$TRADES,\"request\":6}" \
	"{\"do\":\"empty\",$TRADES,\"request\":4}" "{\"do\":\"truncate\",$TRADES,\"request\":4}" \
	"{\"do\":\"length\",$TRADES,\"request\":4}" \
	"{\"do\":\"reset\",\"after\":\"body\",$TRADES,\"request\":4}" \
	"{\"do\":\"hang-up\",$TRADES,\"request\":4}" \
	"{\"do\":\"drip\",\"bytes\":999,\"pause\":0.02,$TRADES,\"request\":4}" \
	"{\"do\":\"redirect\",$TRADES,\"request\":4}"
at_once 'pages' '{"do":"short-page","rows":20,"request":"4-7","times":"always"}' \
	'{"do":"short-page","request":"4-5","times":2}' '{"do":"short-page","request":1}' \
	'{"do":"hole","ids":"0-9","times":1}' '{"do":"hole","ids":"333-444","times":2}' \
	'{"do":"doubled","ids":"320-340"}' '{"do":"disordered","ids":"333-336"}' \
	'{"do":"members-sorted"}'
ok '... whose rows that came twice are counted' counts repeated=21
unharmed() { # TITLE SPEC
	ok "$1" faults "$2"
	ok '... is no harm' run 0 $api BTCUSDT
	ok '...' holds out BTCUSDT api:0-1919
}
unharmed 'an error of exchangeInfo' \
	'{"do":"rest-answer","status":503,"path":"/api/v3/exchangeInfo","times":"always"}'
unharmed 'another one' '{"do":"binance-error","code":-1130,"path":"/api/v3/exchangeInfo","times":"always"}'
ok 'rows without M, with other members' faults '{"do":"futures-rows"}'
ok '...' run 0 $api BTCUSDT
sed 's/,"M":true//' shown >wanted
ok '... stay as they are' cmp wanted out
ok 'void rows' faults '{"do":"void","ids":"700-709"}'
for source in api archive; do
	ok "... from $source" run 0 $all --source $source BTCUSDT
	printed='--void 700-709'
	ok '... are written as they came' holds out BTCUSDT $source:0-1919
	printed=
	ok '... and counted' counts void=10
done

# Faults of the API that do show.
ok 'ids that are not there' faults '{"do":"hole","ids":"333-444"}'
ok '... are confirmed, and reported' run 3 $api BTCUSDT
ok '... by name' says 'BTCUSDT: 112 trades are lost, ids 333 to 444: Binance does not have them'
ok '...' counts lost=112
ok '... and the others are there' holds out BTCUSDT api:0-332 api:445-1919
ok 'a hole that answers do not confirm' faults '{"do":"hole","ids":"333-444"}' \
	"{\"do\":\"rest-answer\",\"status\":503,$TRADES,\"request\":\"7-\",\"times\":\"always\"}"
ok '... ends before it' run 3 $api --max-retry-time 200ms BTCUSDT
ok '... by name' says 'BTCUSDT: ends before id 333: ids up to 444 are missing, and it is not known'
ok '...' holds out BTCUSDT api:0-332
ok 'milliseconds' faults '{"do":"ms"}'
ok '... are refused' run 1 $api BTCUSDT
ok '... by name' says "cannot get trades of 'BTCUSDT': the answer is in milliseconds, though"
ok 'a country that may not' faults '{"do":"restricted"}'
ok '... is told so' run 1 $api BTCUSDT
ok '... in words of Binance' says 'Binance says: Service unavailable from a restricted location'
ok '... at once' same "$(grep -c restricted err)" 1
ok 'a parameter that is refused' faults "{\"do\":\"binance-error\",\"code\":-1130,$TRADES,\"request\":4}"
ok '... ends it' run 1 $api BTCUSDT
ok '...' says 'Binance says: Invalid data sent for a parameter.'
ok 'what stays temporary' faults "{\"do\":\"rest-answer\",\"status\":502,$TRADES,\"request\":\"4-\",\"times\":\"always\"}"
ok '... ends it in the end' run 1 $api --max-retry-time 200ms BTCUSDT
ok '...' says 'status 502.*; tried for'

# Refusals.
ok 'a refusal that says how long' faults \
	"{\"do\":\"binance-error\",\"retry_after\":1,$TRADES,\"request\":4}"
begun=$(date +%s%3N)
ok '...' run 0 $api BTCUSDT
ok '... is obeyed' test $(($(date +%s%3N) - begun)) -ge 1000
ok 'a ban' faults "{\"do\":\"binance-error\",\"status\":418,\"retry_after\":1,$TRADES,\"request\":6}"
ok '... ends all' run 1 $api --jobs 4 BTCUSDT ETHUSDT SOLUSDT
ok '... is said once' same "$(grep -c 'Way too much request weight used' err)" 1
ok '... holds who comes next until it is over' faults
ok '...' run 0 --ids 5 BTCUSDT

# Faults of archives: the day 2024-12-31, ids 640 to 1279. Of spot the API gives what it lacks; archives
# alone have it lost.
#   case TITLE SPEC PIECES COUNTS WORDS ALONE-STATUS ALONE-PIECES ALONE-COUNTS ALONE-WORDS
# SPEC without "day", which is added.
day='"day":"2024-12-31"'
case_() {
	title=$1 spec=$2
	ok "$title" faults "{$spec,$day}"
	ok '... spot' run 0 $all BTCUSDT
	ok '...' holds out BTCUSDT $3
	[ -z "$4" ] || ok '...' counts $4
	[ -z "$5" ] || ok '...' says "$5"
	ok '... archives alone' run $6 $archive BTCUSDT
	[ -z "$7" ] || ok '...' holds out BTCUSDT $7
	[ -z "$8" ] || ok '...' counts $8
	[ -z "$9" ] || ok '...' says "$9"
}
whole='archive:0-639 api:640-1279 archive:1280-1919'
lacks='archive:0-639 archive:1280-1919'
none='lost=640 days_lost=1'
no_use='BTCUSDT: the archive of 2024-12-31 is of no use, the API is asked instead: '
lost='BTCUSDT: the archive of 2024-12-31 is lost: '
wrong="'BTCUSDT-aggTrades-2024-12-31.zip' contradicts its checksum"
case_ 'no archive' '"do":"archive-missing"' "$whole" days_lost= '' 3 "$lacks" "$none" \
	'there are no archives of 1 days from 2024-12-31 on'
case_ 'no checksum' '"do":"checksum-missing"' "$whole" days_lost= '' 3 "$lacks" "$none" ''
case_ 'another checksum' '"do":"checksum-wrong"' "$whole" '' "$no_use$wrong" 3 "$lacks" "$none" "$lost$wrong"
for form in name bare short; do
	case_ "a checksum that is none: $form" "\"do\":\"checksum-form\",\"form\":\"$form\"" \
		"$whole" '' "$no_use$wrong" 3 "$lacks" "$none" "$lost$wrong"
done
for form in upper binary; do
	case_ "a checksum in another form: $form" "\"do\":\"checksum-form\",\"form\":\"$form\"" \
		$days '' '' 0 $days '' ''
done
case_ 'a page of HTML for an archive' '"do":"archive-html"' "$whole" '' "$no_use$wrong" 3 "$lacks" "$none" ''
case_ 'a damaged archive' '"do":"zip-damaged"' "$whole" '' "$no_use$wrong" 3 "$lacks" "$none" "$lost$wrong"
case_ 'half an archive' '"do":"zip-cut"' "$whole" '' "$no_use$wrong" 3 "$lacks" "$none" "$lost$wrong"
case_ 'half an archive with the checksum of that' '"do":"zip-cut","sealed":true' "$whole" '' \
	"$no_use.*central directory" 3 "$lacks" "$none" "$lost.*central directory"
case_ 'an archive that was damaged once' '"do":"zip-damaged","times":1' $days '' '' 0 $days '' ''
for form in renamed stored streamed; do
	case_ "an archive in another form: $form" "\"do\":\"zip-form\",\"form\":\"$form\"" $days '' '' 0 $days '' ''
done
case_ 'two files in an archive' '"do":"zip-form","form":"two"' "$whole" '' "$no_use.*more than one file" \
	3 "$lacks" "$none" "$lost.*more than one file"
case_ 'none' '"do":"zip-form","form":"none"' "$whole" '' "$no_use.*no file" 3 "$lacks" "$none" "$lost.*no file"
case_ 'rows are missing at the end of a day' '"do":"rows-cut","rows":5' \
	'archive:0-1274 api:1275-1279 archive:1280-1919' days_lost= '' \
	3 'archive:0-1274 archive:1280-1919' 'lost=5 days_lost=' \
	'BTCUSDT: 5 trades are lost, ids 1275 to 1279: they are in no archive of the range'
case_ 'rows are missing at the beginning of a day' '"do":"missing","path":"/data/*.zip","ids":"640-645"' \
	'archive:0-639 api:640-645 archive:646-1919' lost=0 '' \
	3 'archive:0-639 archive:646-1919' lost=6 'ids 640 to 645: they are in no archive'
case_ 'rows are missing within a day' '"do":"missing","path":"/data/*.zip","ids":"700-709"' \
	'archive:0-699 api:700-1279 archive:1280-1919' lost=0 "$no_use.*id 710 follows id 699" \
	3 'archive:0-699 archive:710-1919' lost=10 'ids 700 to 709: they are in no archive'
case_ 'rows twice' '"do":"doubled","path":"/data/*.zip","ids":"700-709"' \
	'archive:0-700 api:701-1279 archive:1280-1919' lost=0 "$no_use.*id 700 follows id 700" \
	0 $days 'repeated=10 lost=0' ''
case_ 'rows out of order' '"do":"disordered","path":"/data/*.zip","ids":"700-709"' \
	'archive:0-699 api:700-1279 archive:1280-1919' lost=0 "$no_use.*id 709 follows id 699" \
	0 $days 'repeated=0 lost=0' ''
case_ 'the first rows out of order' '"do":"disordered","path":"/data/*.zip","ids":"640-649"' \
	'archive:0-639 api:640-648 archive:649-649 api:650-1279 archive:1280-1919' lost=0 "$no_use" \
	0 $days 'repeated=0 lost=0' ''
case_ 'ids that are moved' '"do":"shifted"' "$whole" lost=0 "$no_use.*its first trade is not what the API" \
	3 '' 'repeated=1 lost=1' 'ids 1279 to 1279'
printed='--void 700-700'
case_ 'void rows' '"do":"void","path":"/data/*.zip","ids":"700"' $days void=1 '' 0 $days void=1 ''
printed=
case_ 'a line that is none' '"do":"csv-line","line":101' 'archive:0-739 api:740-1279 archive:1280-1919' lost=0 \
	"$no_use.*line 101: " 3 'archive:0-739 archive:741-1919' 'bad=1 lost=1' \
	"cannot read line 101 of '2024-12-31'"
case_ 'a first line that is none' '"do":"csv-line","line":1,"text":"7"' "$whole" lost=0 \
	"$no_use.*its first line is no trade" 3 'archive:0-639 archive:641-1919' 'bad=1 lost=1' ''
case_ 'an end in the middle of a line' '"do":"csv-torn"' 'archive:0-1278 api:1279-1279 archive:1280-1919' lost=0 \
	"$no_use" 3 'archive:0-1278 archive:1280-1919' 'bad=1 lost=1' ''
case_ 'no newline at the end' '"do":"csv-torn","bytes":1' $days '' '' 0 $days '' ''
for form in csv-header csv-quoted csv-crlf; do
	case_ "$form" "\"do\":\"$form\"" $days '' '' 0 $days '' ''
done
case_ 'a header behind a byte order mark' '"do":"csv-header","bom":true' $days '' '' 0 $days '' ''

# Whole archives, and where they end.
ok 'the last row of the last day is missing' faults '{"do":"rows-cut","day":"2025-01-01"}'
ok '...' run 0 $all BTCUSDT
ok '... and comes from the API' holds out BTCUSDT archive:0-1918 api:1919-1919
ok '... which archives alone cannot know' run 0 $archive BTCUSDT
ok '...' counts lost=0 edges_unverified=1
ok 'the first rows of the first day are missing' faults \
	'{"do":"missing","path":"/data/*.zip","ids":"0-9","day":"2024-12-30"}'
ok '...' run 0 $all BTCUSDT
ok '... and come from the API' holds out BTCUSDT api:0-9 archive:10-1919
ok '... which archives alone cannot know' run 0 $archive BTCUSDT
ok '...' counts lost=0 edges_unverified=2
ok 'no archives at all' faults '{"do":"archive-missing"}'
ok '...' run 0 $all BTCUSDT
ok '...' holds out BTCUSDT api:0-1919
ok '... alone' run 3 $archive BTCUSDT
ok '...' counts written=0 days_lost=3
ok 'a server of archives that does not answer' run 0 --archive-url http://localhost:9 --max-retry-time 200ms \
	$all BTCUSDT
ok '...' holds out BTCUSDT api:0-1919
ok '...' says 'the API is asked for all that is left'
ok '... alone' run 1 --archive-url http://localhost:9 --max-retry-time 200ms $archive BTCUSDT
ok 'a server of archives that does not let us' faults \
	'{"do":"rest-answer","path":"/data/*","status":401,"body":"no","times":"always"}'
ok '...' run 0 $all BTCUSDT
ok '...' holds out BTCUSDT api:0-1919
ok '... alone' run 1 $archive BTCUSDT
ok 'downloads that break off' faults '{"do":"truncate","path":"/data/*.zip","times":2}' \
	'{"do":"reset","path":"/data/*.zip","after":"body","request":4}'
ok '... are begun anew' run 0 $archive BTCUSDT
ok '...' holds out BTCUSDT $days

# Archives that are kept.
zips() { control GET state | jq .binance.archives.zip; }
fetched() { # N CMD...: so many zips are fetched meanwhile
	wanted_zips=$1 begun_zips=$(zips)
	shift
	"$@" && same "$(($(zips) - begun_zips))" "$wanted_zips"
}
faults
kept="$archive --archive-dir kept"
ok 'archives are kept' fetched 3 run 0 $kept BTCUSDT
ok '...' holds out BTCUSDT $days
ok '... as on the server' sh -c 'cd kept/data/spot/daily/aggTrades/BTCUSDT && sha256sum -c --quiet *.CHECKSUM'
ok '... and used' fetched 0 run 0 $kept BTCUSDT
ok '...' holds out BTCUSDT $days
ok '... silently' same "$(wc -l <err)" 1
folder=kept/data/spot/daily/aggTrades/BTCUSDT
echo >>$folder/BTCUSDT-aggTrades-2024-12-31.zip
ok 'one that was damaged' fetched 1 run 0 $kept BTCUSDT
ok '...' says "2024-12-31.zip' contradicts its checksum: it is fetched again"
ok '...' holds out BTCUSDT $days
rm $folder/BTCUSDT-aggTrades-2024-12-31.zip
ok 'one that is gone' fetched 1 run 0 $kept BTCUSDT
rm $folder/BTCUSDT-aggTrades-2024-12-31.zip.CHECKSUM
ok 'one without a checksum' fetched 1 run 0 $kept BTCUSDT
ok '...' holds out BTCUSDT $days
ok 'one that the server has replaced' faults '{"do":"archive-replaced","after":0,"day":"2024-12-31"}'
ok '... is fetched again' fetched 1 run 0 $kept BTCUSDT
ok '... by name' says "'BTCUSDT-aggTrades-2024-12-31.zip' has been replaced since it was kept"
sed -n 640,1279p archived >wanted
ok '...' not cmp -s wanted out
ok '... and kept' fetched 0 run 0 $kept BTCUSDT
ok 'one that is replaced between its checksum and itself' faults \
	'{"do":"archive-replaced","after":0,"day":"2024-12-30","of":"zip","times":1}'
ok '... is asked for again' run 0 $archive BTCUSDT
ok '...' holds out BTCUSDT $days
faults
ok 'a folder that cannot be made' run 1 $archive --archive-dir /dev/null/kept BTCUSDT
ok '...' says "cannot make the folder '/dev/null"
export TMPDIR=/nonexistent
ok 'a folder for temporary files that is none' run 1 $all BTCUSDT
ok '...' says "cannot write a temporary file in '/nonexistent': No such file"
unset TMPDIR
# What a full disk says, as far as anyone can make one be full.
ok 'no room for an archive' sh -c "trap '' XFSZ; ulimit -f 8; binance-aggtrades-dump $all BTCUSDT >/dev/null 2>err
	[ \$? = 1 ]"
ok '...' says "cannot write a temporary file in '/tmp': File too large"
ok '... is said once' same "$(grep -c 'File too large' err)" 1

# Ended and begun again, at any byte, it writes what an undisturbed run does.
for source in api auto archive; do
	binance-aggtrades-dump -q $all --source $source BTCUSDT >$source.all
	size=$(wc -c <$source.all)
	for bytes in 0 1 200 50000 $((size / 3 - 7)) $((size / 2)) $((size * 2 / 3)) $((size - 150)) $((size - 1)) $size; do
		ok "$source, from byte $bytes on" goes_on $source.all again $bytes $all --source $source BTCUSDT
	done
done
ok 'holes and days out of order' faults '{"do":"missing","path":"/data/*.zip","ids":"700-709"}' \
	'{"do":"disordered","path":"/data/*.zip","ids":"1400-1409"}'
binance-aggtrades-dump -q $all BTCUSDT >auto.all 2>err
for line in 630 641 699 700 701 709 710 711 1000 1279 1280 1281 1390 1401 1405 1410 1919; do
	ok "... from line $line on" goes_on auto.all again "$(head -n $line auto.all | wc -c)" $all BTCUSDT
done
faults

# Killed at pages, with half a line more, again and again.
for page in 4 1 2 5 3 6; do
	faults "{\"do\":\"hang\",$TRADES,\"request\":$page}"
	ok "killed at page $page" killed -q $api --output killed BTCUSDT
	printf '{"s":"BTCUSDT","a":%d,"p":"1' $page >>killed
done
faults
ok '... and in the middle of lines' run 0 $api --output killed BTCUSDT
ok '...' cmp shown killed

# Killed while archives are read, two symbols at once.
for bytes in 300 900; do
	faults "{\"do\":\"hang\",\"path\":\"/data/*.zip\",\"after\":\"body\",\"bytes\":$bytes}"
	ok "killed while archives are read, $bytes bytes of one" killed -q $all --output killed2 BTCUSDT ETHUSDT
	printf '{"s":"ETHUSDT","a":' >>killed2
done
faults
ok '... it goes on' run 0 $all --output killed2 BTCUSDT ETHUSDT
ok '...' holds killed2 BTCUSDT $days
ok '...' holds killed2 ETHUSDT $days

# Ends.
ok 'a run over what is there' run 0 $all --output killed2 BTCUSDT ETHUSDT
ok '... adds nothing' holds killed2 ETHUSDT $days
ok 'a second one at once' faults "{\"do\":\"hang\",$TRADES,\"request\":3}"
ok '...' caught $api --output shared ETHUSDT
dump=$!
mv err first.err
ok '...' run 1 $api --output shared ETHUSDT
ok '... is told so' says 'process [0-9]* is writing to it'
kill -TERM $dump
status=0
wait $dump || status=$?
ok 'a signal' same $status 143
ok '... ends it at a record' sh -c 'tail -n 1 shared | grep -q "}$"'
ok '... with its account' grep -q 'account: read=' first.err
faults
ok '... and the next run goes on' run 0 $api --output shared ETHUSDT
ok '...' holds shared ETHUSDT api:0-1919
ok 'a reader that has enough' sh -c "{ binance-aggtrades-dump $all BTCUSDT; echo \$? >status; } | head -n 5 >five
	grep -qx '141' status || grep -qx 0 status"
ok '...' cmp -n 500 five archived
ok 'a full disk' exits 1 sh -c "binance-aggtrades-dump $all BTCUSDT >/dev/full 2>err"
ok '...' says 'cannot write .standard output.: No space left'

# The budget of the beginning.
ok 'a budget' ended 0 budget
ok '... is kept' counts refusals=
ok '... with waits' test "$(count waits_ms)" -gt 0
done_testing
