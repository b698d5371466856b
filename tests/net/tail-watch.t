#!/bin/sh
# kraken-ws-tail watches over what it reads: pairs that are mute, subscriptions that end, connections
# that stand but say nothing, readers that do not read; and says what it could not have.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/net/tail.sh"

# at PRODUCT TRADE: when something happens.
at() { printf '"at":{"product":"%s","trade":%d}' "$1" "$2"; }
mute() { printf '{"do":"mute-symbol",%s,"gap":%d,%s}' "$(at BTC/USD 100)" "$@"; }

# Ids that nobody has.
begin nobody --trades 800 \
	--fault "{\"do\":\"skip\",$(at BTC/USD 100),\"ids\":5}" \
	--fault "{\"do\":\"skip\",$(at ETH/USD 200)}" \
	--fault "{\"do\":\"skip\",$(at ETH/USD 500),\"ids\":60}" \
	--fault "{\"do\":\"drop\",$(at BTC/USD 300),\"gap\":60}" \
	-- --repair-timeout 2s --pace 1000 --limit 1534 BTC/USD ETH/USD
# What is held has a bound.
begin bound --trades 8000 --fault "{\"do\":\"drop\",$(at BTC/USD 100),\"gap\":5000}" \
	--fault '{"do":"delay","path":"/0/public/Trades","seconds":3}' \
	-- --hold-bytes 64k --pace 1000 --limit 8000 BTC/USD
# Mute pairs, on connections that live.
begin mute --trades 300 --fault "$(mute 40 '"until":"resubscribed"')" \
	-- --mute-timeout 500ms --pace 1000 --limit 600 BTC/USD ETH/USD
begin mute-twice --trades 800 --rate 50 --fault "$(mute 0 '"until":"reconnected"')" \
	-- --mute-timeout 500ms --pace 1000 --limit 1600 BTC/USD ETH/USD
begin quiet --trades BTC/USD=60,ETH/USD=0 --rate 20 --fault '{"do":"no-heartbeat"}' \
	-- --mute-timeout 500ms --idle-timeout 1s --pace 1000 --limit 60 BTC/USD ETH/USD
# Subscriptions that end, or are not answered.
begin ended --trades 300 --fault "{\"do\":\"unsubscribe\",$(at BTC/USD 100),\"gap\":70}" \
	-- --pace 1000 --limit 600 BTC/USD ETH/USD
begin ended-unsaid --trades 300 \
	--fault "{\"do\":\"unsubscribe\",$(at BTC/USD 100),\"gap\":70,\"ack\":false}" \
	-- --mute-timeout 500ms --pace 1000 --limit 600 BTC/USD ETH/USD
begin unanswered --trades 300 --fault "{\"do\":\"drop\",$(at BTC/USD 100)}" \
	--fault '{"do":"no-ack","product":"ETH/USD","connection":2}' \
	-- --ack-timeout 700ms --pace 1000 --limit 600 BTC/USD ETH/USD
# A link that is open at one end only.
begin half-open --trades 900 \
	--fault "{\"do\":\"mute\",$(at BTC/USD 100),\"gap\":500,\"products\":\"all\"}" \
	-- --idle-timeout 700ms --pace 1000 --limit 1800 BTC/USD ETH/USD

# A connection whose other end does not read: the request that would mend it is never answered.
begin stalled --trades 300 --fault '{"do":"stall","connection":1}' \
	--fault "$(mute 40 '"until":"resubscribed"')" \
	-- --mute-timeout 500ms --ack-timeout 700ms --pace 1000 --limit 600 BTC/USD ETH/USD
# Kraken knows the only pair no more.
begin delisted --trades 300 --fault "{\"do\":\"drop\",$(at BTC/USD 100)}" \
	--fault '{"do":"refuse","product":"BTC/USD","connection":"2-","times":"always"}' \
	-- --pace 1000 BTC/USD
# A snapshot whose first trade has the time of the last one, and the other way round.
disordered=$("$tape" print BTC/USD 1 50 | jq -cs '[.[0].timestamp, .[49].timestamp] as [$first, $last]
	| .[0].timestamp = $last | .[49].timestamp = $first
	| {do: "raw", text: ({channel: "trade", type: "snapshot", data: .} | tojson)}')
begin disordered --trades 100 --fault '{"do":"no-snapshot"}' --fault "$disordered" \
	-- --pace 1000 --limit 100 BTC/USD

# interrupted NAME TIME GAP EXCHANGE_ARG...: the first connection, whose subscription is acknowledged at
# this time of the exchange, shows no trade before it ends; so many happen before the next one.
interrupted() {
	where=$1 gap=$3
	answer=$(jq -cn --arg time "$2" '{do: "raw", at: {event: "acked"}, connection: 1,
		text: ({method: "subscribe", success: true, time_in: $time,
			result: {channel: "trade", symbol: "BTC/USD"}} | tojson)}')
	shift 3
	begin "$where" --trades 400 --fault '{"do":"no-ack","fed":true,"connection":1}' \
		--fault "$answer" --fault "{\"do\":\"drop\",\"connection\":1,\"gap\":$gap}" "$@" \
		-- --pace 1000 --repair-timeout 3s --limit "${limit:-400}" BTC/USD
}
# There has been no trade at all.
interrupted new 2024-01-01T00:00:00Z 30 --history 0 --first 1
interrupted new-long 2024-01-01T00:00:00Z 70 --history 0 --first 1
interrupted new-mute 2024-01-01T00:00:00Z 70 --history 0 --first 1 \
	--fault '{"do":"no-snapshot","connection":2}'
# There have been some, the last one a while before, but their snapshot does not come.
then=$("$tape" print BTC/USD 64 64 | jq -r .timestamp)
interrupted old "$then" 30 --history 63 --first 64 --fault '{"do":"no-snapshot"}'
interrupted old-long "$then" 200 --history 63 --first 64 --fault '{"do":"no-snapshot"}'
interrupted old-mute "$then" 70 --history 63 --first 64 \
	--fault '{"do":"no-snapshot","connection":"1-2","times":2}'

# REST hides the first ones, and some before them, or their ids, in one answer.
interrupted hidden "$then" 200 --history 63 --first 64 --fault '{"do":"no-snapshot"}' \
	--fault '{"do":"hole","ids":"60-140","times":1}'
interrupted nameless "$then" 200 --history 63 --first 64 --fault '{"do":"no-snapshot"}' \
	--fault '{"do":"no-id","ids":"60-80","times":1}'

# Nobody tells how many there have been.
limit=250 interrupted hidden-unsure "$then" 200 --history 63 --first 64 \
	--fault '{"do":"no-snapshot"}' --fault '{"do":"hole","ids":"1-140","times":"always"}'
limit=250 interrupted old-unsure "$then" 200 --history 63 --first 64 --fault '{"do":"no-snapshot"}' \
	--fault '{"do":"rest-answer","status":503,"path":"/0/public/Trades","times":"always"}'

# By hand, meanwhile.

# tail_with ARG...: one in the background. What the one before said must not be taken for its own.
tail_with() {
	rm -f err
	kraken-ws-tail --pace 1000 --connect-timeout 2s "$@" >>"${output:-out}" 2>err &
	tail=$!
}
ENDS_S=30
knocked() { [ "$(control state | jq '.handshakes | length')" -gt 0 ]; }
samples() { sed -n 's/^tradepipe_product_\([a-z_]*\){.*product="BTC\/USD"} /\1 /p' metrics; }

# One pair waits for REST, which says no in several ways; the other one does not.
none='"path":"/0/public/Trades","times":"always"'
for each in "{\"do\":\"hang\",$none}" "{\"do\":\"rest-answer\",\"status\":503,$none}" \
	"{\"do\":\"kraken-error\",\"error\":\"EGeneral:Temporary lockout\",$none}"; do
	rm -f out metrics err
	manual
	tail_with -v --metrics-file metrics --output out BTC/USD ETH/USD
	await 10 grep -q 'live: ' err && happen all 5
	ok "REST does not answer: $each" await 10 wrote BTC/USD 55
	fault "$each" && cut_off BTC/USD 500
	await 10 asked 1
	happen BTC/USD 20
	happen ETH/USD 20
	ok '... the other pair goes on' await 10 wrote ETH/USD 75
	ok '... the one under repair does not' not wrote BTC/USD 56
	ok '... until it is stopped: that is no loss' stops TERM 143
	ok '... what it held is not written, and counted' counted held=70 lost=0
	ok '... so that the account adds up' adds_up
	is '... in the metrics, too' "$(samples | tr '\n' ' ')" \
		"last_id 55 last_trade_timestamp_seconds $(seconds_of BTC/USD 55) held 70 repairing 1 "
	no_faults
	tail_with --budget-file "$TMP/other" --limit 520 --output out BTC/USD ETH/USD
	ok '... the next run goes on' ends 0
	ok '... where that one has ended' repaired BTC/USD=51-575 ETH/USD=51-75
	kill "$exchange"
done

# The exchange announces maintenance, shuts down, and is there again.
rm -f out
manual
port=${KRAKEN_WS_URL##*:} port=${port%%/*}
tail_with -v --mute-timeout 300ms BTC/USD
ok 'it is live' await 10 says 'live: all pairs are subscribed'
for each in maintenance cancel_only post_only; do
	control status "{\"system\":\"$each\"}" >state.json
	ok "the exchange announces: $each" await 10 says "Kraken says that its system is '$each'"
done
control status '{"system":"online"}' >state.json
ok '... and that it is over' await 10 says "Kraken says that its system is 'online' again"
happen BTC/USD 10
ok '... trades go on' await 10 wrote BTC/USD 60
fault '{"do":"mute-symbol","at":{"event":"now"},"product":"BTC/USD"}'
happen BTC/USD 10
ok '... a pair that is mute then is found out' await 30 says "no trades of 'BTC/USD' come"
ok '... and misses nothing' await 30 wrote BTC/USD 70
kill -KILL "$exchange" && wait "$exchange" 2>wait.err
ok 'the exchange goes down' await 10 says 'warning: cannot connect to .*refused'
manual --port "$port" --history 160 --first 161
ok '... and is there again, with trades that nobody saw' await 20 wrote BTC/USD 160
ok '...' stops TERM 143
ok '... of which none is missing' repaired BTC/USD=51-160
kill "$exchange"

# Ended while a connection is being made: at once, and nothing is wrong.
for each in '{"do":"refuse-handshake","silent":true}' '{"do":"refuse-handshake","times":"always"}' \
	'{"do":"no-ack","product":"BTC/USD"}'; do
	start_exchange --trades 10 --fault "$each"
	exchange=$!
	tail_with --output none BTC/USD
	await 10 knocked
	ok "stopped before it is live: $each" stops HUP 129
	kill "$exchange"
done

# Ended at any other moment: nothing is wrong, and what was written is whole.
subscribing() { control state | jq -e '.sessions[-1].requests | length > 0' >subscribed; }
open_at() { control state | jq -e ".sessions[-1].next[\"$1\"] > $2" >open; } # PRODUCT TRADE
for each in 'no-ack BTC/USD' 'no-ack ETH/USD' 'no-snapshot BTC/USD'; do
	rm -f out
	manual \
		--fault "{\"do\":\"${each% *}\",\"product\":\"${each#* }\"}"
	tail_with --ack-timeout 60s BTC/USD ETH/USD
	await 10 subscribing && happen ETH/USD 10
	[ "$each" = 'no-ack ETH/USD' ] || await 10 open_at ETH/USD 60
	[ "${each% *}" = no-ack ] || await 10 wrote ETH/USD 60
	ok "stopped while it waits: $each" stops TERM 143
	ok '... the account adds up' adds_up
	if [ "${each% *}" = no-ack ]; then
		is '... and nothing is written before all are answered' "$(cat out)" ''
	else
		ok '... and what there was is written' whole ETH/USD=51-60
	fi
	kill "$exchange"
done
for each in 'mute-symbol ETH/USD' 'mute all'; do
	rm -f out
	manual
	tail_with -v --idle-timeout 60s BTC/USD ETH/USD
	await 10 grep -q live: err && happen all 10 && await 10 wrote ETH/USD 60
	case $each in
	mute-symbol*) fault '{"do":"mute-symbol","at":{"event":"now"},"product":"ETH/USD"}' ;;
	*) fault '{"do":"mute","at":{"event":"now"},"gap":20,"products":"all"}' ;;
	esac
	last=60
	happen all 10
	[ "$each" = 'mute all' ] || { last=70 && await 10 wrote BTC/USD 70; }
	ok "stopped while nothing comes: $each" stops TERM 143
	ok '... what came before is written' whole BTC/USD=51-$last ETH/USD=51-60
	ok '... and the account adds up' adds_up
	kill "$exchange"
done

# No such name.
tail_with --url wss://no-such-host.invalid/v2 --output none BTC/USD
ok 'a name that is not known is tried again' await 10 says 'cannot connect to .*; connecting again in'
ok '...' stops TERM 143

# A server that says when to come again.
rm -f out
start_exchange --trades 10 --fault '{"do":"refuse-handshake","status":429,"retry_after":3}'
exchange=$!
tail_with --limit 10 BTC/USD
ok 'a refusal that says when to come again' await 10 \
	says 'cannot connect to .*: the server answered 429 .*; connecting again in 3\.0 s'
ok '... is followed' ends 0
is '... no sooner' "$(control state | jq '.handshakes | .[1] - .[0] >= 3')" true
ok '...' whole BTC/USD=51-60
kill "$exchange"

# Connections are counted by all processes together, 75 in each ten minutes of the clock.
ten_minutes() { echo $(($(date +%s) / 600)); }
use_up() { # FILE: one process after the other, until one has to wait
	: >err
	before=$(control state | jq '.handshakes | length') runs=0
	until grep -q 'waiting for .* so many connections' err || [ "$runs" -gt 160 ]; do
		runs=$((runs + 1))
		timeout -s KILL 10 kraken-ws-tail --budget-file "$TMP/$1" -n 1 --limit 1 --for 2s \
			BTC/USD >out 2>err
		status=$?
	done
	made=$(($(control state | jq '.handshakes | length') - before))
}
start_exchange --trades 100 --rate 20 --clock-from start
exchange=$! began=$(ten_minutes)
use_up connections
[ "$(ten_minutes)" = "$began" ] || use_up connections-anew
ok 'a budget of connections is used up' says 'so many connections were made to .* that it might'
is '... by 75 processes, of which each has made one' "$((runs - 1)) $made" '75 75'
is '... the next one makes none, and that is no failure' "$status" 0
is '... for ten minutes at most' "$(sed -n 's/.*waiting for \([0-9]*\) s: so many.*/\1/p' err |
	awk '{ print ($1 > 0 && $1 <= 607) }')" 1
kill "$exchange"

# A reader that does not read: the exchange gives it up, and nothing is lost.
start_exchange --trades 100000 --heartbeat 0.2
exchange=$!
mkfifo slow
kraken-ws-tail --pace 1000 --limit 100000 BTC/USD >slow 2>err &
tail=$!
exec 3<slow
echo 0 >now
ok 'a slow reader holds up the exchange' await 20 stalled 90000
control cut '{"how":"rst","settle":false,"then_add":20000,"product":"BTC/USD"}' >answer
cat <&3 >out
ok '... which hangs up: nothing is lost' repaired BTC/USD=51-100050
ok '...' ends 0
ok '...' counted lost=0 reconnects=1
kill "$exchange"

# Ended while nobody reads, by a signal or by itself: what is not taken in time is counted.
given_up() {
	ok '... which says so' says "cannot write 'standard output': its reader did not take it within"
	cat <&3 >torn
	head -n "$(wc -l <torn)" torn >out
	ok '... what it was given is whole' repaired "BTC/USD=51-$((50 + $(wc -l <out)))"
	ok '... and counted' counted "written=$(wc -l <out)" lost=0
	ok '... as is what it was not' says ' unwritten=[1-9]'
	ok '... so that the account adds up' adds_up
}
for each in '--for 2s --drain-timeout 500ms' '--drain-timeout 500ms' '--drain-timeout 60s'; do
	start_exchange --trades 100000 --heartbeat 0.2
	exchange=$!
	# shellcheck disable=SC2086  # words
	kraken-ws-tail $each BTC/USD >slow 2>err &
	tail=$!
	exec 3<slow
	echo 0 >now
	await 20 stalled 100000
	case $each in
	--for*) ok 'a reader that does not read does not keep a tail from its end' ends 3 ;;
	*500ms) ok '... nor from a stop' stops TERM 3 ;;
	*) kill -TERM "$tail" ;;
	esac
	if [ "$each" != '--drain-timeout 60s' ]; then
		given_up
	else
		cat <&3 >out
		ok 'one that reads on after a stop gets what there was' ends 143
		ok '... as a whole' repaired "BTC/USD=51-$((50 + $(wc -l <out)))"
		ok '...' counted "written=$(wc -l <out)" lost=0
		ok '... and the account adds up' adds_up
	fi
	kill "$exchange"
done

exactly() { "$tape" check --any-way --state state.json --lost err out; }
ok 'ids that nobody has: 3 at the end' ended nobody 3
ok '... named, and none else' within nobody exactly
ok '... and counted' within nobody counted lost=66
ok 'held trades beyond the bound are forgotten' ended bound 0
ok '... fetched' within bound repaired BTC/USD=51-8050
ok '... and counted' within bound says ' forgotten=[1-9]'
for each in mute ended ended-unsaid unanswered stalled; do
	ok "a subscription that does not last: $each" ended $each 0
	ok '...' within $each repaired BTC/USD=51-350 ETH/USD=51-350
	ok '...' within $each counted lost=0
done
ok 'a pair that is mute is subscribed anew' \
	within mute says "no trades of 'BTC/USD' come, though there are some: subscribing anew"
ok '... on the same connection' not within mute says reconnects
ok 'a pair that stays mute' ended mute-twice 0
ok '... is asked for on another connection' within mute-twice counted lost=0 reconnects=1
ok '...' within mute-twice repaired BTC/USD=51-850 ETH/USD=51-850
ok 'a pair that is quiet is left alone, and a connection without heartbeats, too' ended quiet 0
is '...' "$(cat quiet/err)" "$(grep ': account: ' quiet/err)"
ok 'a subscription that Kraken ends is made anew' \
	within ended says "Kraken has ended the subscription to 'BTC/USD': subscribing anew"
ok '... on the same connection' not within ended says reconnects
ok 'a request that is not read is made on another connection' within stalled counted reconnects=1
ok 'every pair is delisted: 3 at the end' ended delisted 3
ok '...' within delisted says "warning: cannot subscribe to 'BTC/USD': Currency pair not supported"
ok '... which says so' within delisted says 'refused every pair'
ok '... and counts them' within delisted counted refused=1 lost=0
ok 'a snapshot with odd times' ended disordered 0
ok '... is taken as it is' within disordered same "$(within disordered account)" \
	'read=150 written=100 repeated=0 passed=50 lost=0'
ok '...' within disordered repaired BTC/USD=51-150
for each in new:1 new-long:1 new-mute:1 old:64 old-long:64 old-mute:64 hidden:64 \
	nameless:64; do
	first=${each#*:} each=${each%:*}
	ok "interrupted before the first trade: $each" ended "$each" 0
	ok '... from that moment on nothing is passed over' \
		within "$each" repaired "BTC/USD=$first-$((first + 399))"
	ok '...' within "$each" counted lost=0 reconnects=1
done
ok '... or it is said, and is 3 at the end' ended old-unsure 3
ok '...' within old-unsure \
	says "'BTC/USD': it begins with trade 214, and some before it may be missing: status 503"
ok '...' within old-unsure repaired BTC/USD=214-463
ok '... also where REST shows some of them only' ended hidden-unsure 3
ok '...' within hidden-unsure \
	says "'BTC/USD': it begins with trade 141, and some before it may be missing"
ok '...' within hidden-unsure repaired BTC/USD=141-390
ok 'a half-open link' ended half-open 0
ok '...' within half-open repaired BTC/USD=51-950 ETH/USD=51-950
ok '...' within half-open counted lost=0 reconnects=1
for each in */err; do
	ok "the account adds up: ${each%/err}" within "${each%/err}" adds_up
done
done_testing
