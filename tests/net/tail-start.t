#!/bin/sh
# Where kraken-ws-tail begins and ends: in the past, behind what is there already, now; of which
# pairs; and what it writes: records, stamped ones, frames.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/net/tail.sh"

time_of() { "$tape" print "$1" "$2" "$2" | jq -r .timestamp; } # PRODUCT ID
# begin for an exchange with a past.
begin_past() {
	where=$1
	shift
	begin "$where" --history 3000 --first 3001 --trades 300 "$@"
}

# The past, and on from there; trades go on happening meanwhile.
begin_past since --rate 100 --clock-from start -- --since 2024-01-01 --pace 1000 --limit 6600 \
	BTC/USD ETH/USD
begin_past since-then -- --since "$(time_of BTC/USD 2501)" --pace 1000 --limit 800 BTC/USD
begin_past since-now -- --since now --pace 1000 --limit 600 BTC/USD ETH/USD
begin since-nothing --history 0 --first 1 --trades 20 -- --since now --limit 20 BTC/USD
# Answers say twice that there has never been a trade, though there are.
unseen='{"do":"short-page","path":"/0/public/Trades","rows":0,"times":2}'
begin_past since-unseen --fault "$unseen" \
	-- --since "$(time_of BTC/USD 2991)" --pace 1000 --limit 310 BTC/USD
begin_past since-unseen-mute --fault "$unseen" --fault '{"do":"no-snapshot"}' \
	-- --since "$(time_of BTC/USD 2501)" --pace 1000 --limit 800 BTC/USD
begin since-unseen-new --history 0 --first 1 --trades 80 --fault '{"do":"no-snapshot"}' \
	-- --since 2023-01-01 --pace 1000 --limit 80 BTC/USD
begin_past since-badly \
	--fault '{"do":"rest-answer","status":503,"path":"/0/public/Trades","request":2}' \
	--fault '{"do":"short-page","path":"/0/public/Trades","rows":300}' \
	--fault '{"do":"lag","trades":200,"times":6}' \
	--fault '{"do":"drop","at":{"event":"subscribed"},"gap":60}' \
	-- --since 2024-01-01 --pace 1000 --limit 6600 BTC/USD ETH/USD
# Where it cannot be told what the newest trade is, it is not taken for none.
for each in absent zero null; do
	begin_past "no-ids-$each" --fault "{\"do\":\"no-id\",\"ids\":\"1-3300\",\"how\":\"$each\",\"times\":2}" \
		-- --since now --pace 1000 --limit 300 BTC/USD
done
none='{"error":[],"result":{"XXBTZUSD":[],"last":"0"}}'
begin_past empty --fault "{\"do\":\"rest-answer\",\"body\":$(printf %s "$none" | jq -R .),\"path\":\"/0/public/Trades\"}" \
	-- --since now --pace 1000 --limit 300 BTC/USD
# Behind a trade without an id, and old ones; newer ones happen before REST is asked where they end.
start_exchange --history 3000 --first 3001 --trades 1 --fault '{"do":"no-id","ids":"1-3000"}'
kraken-rest-dump -q --since 2024-01-01 --limit 2900 --pace 1000 BTC/USD >old.ndjson
kill "$!"
begin_past old --fault '{"do":"no-id","ids":"1-2950"}' --fault '{"do":"lag","trades":50,"times":3}' \
	-- --resume ../old.ndjson --pace 1000 --limit 400 BTC/USD
begin_past old-quiet --fault '{"do":"no-id","ids":"1-3000","times":3}' \
	-- --resume ../old.ndjson --pace 1000 --limit 400 BTC/USD
# Behind what a file has, in any form.
{ "$tape" print BTC/USD 1 700; "$tape" print ETH/USD 2001 2950 --as trade; } >cursor
begin_past resume -- --resume ../cursor --pace 1000 --limit 2950 BTC/USD ETH/USD
begin_past resume-part --products BTC/USD,ETH/USD,DOGE/USD -- --resume ../cursor \
	--since "$(time_of DOGE/USD 2811)" --pace 1000 --limit 3440 BTC/USD ETH/USD DOGE/USD
# The time of receipt, of what came over either way.
begin stamp --trades 900 --fault '{"do":"drop","at":{"product":"BTC/USD","trade":100},"gap":500}' \
	-- --stamp --pace 1000 --limit 1800 BTC/USD ETH/USD
begin_past stamp-past -- --stamp --since 2024-01-01 --pace 1000 --limit 3300 BTC/USD
# Frames.
begin frames --trades 400 --fault '{"do":"drop","at":{"product":"BTC/USD","trade":100}}' \
	-- --frames --limit 800 BTC/USD ETH/USD
begin frames-lost --trades 100 --fault '{"do":"skip","at":{"product":"BTC/USD","trade":60},"ids":5}' \
	-- --frames --limit 195 BTC/USD ETH/USD
begin frames-stamp --trades 400 -- --frames --stamp --limit 800 BTC/USD ETH/USD
# The same command again and again, killed at any moment: the file is its own cursor.
start_exchange --rate 400 --clock-from start --heartbeat 0.2
exchange=$!
lines() { [ "$(wc -l <out.ndjson)" -ge "$1" ]; } # COUNT
touch out.ndjson
for each in 1 130 700 1100 1500; do
	kraken-ws-tail --since now --output out.ndjson --pace 1000 BTC/USD 2>err &
	tail=$!
	await 20 lines "$each"
	kill -KILL "$tail" && wait "$tail" 2>wait.err
done
printf '{"symbol":"BTC/USD","side":"buy","pri' >>out.ndjson
ok 'killed five times' exits 0 timeout -s KILL 30 kraken-ws-tail --since now --for 2s \
	--output out.ndjson --pace 1000 BTC/USD
first=$(head -n 1 out.ndjson | jq .trade_id) last=$(tail -n 1 out.ndjson | jq .trade_id)
output=out.ndjson
ok '... its file is whole' repaired "BTC/USD=$first-$last"
ok '... as trade-verify says' exits 0 trade-verify --quiet-stdout out.ndjson
kill "$exchange"
output=out

# So long, and no longer.
manual
began=$(date +%s%N)
kraken-ws-tail -v --for 20s BTC/USD >out 2>err &
tail=$!
ok 'for so long' await 20 says live:
for each in 60 70 80; do
	happen BTC/USD 10
	ok '... it writes what happens' await 20 wrote BTC/USD "$each"
done
await 30 not kill -0 "$tail" || kill -KILL "$tail"
ok '... and no longer' exits 0 wait "$tail"
ok '...' repaired BTC/USD=51-80
ok '... nor shorter' test "$(($(date +%s%N) - began))" -ge 20000000000
kill "$exchange"

# Stopped while it fetches the past.
start_exchange --history 6000 --first 6001 --trades 100 \
	--fault '{"do":"delay","path":"/0/public/Trades","request":3,"seconds":30}'
exchange=$!
kraken-ws-tail --since 2024-01-01 --pace 1000 --output past BTC/USD 2>err &
tail=$!
await 20 test -s past
kill -TERM "$tail" && status=0 && { wait "$tail" || status=$?; } 2>wait.err
is 'stopped in the past: no loss' "$status" 143
is '... and each record counted' "$(account | tr ' ' '\n' | sed -n s/^written=//p)" "$(wc -l <past)"
no_faults
timeout -s KILL 20 kraken-ws-tail --resume - --since 2024-01-01 --pace 1000 \
	--limit $((6100 - $(wc -l <past))) BTC/USD <past >rest 2>err
cat past rest >out
ok '... the next run goes on, from standard input' repaired BTC/USD=1-6100
ok 'a reader that goes away: no message' \
	same "$(kraken-ws-tail --since 2024-01-01 --pace 1000 BTC/USD 2>err | head -n 1 | jq .trade_id)" 1
is '...' "$(cat err)" ''

# Others are not asked for once there is enough.
fault '{"do":"hang","path":"/0/public/Trades","product":"ETH/USD"}'
ok 'the limit is reached in the past: the end' exits 0 timeout -s KILL 20 kraken-ws-tail \
	--since 2024-01-01 --limit 10 --output few BTC/USD ETH/USD
is '...' "$(wc -l <few)" 10

ok 'a pair that REST does not know is refused by name' \
	exits 2 kraken-ws-tail --since now --output none NO/PAIR
ok '... which leaves the output as it was' not test -e none
ok '... and so is one without a cursor' exits 2 kraken-ws-tail --resume past ETH/USD
kill "$exchange"

# One pair has its past long before another one, and more happens than a page holds.
manual --history 3000 --first 3001 --products BTC/USD,ETH/USD
fault '{"do":"rest-answer","status":503,"path":"/0/public/Trades","product":"BTC/USD","request":"2-","times":"always"}'
kraken-ws-tail --since 2024-01-01 --pace 1000 --limit 9000 BTC/USD ETH/USD >out 2>err &
tail=$!
ok 'one pair has its past' await 20 wrote ETH/USD 3000
happen ETH/USD 2900
ok '... and waits for the other one' says 'BTC/USD: cannot get .*status 503; trying again'
is '... nothing says that it is live' "$(grep -c live: err)" 0
no_faults
ok '... then both are live, and it says so' await 20 says 'kraken-ws-tail: live: all pairs'
happen all 50
ok '...' exits 0 wait "$tail"
ok '... none is missing' repaired BTC/USD=1-3050 ETH/USD=1-5950
kill "$exchange"

# Who asked for no past is not told, nor who wants it quiet.
start_exchange --trades 10 --history 50
for each in '-n 50 --limit 60' '--since now -q --for 2s'; do
	# shellcheck disable=SC2086  # words
	kraken-ws-tail --pace 1000 $each BTC/USD >quiet 2>err
	ok "not said to be live: $each" not grep -q live: err
done
kill "$!"

# What ends it in the past.
start_exchange --history 500 --trades 10 --fault '{"do":"rest-answer","status":404,"path":"/0/public/Trades"}'
ok 'from the past: status 404' exits 1 timeout -s KILL 20 kraken-ws-tail \
	--since 2024-01-01 --output refused BTC/USD
is '...' "$(grep -v ': account: ' ok.out | tail -n 1)" \
	"kraken-ws-tail: cannot get trades of 'BTC/USD': status 404"
no_faults
fault '{"do":"no-id","ids":"1-600","how":"null"}'
ok 'from the past: no id can be read' exits 1 timeout -s KILL 20 kraken-ws-tail \
	--since now --repair-timeout 1s --output refused BTC/USD
cp ok.out err
ok '...' says 'BTC/USD: .*none of the trades has an id that can be read; tried for'
kill "$!"

# What does not: what Kraken allows again in a while.
for each in Trades AssetPairs; do
	start_exchange --history 500 --trades 10 \
		--fault "{\"do\":\"kraken-error\",\"error\":\"EGeneral:Temporary lockout\",\"path\":\"/0/public/$each\"}"
	exchange=$!
	ok "locked out of $each: it waits" exits 0 timeout -s KILL 20 kraken-ws-tail \
		--since 2024-01-01 --for 2s --budget-file "$TMP/locked-$each" --output locked BTC/USD ETH/USD
	cp ok.out err
	is '... and says so once' "$(grep -c 'Kraken says: EGeneral:Temporary lockout' err)" 1
	ok '...' says 'warning: .*: waiting for [89].. s: the server has refused requests'
	[ "$each" = Trades ] || fault '{"do":"kraken-error","error":"EGeneral:Temporary lockout","path":"/0/public/AssetPairs"}'
	[ "$each" = Trades ] || ok 'a list of pairs does not wait' exits 1 \
		timeout -s KILL 20 kraken-ws-tail --list --budget-file "$TMP/list" BTC/USD
	kill "$exchange"
done

# Which pairs.
start_exchange --trades 100 --products BTC/USD,ETH/USD,ETH/EUR,SOL/USD
exchange=$!
for each in '--list:BTC/USD ETH/EUR ETH/USD SOL/USD' '--list *\/USD:BTC/USD ETH/USD SOL/USD' \
	'--list ETH/* SOL/USD:ETH/EUR ETH/USD SOL/USD' '--list BTC/USD B*:BTC/USD'; do
	# shellcheck disable=SC2086  # words
	is "pairs: ${each%%:*}" "$(set -f; kraken-ws-tail ${each%%:*} 2>err | sort | xargs)" "${each#*:}"
	is '... and nothing else is said' "$(cat err)" ''
done
timeout -s KILL 20 kraken-ws-tail --all --limit 400 >out 2>err
ok 'all pairs' whole BTC/USD=51-150 ETH/USD=51-150 ETH/EUR=51-150 SOL/USD=51-150
kill "$exchange"
start_exchange --trades 100 --products BTC/USD,ETH/USD,ETH/EUR,SOL/USD
exchange=$!
timeout -s KILL 20 kraken-ws-tail --limit 300 '*/USD' BTC/USD >out 2>err
ok 'those of a pattern' whole BTC/USD=51-150 ETH/USD=51-150 SOL/USD=51-150
ok 'a pattern that fits none is a usage error' exits 2 kraken-ws-tail --output none '*/JPY'
ok '...' not test -e none
ok 'all and some exclude each other' exits 2 kraken-ws-tail --all BTC/USD
ok 'a list takes as long as it takes' exits 2 kraken-ws-tail --list --for 1s
kraken-ws-tail --list XBT/USD >out 2>err
ok 'an older name gets a hint' says BTC/USD
kill "$exchange"

ok 'from a moment of the past to now and on' ended since 0
ok '...' within since repaired BTC/USD=1-3300 ETH/USD=1-3300
ok 'from the very trade of that moment' ended since-then 0
ok '...' within since-then repaired BTC/USD=2501-3300
ok 'from now' ended since-now 0
ok '...' within since-now repaired BTC/USD=3001-3300 ETH/USD=3001-3300
ok 'from now, where nothing ever happened' ended since-nothing 0
ok '...' within since-nothing repaired BTC/USD=1-20
for each in since-unseen:2991-3300 since-unseen-mute:2501-3300 since-unseen-new:1-80; do
	range=${each#*:} each=${each%:*}
	ok "from a moment, where trades were denied: $each" ended "$each" 0
	ok '... from that on' within "$each" repaired "BTC/USD=$range"
	ok '...' within "$each" counted lost=0
done
for each in no-ids-absent no-ids-zero no-ids-null empty; do
	ok "from now, where the newest trade is not told at once: $each" ended $each 0
	ok '...' within $each repaired BTC/USD=3001-3300
done
for each in old old-quiet; do
	ok "behind a trade that has no id: $each" ended $each 0
	is '... each' "$(jq '.price + 0' $each/out | cksum)" \
		"$("$tape" print BTC/USD 2901 3300 | jq '.price + 0' | cksum)"
done
ok 'while REST and the connection fail' ended since-badly 0
ok '...' within since-badly repaired BTC/USD=1-3300 ETH/USD=1-3300
ok 'from what a file has' ended resume 0
ok '...' within resume repaired BTC/USD=701-3300 ETH/USD=2951-3300
ok '... and from a moment where it has nothing' ended resume-part 0
ok '...' within resume-part repaired BTC/USD=701-3300 ETH/USD=2951-3300 DOGE/USD=2811-3300
ok 'stamped' ended stamp 0
ok '... each record' within stamp repaired --stamped BTC/USD=51-950 ETH/USD=51-950
ok 'stamped from the past' ended stamp-past 0
ok '...' within stamp-past repaired --stamped BTC/USD=1-3300
for each in */err; do
	ok "the account adds up: ${each%/err}" within "${each%/err}" adds_up
done

# A capture, and what is made of it when it is played back.
ok 'frames' ended frames 0
ok '... as they came, one a line' \
	exits 0 jq -es 'map(.channel // .method) | contains(["status", "subscribe", "trade"])' \
	frames/out
ok 'frames with ids missing between them: 3' ended frames-lost 3
ok '... which are named' within frames-lost says \
	"warning: 'BTC/USD': lost trades 61 to 65: they did not come, or could not be taken"
ok '... and counted' within frames-lost counted written=195 lost=5
is '... and not asked for' "$(jq -c .rest frames-lost/state.json)" '{}'
is '... while all that came is there' "$(jq -r 'select(.channel == "trade" and .type == "update").data[]
	| select(.symbol == "BTC/USD").trade_id' frames-lost/out | xargs)" \
	"$(seq -s ' ' 51 60) $(seq -s ' ' 66 150)"
ok 'stamped frames' ended frames-stamp 0
ok '... each' exits 0 jq -es 'all(keys == ["frame", "received_at"])' frames-stamp/out
begin replayed --replay "$TMP/frames/out" --replay-speed 0 -- --for 3s BTC/USD ETH/USD
begin replayed-stamp --replay "$TMP/frames-stamp/out" -- --limit 800 BTC/USD ETH/USD
for each in replayed replayed-stamp; do
	ok "$each" ended $each 0
done
ok 'a tail makes the same of a capture' within replayed-stamp whole BTC/USD=51-450 ETH/USD=51-450
ok '... also of two connections' within replayed whole BTC/USD=51-450 ETH/USD=51-450
done_testing
