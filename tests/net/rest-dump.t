#!/bin/sh
# kraken-rest-dump against the simulated exchange: what it writes, and what it makes of each fault.
# shellcheck disable=SC2086 # words
. "$(dirname -- "$0")/../lib.sh"
program=kraken-rest-dump member=symbol
. "$ROOT/tests/net/dump.sh"
TRADES='"path":"/0/public/Trades"'
# All of what the exchange has, long ago, in pages of fifty.
all='--since 2024-01-01 --until 2025-01-01 --pace 1000 --page-size 50'
tell() { # PAIR FIRST-LAST...
	product=$1
	shift
	for ids; do "$tape" kraken "$product" "${ids%-*}" "${ids#*-}"; done
}
# Some pages of it, whole.
beginning() { [ "$(wc -l <out)" -ge 100 ] && holds out BTC/USD "1-$(wc -l <out)"; }

# Budgets take their time, and so does what waits for trades that may come: meanwhile all else begins.
# Two of one pair and one of another at the same time, at the pace that the exchange grants: without a
# common budget it would be half as many again as it takes at once.
start_exchange --products BTC/USD,ETH/USD,SOL/USD,DOGE/EUR,QUIET/USD --kraken-rate 40 --kraken-burst 25 \
	--history BTC/USD=2000,ETH/USD=2000,SOL/USD=2000,DOGE/EUR=120,QUIET/USD=0 \
	--first BTC/USD=2001,ETH/USD=2001,SOL/USD=2001,DOGE/EUR=121,QUIET/USD=1
budget_url=$KRAKEN_REST_URL
begin slow $all --pace 4 --progress --limit 1500 SOL/USD
begin one $all --limit 1900 --pace 40 BTC/USD
begin other $all --limit 1900 --pace 40 BTC/USD
begin another $all --limit 1900 --pace 40 ETH/USD
begin present --since 2024-01-01 QUIET/USD DOGE/EUR
begin future_ids --ids 118-123 DOGE/EUR
start_exchange --history 500 --first 501 --kraken-rate 1 --kraken-burst 2
begin refused $all --limit 150 BTC/USD

start_exchange --products BTC/USD,ETH/USD,DOGE/EUR,SOL/USD,QUIET/USD \
	--first BTC/USD=501,ETH/USD=501,DOGE/EUR=121,SOL/USD=501,QUIET/USD=1 \
	--history BTC/USD=500,ETH/USD=500,DOGE/EUR=120,SOL/USD=500,QUIET/USD=0

# What is written.
ok 'a whole history' run 0 $all BTC/USD
ok '...' holds out BTC/USD 1-500
ok '... with what pages have in common left out' same "$(account | sed 's/ requests.*//')" \
	'read=523 written=500 repeated=23 passed=0 lost=0'
"$tape" kraken BTC/USD 1 500 >btc
# Records of the tape from the first time on, before the second.
between() { awk -F'"timestamp":"' -v a="$1" -v b="$2" '$2 >= a && $2 < b' btc; }
from=2024-01-01T00:00:20.5 till=2024-01-01T00:01:10.25
ok 'between two times' run 0 --since ${from}Z --until ${till}Z --pace 1000 BTC/USD
between $from $till >wanted
ok '...' cmp wanted out
edge=$(sed -n '100s/.*"timestamp":"\([^"]*\)Z".*/\1/p' btc)
ok 'up to a moment that is a trade of its own' run 0 --since 2024-01-01 --until "${edge}Z" BTC/USD
between 2024 "$edge" >wanted
ok '...' cmp wanted out
ok 'from that moment on' run 0 --since "${edge}Z" --until 2025-01-01 --pace 1000 BTC/USD
between "$edge" 2025 >wanted
ok '...' cmp wanted out
ok 'from the first trade of all' run 0 --since 1970-01-01 --until 2025-01-01 --pace 1000 BTC/USD
ok '...' holds out BTC/USD 1-500
ok 'a limit' run 0 $all --limit 77 BTC/USD
ok '...' holds out BTC/USD 1-77
ok 'a limit over all pairs' run 0 $all --limit 77 BTC/USD ETH/USD SOL/USD
ok '...' same "$(wc -l <out)" 77
ok 'one trade at a time' run 0 $all --page-size 1 --limit 20 BTC/USD
ok '...' holds out BTC/USD 1-20
ok 'several pairs, two at a time' run 0 $all --jobs 2 BTC/USD ETH/USD DOGE/EUR SOL/USD QUIET/USD
for each in BTC/USD=500 ETH/USD=500 DOGE/EUR=120 SOL/USD=500; do
	ok "... $each" holds out ${each%=*} 1-${each#*=}
done
ok 'ids' run 0 --ids 123-234 --pace 1000 BTC/USD
ok '...' holds out BTC/USD 123-234
ok 'a single one, the last' run 0 --ids 500 --pace 1000 BTC/USD
ok '...' holds out BTC/USD 500-500

# Names.
refused() { # NAME PATTERN
	run 2 $all --output none BTC/USD "$1" && says "^kraken-rest-dump: cannot get trades of '$1': $2$" &&
		[ ! -e none ] && same "$(wc -l <err)" 1
}
no='Kraken has no pair of that name'
ok 'a name of WebSocket v1' refused XBT/USD "$no (it is 'BTC/USD' here)"
ok 'an old name of an asset' refused XDG/EUR "$no (it is 'DOGE/EUR' here)"
ok 'lower case' refused eth/usd "$no (it is 'ETH/USD' here)"
ok 'a name of REST' refused XETHZUSD "$no (it is 'ETH/USD' here)"
ok 'a slip' refused ETH/UDS "$no (did you mean 'ETH/USD'?)"
ok 'a pair that is none' refused APPLES/PEARS "$no"
ok 'a pair that Kraken does not know any more' faults \
	"{\"do\":\"kraken-error\",\"error\":\"EQuery:Unknown asset pair\",$TRADES,\"product\":\"SOL/USD\",\"times\":\"always\"}"
ok '... ends alone, by its own words' run 2 $all SOL/USD BTC/USD
ok '...' says "^kraken-rest-dump: cannot get trades of 'SOL/USD': Kraken says: EQuery:Unknown asset pair$"
ok '...' holds out BTC/USD 1-500
ok 'no beginning' run 2 BTC/USD
ok 'an address that is none' run 2 $all --url kraken BTC/USD
ok 'a pace that is none' run 2 $all --pace fast BTC/USD
ok '...' says "'fast' is not a number from 0.001 to 1000, as --pace needs"

# Faults that must not show in the output: SPEC... separated by blanks, none in a spec.
unharmed() { # STATUS TITLE SPEC...
	wanted=$1 title=$2
	shift 2
	ok "$title" faults "$@"
	ok '... is no harm' run $wanted $all BTC/USD
	ok '...' holds out BTC/USD 1-500
}
every="$TRADES,\"times\":\"always\""
# at_once TITLE SPEC...: up to three, each of which strikes another pair, and costs one request.
at_once() {
	title=$1 pairs='BTC/USD ETH/USD SOL/USD' struck=0
	shift
	for spec; do
		struck=$((struck + 1))
		product=$(echo $pairs | cut -d ' ' -f $struck)
		set -- "$@" "${spec%?},$TRADES,\"product\":\"$product\",\"request\":3}"
		shift
	done
	ok "$title" faults "$@"
	ok '... are no harm' run 0 $all $pairs
	for product in $pairs; do ok "... to $product" holds out "$product" 1-500; done
}
counted() { is '... and counted' $((0$(count retries) + 0$(count refusals))) $struck; }
answers() { echo "{\"do\":\"rest-answer\",\"status\":$1}"; }
says_error() { echo "{\"do\":\"kraken-error\",\"error\":\"$1\"}"; }
at_once 'statuses 500, 502 and 503' "$(answers 500)" "$(answers 502)" "$(answers 503)"
counted
at_once 'statuses 504, 520 and 403' "$(answers 504)" "$(answers 520)" "$(answers 403)"
counted
at_once 'Unavailable, Busy, cancel_only' "$(says_error EService:Unavailable)" \
	"$(says_error EService:Busy)" "$(says_error 'EService:Market in cancel_only mode')"
counted
at_once 'an internal error, status 408, HTML with status 200' "$(says_error 'EGeneral:Internal error:7')" \
	"$(answers 408)" '{"do":"rest-answer","status":200,"type":"text/html","body":"<html>"}'
counted
at_once 'requests that come too fast' "$(answers 429)" "$(says_error 'EGeneral:Too many requests')" \
	"$(says_error 'EAPI:Rate limit exceeded')"
is '... as such' "$(count refusals)" 3
at_once 'a cut body, one cut by a reset, a wrong length' '{"do":"truncate"}' \
	'{"do":"truncate","how":"rst"}' '{"do":"length"}'
counted
at_once 'an empty answer, a reset, a reset in the middle' '{"do":"empty"}' '{"do":"reset"}' \
	'{"do":"reset","after":"body"}'
at_once 'a connection that ends, and a redirect' '{"do":"hang-up"}' '{"do":"redirect"}'
unharmed 0 'EService:Throttled' "{\"do\":\"kraken-error\",\"seconds\":1,$TRADES,\"request\":3}"
unharmed 0 'an answer that drips' "{\"do\":\"drip\",\"bytes\":999,\"pause\":0.02,$TRADES,\"request\":2}"
unharmed 0 'short pages' "{\"do\":\"short-page\",\"rows\":20,$TRADES,\"request\":\"2-5\",\"times\":\"always\"}"
unharmed 0 'an empty page' "{\"do\":\"short-page\",\"rows\":0,$TRADES,\"request\":4}"
unharmed 0 'two empty pages, far from each other' "{\"do\":\"short-page\",\"rows\":0,$TRADES,\"request\":4}" \
	"{\"do\":\"short-page\",\"rows\":0,$TRADES,\"request\":9}"
unharmed 0 'pages of nothing but the last row' "{\"do\":\"short-page\",\"rows\":1,$TRADES,\"request\":\"4-\",\"times\":2}"
unharmed 0 'a page that comes again' "{\"do\":\"repeat-page\",\"request\":3}"
unharmed 0 'a last that is stuck' "{\"do\":\"stuck-last\",\"request\":3}"
unharmed 0 'no last' "{\"do\":\"no-last\",\"request\":\"2-4\",\"times\":\"always\"}"
unharmed 0 'an edge that caches' '{"do":"cached"}'
unharmed 0 'a since that is exclusive' '{"do":"since-exclusive"}'
unharmed 0 'rows that come twice' '{"do":"doubled","ids":"60-130"}'
unharmed 0 'rows in disorder' '{"do":"disordered","ids":"60-70"}'
unharmed 0 '... that come twice' '{"do":"disordered","ids":"60-70"}' '{"do":"doubled","ids":"60-130"}'
for form in internal asked altname slash; do
	unharmed 0 "rows under another name: $form" "{\"do\":\"key\",\"form\":\"$form\"}"
done
unharmed 0 'an answer about another pair' \
	"{\"do\":\"rest-answer\",\"status\":200,\"body\":\"{\\\"error\\\":[],\\\"result\\\":{\\\"XETHZUSD\\\":[]}}\",$TRADES,\"request\":3}"
ok '... and counted' same "$(count retries)" 1
unharmed 0 'a warning beside a result' '{"do":"warning","times":"always"}'
ok '... is told, once' same "$(grep -c "warning: 'BTC/USD': Kraken says: WGeneral:Deprecated$" err)" 1
unharmed 0 'ids that are missing at first' '{"do":"hole","ids":"101-103","times":1}'
unharmed 0 '... and for a while' '{"do":"hole","ids":"101-103","times":2}'
unharmed 0 '... at the edge of a page' '{"do":"hole","ids":"50-51","times":1}'

# Faults that must show.
hole() { # TITLE FIRST LAST SPEC
	ok "$1" faults "$4"
	ok '... is named' run 3 $all BTC/USD
	ok '...' says "warning: 'BTC/USD': lost trades $2 to $3: Kraken does not have them$"
	ok '... and counted' same "$(count lost)" $(($3 - $2 + 1))
	ok '... and the rest is there' holds out BTC/USD 1-$(($2 - 1)) $(($3 + 1))-500
}
hole 'a hole' 101 103 '{"do":"hole","ids":"101-103","times":"always"}'
hole 'a hole at the edge of a page' 50 51 '{"do":"hole","ids":"50-51","times":"always"}'
hole 'a page of holes' 101 250 '{"do":"hole","ids":"101-250","times":"always"}'
hole 'rows that are left out' 120 121 '{"do":"missing","ids":"120-121"}'
broken="{\"do\":\"rest-answer\",\"status\":503,$TRADES,\"request\":\"4-\",\"times\":\"always\"}"
ok 'a hole that errors leave open' faults '{"do":"hole","ids":"101-103","times":"always"}' "$broken"
rm -f file
ok '... ends the pair before it' run 3 $all --max-retry-time 200ms --output file BTC/USD
ok '...' says "^kraken-rest-dump: 'BTC/USD': ends before trades 101 to 103: they are missing, and it is not known whether Kraken has them: "
ok '...' holds file BTC/USD 1-100
ok '... and the next run goes on there' faults
ok '...' run 0 $all --output file BTC/USD
ok '...' cmp btc file
ok 'errors that go on' faults "$broken"
ok '... end it after a while' run 1 $all --max-retry-time 1s BTC/USD
ok '...' says '^kraken-rest-dump: BTC/USD: cannot get .*: status 503; tried for 1 s'
ok '... and what it had is written' beginning
ok 'one pair that cannot be had' faults \
	"{\"do\":\"rest-answer\",\"status\":503,$every,\"product\":\"ETH/USD\"}"
ok '... ends alone' run 1 $all --max-retry-time 200ms ETH/USD BTC/USD
ok '...' holds out BTC/USD 1-500
ok 'no list of pairs' faults '{"do":"rest-answer","status":503,"path":"*/AssetPairs","times":"always"}'
ok '... ends it' run 1 $all --max-retry-time 200ms --output none BTC/USD
ok '... with the output as it was' not test -e none
for error in 'EGeneral:Invalid arguments:count' 'EGeneral:Permission denied'; do
	ok "$error" faults "{\"do\":\"kraken-error\",\"error\":\"$error\",$TRADES,\"request\":3}"
	ok '... ends it' run 1 $all BTC/USD
	ok '... in the same words' says "^kraken-rest-dump: cannot get trades of 'BTC/USD': Kraken says: $error$"
	ok '... at once' same "$(count retries)" ''
done
ok 'a country that is refused' faults "{\"do\":\"rest-answer\",\"status\":451,$TRADES,\"request\":3}"
ok '... ends it' run 1 $all BTC/USD
ok '...' says "^kraken-rest-dump: cannot get trades of 'BTC/USD': status 451$"
ok 'an address that has moved' faults "{\"do\":\"redirect\",\"status\":301,$TRADES}"
ok '... ends it' run 2 $all BTC/USD
ok '...' says 'status 301: it has moved to another address'
ok 'a lockout' faults "{\"do\":\"kraken-error\",\"error\":\"EGeneral:Temporary lockout\",$TRADES,\"request\":5}"
ok '... ends everything' run 1 $all --budget-file locked BTC/USD ETH/USD SOL/USD
ok '... says so once' same "$(grep -c 'Kraken says: EGeneral:Temporary lockout$' err)" 1
ok '... and is remembered' faults
kraken-rest-dump $all --budget-file locked BTC/USD >out 2>err &
ok '...' await $PATIENCE says 'waiting for [0-9]* s: the server has refused requests'
kill $! && wait $! 2>wait.err
is '... so that nothing is asked' "$(count requests)" ''
ok 'trades with odd times' faults '{"do":"odd-time","ids":"30","ahead":999999999}'
ok '... do not end it early' run 0 $all BTC/USD
ok '...' same "$(wc -l <out) $(count passed)" '499 1'
ok 'answers for a pair that nobody knows' faults \
	"{\"do\":\"rest-answer\",\"status\":200,\"body\":\"{\\\"error\\\":[],\\\"result\\\":{\\\"FOO\\\":[]}}\",$every}"
ok '... are taken' run 0 $all BTC/USD
ok '... with a warning' says "warning: 'BTC/USD': Kraken answers with trades of 'FOO', which are taken for them"
bad='[[\"1.0\",\"0\",1704067200.5,\"b\",\"l\",\"\",1],[\"01\",\"1\",1704067201.5,\"b\",\"l\",\"\",2],[\"1\",\"1\",1704067202.5,\"?\",\"l\",\"\",3],[\"1.50\",\"1\",1704067203.5,\"s\",\"m\",\"x\",4]]'
ok 'rows that are no trades' faults \
	"{\"do\":\"rest-answer\",\"status\":200,\"body\":\"{\\\"error\\\":[],\\\"result\\\":{\\\"XXBTZUSD\\\":$(echo "$bad" | sed 's/"/\\"/g; s/\\\\"/\\\"/g')}}\",$every}"
ok '... are refused alone' run 3 $all BTC/USD
ok '... by name' says "cannot take '\[\"1.0\",\"0\".*': volume is not above zero$"
is '... and counted' "$(count bad)" 3
is '... and the others are there' "$(cat out)" '{"symbol":"BTC/USD","side":"sell","price":1.50,"qty":1,"ord_type":"market","trade_id":4,"timestamp":"2024-01-01T00:00:03.500000Z","misc":"x"}'

# Rows without ids.
without_ids() { sed 's/,"trade_id":[0-9]*//' btc; }
for how in absent zero null; do
	ok "rows without ids: $how" faults "{\"do\":\"no-id\",\"how\":\"$how\",\"ids\":\"1-9999\"}"
	ok '...' run 0 $all BTC/USD
	without_ids | cmp - out >same 2>&1
	is '... each once' "$(cat same)" ''
done
ok 'ids that begin within a page' faults '{"do":"no-id","ids":"1-270"}'
ok '...' run 0 $all BTC/USD
{ without_ids | head -n 270 && tail -n +271 btc; } | cmp - out >same 2>&1
is '... each once' "$(cat same)" ''
ok 'a moment with more trades than a page' faults '{"do":"same-ns","ids":"100-240","times":"always"}'
ok '...' run 0 $all BTC/USD
is '... each once' "$(jq -r .trade_id out | sha256sum)" "$(seq 500 | sha256sum)"
ok '... without ids' faults '{"do":"same-ns","ids":"100-240","times":"always"}' \
	'{"do":"no-id","ids":"1-9999"}'
ok '...' run 0 $all BTC/USD
is '... each once' "$(jq -c '[.price, .qty]' out | sha256sum)" "$(jq -c '[.price, .qty]' btc | sha256sum)"
ok 'none' faults

# Going on.
head -n 123 btc >part
ok 'behind a file' run 0 $all --resume part BTC/USD
tail -n +124 btc >wanted
ok '...' cmp wanted out
behind_last() { tail -n 1 "$1" | run 0 $all --resume - BTC/USD; }
ok 'behind standard input' behind_last part
ok '...' cmp wanted out
head -n 123 btc | trade-normalize -q >trades
ok 'behind Trade records' run 0 $all --resume trades BTC/USD
ok '...' cmp wanted out
"$tape" print BTC/USD 100 123 >live
ok 'ids behind those of a file' run 0 --ids 124-130 --pace 1000 --output part BTC/USD
ok '...' holds part BTC/USD 1-130
ok 'ids that it has gone past' run 2 --ids 130-140 --output part BTC/USD
ok '...' says "cannot add --ids to 'part': its last record of 'BTC/USD' has id 130 (write them to another file)$"
head -n 123 btc >part
ok 'behind records of WebSocket' run 0 $all --resume live BTC/USD
ok '...' cmp wanted out
cp btc copy
ok 'behind the last trade there is' run 0 $all --output copy BTC/USD
ok '... there is nothing' cmp btc copy
ok 'a pair that the file does not name' run 2 --resume part BTC/USD ETH/USD
ok 'a cursor that lies behind the end' run 0 --since 2024-01-01 --until 2024-01-01T00:00:05Z \
	--resume part BTC/USD
is '... has nothing to do' "$(cat out)" ''
tail -n 1 part | sed 's/"trade_id":[0-9]*/"trade_id":400/' >cursor
ok 'ids that do not fit their times' run 1 $all --resume cursor BTC/USD
ok '...' says "cannot go on with 'BTC/USD' at '.*': its id is not above 400, which was there before, but its time is later"
cp btc file
ok 'answers that are late by two seconds' faults '{"do":"lag","seconds":2}'
control POST head '{"product":"BTC/USD","add":40}' >state
ok 'a cron line waits for them' run 0 -q --since 2024-01-01 --pace 1000 --output file BTC/USD
is '... is quiet' "$(cat err)" ''
ok '... and brings what is new' holds file BTC/USD 1-540

# Another writer that comes and goes between the look at the file and the lock: while the pairs cannot
# be had.
overtaken() {
	faults '{"do":"rest-answer","status":504,"path":"*/AssetPairs","times":"always"}' || return
	"$tape" kraken ETH/USD 1 1 >one
	kraken-rest-dump $all --output file BTC/USD 2>err &
	await $PATIENCE gateway_timed_out && cat one >>file && faults
	wait $!
	same "$?" 1 && says "cannot write 'file': another process has written to it meanwhile"
}
gateway_timed_out() { control GET state | jq -e '.answers["/0/public/AssetPairs"]["504"] > 0' >struck.state; }
ok 'a writer in between' overtaken

# Killed at every page, and in the middle of a line: together the same bytes.
"$tape" kraken BTC/USD 1 540 >btc
# killed_at REQUEST SPEC...: leaves the file as it was then, and one that ends in the middle of a line.
killed_at() {
	request=$1
	shift
	rm -f file
	faults "$@" "{\"do\":\"hang\",$TRADES,\"request\":$request}" &&
		killed $all --output file BTC/USD && faults "$@" || return
	[ "$request" = 1 ] && return
	cp file torn && truncate -s "-$((request * 11))" torn
}
resumes() { run 0 $all --output "$1" BTC/USD && cmp "$2" "$1"; } # FILE WANTED
for request in 1 2 3 4 5 6 7 8 9 10 11 12; do
	ok "killed at page $request" killed_at $request
	ok '... it goes on' resumes file btc
	[ $request = 1 ] || ok '... and in the middle of a line' resumes torn btc
done
sed 's/,"trade_id":[0-9]*//' btc >reference
for request in 2 3 6 11; do
	ok "killed at page $request of rows without ids" killed_at $request '{"do":"no-id","ids":"1-9999"}'
	ok '... it goes on' resumes file reference
	ok '... and in the middle of a line' resumes torn reference
done
ok 'none' faults
both() { # of two pairs, killed at a page of the first
	rm -f file
	faults "{\"do\":\"hang\",$TRADES,\"request\":5,\"product\":\"BTC/USD\"}"
	killed $all --output file BTC/USD ETH/USD || return
	faults && run 0 $all --output file BTC/USD ETH/USD && holds file BTC/USD 1-540 &&
		holds file ETH/USD 1-500
}
ok 'killed with two pairs under way' both

# Signals.
stopped() { # SPEC CONDITION ARG...: while it waits because of the fault
	faults "$1" && condition=$2 && shift 2 || return
	kraken-rest-dump "$@" BTC/USD >out 2>err &
	await $PATIENCE $condition && kill $!
	status=0
	wait $! 2>wait.err || status=$?
	cat err
	same "$status" 143 && adds_up && same "$(count written)" "$(wc -l <out)" &&
		{ [ ! -s out ] || same "$(tail -c 1 out | od -An -c)" '  \n'; }
}
ok 'SIGTERM while an answer is due' stopped "{\"do\":\"hang\",$TRADES,\"request\":4}" struck $all
ok '...' beginning
ok 'SIGTERM before it tries again' \
	stopped "{\"do\":\"rest-answer\",\"status\":503,$TRADES,\"request\":\"4-\",\"times\":\"always\"}" \
	"says status.503" $all
ok '...' beginning
ok 'SIGTERM before it knows the pairs' stopped '{"do":"hang","path":"*/AssetPairs"}' struck $all
ok 'SIGTERM while the present becomes past' stopped '{"do":"warning"}' struck --since 2024-01-01 \
	--until "$(date -u -d '1 hour' +%FT%TZ)"
ok 'none' faults
{ kraken-rest-dump $all BTC/USD 2>err; echo $? >status; } | head -n 1 >out
is 'a reader that goes away' "$(cat status) $(wc -l <out) $(cat err)" '141 1 '
is 'a full disk' "$(kraken-rest-dump $all BTC/USD 2>err >/dev/full; echo $?)" 1
ok '...' says "cannot write 'standard output': No space left on device"

# What has waited since the beginning.
ok 'up to now; a quiet pair ends' ended 0 present
ok '...' holds out DOGE/EUR 1-120
ok '... and so does one without a single trade' same "$(grep -c QUIET out)" 0
ok 'ids that are not there' ended 3 future_ids
ok '... by name' says "'DOGE/EUR': lost trades 121 to 123: Kraken does not have them$"
ok '...' holds out DOGE/EUR 118-120
for each in one other another; do ok "processes share the budget of a pair: $each" ended 0 $each; done
ok '... and are not refused' same "$(KRAKEN_REST_URL=$budget_url control GET state |
	jq -c '.kraken | map_values(.refused) | [.["BTC/USD"], .["ETH/USD"]]')" '[0,0]'
ok '... nor is one slower than that' ended 0 slow
ok 'progress where it is asked for' says '^kraken-rest-dump: progress: '
ok '... with requests, waits and the time left' grep -q -x -e \
	'kraken-rest-dump: progress: [0-9]*%, [0-9,]* records, [0-9]*/s, [0-9]* requests, [0-9.]* s waited, .* left' \
	err
ok 'a pace that is too fast is refused, and goes on slower' ended 0 refused
ok '...' test "$(count refusals)" -gt 0
ok '...' holds out BTC/USD 1-150

# TLS.
is 'an unknown authority ends it with 2' "$(timeout 20 kraken-rest-dump $all --cacert certs/other-ca.pem \
	BTC/USD >out 2>err; echo $?)" 2
ok '... by name' says 'certificate'
start_exchange --compress --history 500 --first 501
ok 'compressed answers' run 0 $all BTC/USD ETH/USD
ok '...' holds out BTC/USD 1-500
done_testing
