#!/bin/sh
# kraken-ws-tail where little is certain: pairs that Kraken refuses after it had accepted them, times of
# another century, a REST of which one half fails, trades that come again or have no id.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/net/tail.sh"

pairs_fail='{"do":"rest-answer","status":503,"path":"/0/public/AssetPairs","times":"always"}'
eth_fails='{"do":"rest-answer","status":503,"path":"/0/public/Trades","product":"ETH/USD","times":"always"}'
mute='{"do":"mute-symbol","at":{"event":"now"},"product":"BTC/USD"}'

# tail_of ARG...: one in the background, of an exchange at hand, until this case is over.
tail_of() {
	kraken-ws-tail -v --pace 1000 --for 2m --output out "$@" 2>err &
	tail=$!
}
refuse() { printf '{"do":"refuse","product":"%s","connection":"%s","times":"%s"}' "$@"; }
# raw TYPE PRODUCT TRADE CHANGE: the message with one trade, changed by jq.
raw() {
	"$tape" print "$2" "$3" "$3" | jq -c "$4 | {do: \"raw\", at: {event: \"now\"},
		text: ({channel: \"trade\", type: \"$1\", data: [.]} | tojson)}"
}

# What has happened before a pair is refused, and goes on to, is fetched over REST.
refused() {
	manual --fault "$(refuse BTC/USD 2- always)"
	tail_of BTC/USD
	await 20 said live: && happen BTC/USD 50 && await 20 wrote BTC/USD 100 && cut_off BTC/USD 60 &&
		await 20 wrote BTC/USD 160 && happen BTC/USD 5 && await 20 wrote BTC/USD 165 &&
		ends 3 && ids BTC/USD 51 165 && counted refused=1 lost=0 &&
		said "cannot subscribe to 'BTC/USD': Currency pair not supported" &&
		said 'Kraken has refused every pair: there is nothing left to read'
}
# While REST lags, and with others that go on.
refused_beside() {
	manual --fault "$(refuse BTC/USD 2- always)"
	tail_of --limit 500 BTC/USD ETH/USD
	await 20 said live: && happen all 50 && await 20 wrote ETH/USD 100 &&
		fault '{"do":"lag","trades":200,"times":3}' && cut_off BTC/USD 200 &&
		await 20 wrote BTC/USD 300 && happen ETH/USD 150 &&
		await 20 wrote ETH/USD 250 && happen BTC/USD 50 &&
		ends 3 && ids BTC/USD 51 350 && ids ETH/USD 51 250 && counted refused=1 lost=0
}
# It is asked for again on every connection.
readmitted() {
	manual --fault "$(refuse ETH/USD 2 1)"
	tail_of --limit 400 BTC/USD ETH/USD
	await 20 said live: && happen all 50 && cut_off all 20 &&
		await 20 said "cannot subscribe to 'ETH/USD'" && happen all 30 &&
		await 20 wrote BTC/USD 150 && cut_off all 10 &&
		await 20 said "Kraken has accepted 'ETH/USD' again" && happen all 90 &&
		ends 0 && ids BTC/USD 51 250 && ids ETH/USD 51 250 && counted lost=0 && ! said refused=
}
# It trades on now and then, for longer than a quiet one would have to wait for its end.
trickle() {
	manual --fault "$(refuse BTC/USD 2- always)"
	tail_of BTC/USD
	await 20 said live: && cut_off BTC/USD 10 && await 20 wrote BTC/USD 60 || return
	for id in 61 62 63; do
		await 15 passed "$(date +%s)" 12
		happen BTC/USD 1 && await 30 wrote BTC/USD "$id" || return
	done
	ends 3 && ids BTC/USD 51 63 && counted refused=1 lost=0
}
# Kraken has just been started, and neither interface knows the pair yet.
restarted() {
	manual --fault "$(refuse BTC/USD 2 1)" --fault '{"do":"kraken-error","path":"/0/public/Trades",
		"error":"EQuery:Unknown asset pair","times":1}'
	tail_of --limit 200 BTC/USD
	await 20 said live: && happen BTC/USD 50 && await 20 wrote BTC/USD 100 && cut_off BTC/USD 60 &&
		await 20 said "Kraken has accepted 'BTC/USD' again" && happen BTC/USD 90 &&
		ends 0 && ids BTC/USD 51 250 && ! said unsure=
}
# What was refused once is not answered for: the others are left in peace.
ignored() {
	manual --fault "$(refuse ETH/USD 2 1)" \
		--fault '{"do":"no-ack","product":"ETH/USD","connection":"2-","times":"always"}'
	tail_of --ack-timeout 1s BTC/USD ETH/USD
	await 20 said live: && happen all 5 && cut_off all 20 && await 20 said 'cannot subscribe' &&
		await 20 wrote ETH/USD 75 && await 40 requested 3 && happen all 5 &&
		await 20 wrote BTC/USD 80 && await 20 wrote ETH/USD 80 &&
		stops TERM 3 && ids BTC/USD 51 80 && ids ETH/USD 51 80 && counted reconnects=1 refused=1
}
requested() { [ "$(control state | jq '.sessions[1].requests | length')" -ge "$1" ]; } # TIMES
# REST does not know it any more either.
unknown() {
	manual --fault "$(refuse BTC/USD 2- always)" --fault '{"do":"kraken-error","path":"/0/public/Trades",
		"error":"EQuery:Unknown asset pair","times":"always"}'
	tail_of BTC/USD
	await 20 said live: && happen BTC/USD 50 && await 20 wrote BTC/USD 100 && cut_off BTC/USD 60 &&
		ends 3 && ids BTC/USD 51 100 && counted refused=1 unsure=1 &&
		said "'BTC/USD': some trades behind 100 may be missing: .*Unknown asset pair"
}
frames() {
	manual --fault "$(refuse BTC/USD 2- always)"
	tail_of --frames BTC/USD
	await 20 grep -q snapshot out && cut_off BTC/USD 60 && ends 3 &&
		said 'Kraken has refused every pair' && [ "$(tail -n 1 out | jq .success)" = false ]
}

# A trade of another century: then a hole, and then silence.
future() {
	manual --epoch $(($(date +%s) - 600))
	tail_of --mute-timeout 1s BTC/USD
	await 20 said live: && happen BTC/USD 5 && await 20 wrote BTC/USD 55 &&
		fault "$(raw update BTC/USD 56 '.timestamp = "2099-01-01T00:00:20.000000Z"')" &&
		await 20 wrote BTC/USD 56 && happen BTC/USD 5 && await 20 wrote BTC/USD 60 &&
		cut_off BTC/USD 300 && await 30 wrote BTC/USD 360 &&
		fault "$mute" && happen BTC/USD 10 && await 30 wrote BTC/USD 370 &&
		stops TERM 143 && ids BTC/USD 51 370 && counted lost=0
}
# The very last one before the hole.
future_last() {
	manual --epoch $(($(date +%s) - 600))
	tail_of BTC/USD
	await 20 said live: && happen BTC/USD 5 && await 20 wrote BTC/USD 55 &&
		fault "$(raw update BTC/USD 56 '.timestamp = "2099-01-01T00:00:20.000000Z"')" &&
		await 20 wrote BTC/USD 56 && cut_off BTC/USD 300 && await 50 wrote BTC/USD 355 &&
		stops TERM 143 && ids BTC/USD 51 355 && counted lost=0
}

# Trades can be had, but the list of pairs cannot, for longer than a repair may take.
no_list() {
	manual --fault "$pairs_fail"
	tail_of --repair-timeout 1h --limit 305 BTC/USD ETH/USD
	await 20 said live: && happen BTC/USD 5 && await 20 wrote BTC/USD 55 && cut_off BTC/USD 300 &&
		ends 0 && ids BTC/USD 51 355 && counted lost=0
}
# One pair cannot be asked about: another one is mute.
not_asked() {
	manual --fault "$eth_fails"
	tail_of --mute-timeout 500ms BTC/USD ETH/USD
	await 20 said live: && happen all 5 && await 20 wrote ETH/USD 55 &&
		await 20 said "cannot tell whether 'ETH/USD' is mute" && fault "$mute" &&
		happen BTC/USD 10 && await 20 wrote BTC/USD 65 &&
		stops TERM 143 && ids BTC/USD 51 65 && ids ETH/USD 51 55 && counted lost=0
}
# What comes again and again is no sign of life.
again() {
	fault "$old" && wrote BTC/USD 65
}
repeats() {
	manual && old=$(raw update BTC/USD 50 .)
	tail_of --mute-timeout 2s BTC/USD
	await 20 said live: && happen BTC/USD 5 && await 20 wrote BTC/USD 55 && fault "$mute" &&
		happen BTC/USD 10 && await 30 again &&
		stops TERM 143 && ids BTC/USD 51 65 && counted lost=0
}
# One pair is accepted, at the time of its trade 51, another is not, and the connection ends.
early() {
	answer=$(jq -cn --arg time "$("$tape" print BTC/USD 52 52 | jq -r .timestamp)" '{do: "raw",
		at: {event: "acked"}, connection: 1, text: ({method: "subscribe", success: true,
		time_in: $time, result: {channel: "trade", symbol: "BTC/USD"}} | tojson)}')
	manual --fault '{"do":"no-ack","fed":true,"connection":1}' --fault "$answer"
	tail_of --limit 45 BTC/USD ETH/USD
	await 20 struck && happen all 5 && await 20 fed && cut_off all 10 &&
		await 20 said live: && happen BTC/USD 15 && ends 0 && ids BTC/USD 51 80 &&
		ids ETH/USD 51 65 && counted lost=0
}
struck() { control state | jq -e 'all(.faults[]; .left == 0)'; }
fed() { control state | jq -e '.sessions[0].sent.trades > 0'; }
# Without ids nobody can tell: that is said, and counted.
nameless() {
	manual
	tail_of BTC/USD
	await 20 said live: && happen BTC/USD 5 && await 20 wrote BTC/USD 55 &&
		fault "$(raw update BTC/USD 50 'del(.trade_id)')" && happen BTC/USD 5 &&
		await 20 wrote BTC/USD 60 && stops TERM 3 && counted unsure=1 written=11 &&
		said "'BTC/USD': trades come without an id: some may come twice, or be missing"
}

tried() { "$1" && adds_up; } # CASE

for each in refused refused_beside readmitted trickle restarted ignored unknown frames future \
	future_last; do beside $each tried $each; done
ok 'a pair that is refused: what REST has of it is written' ended refused 0
ok '... also where REST lags, and others go on' ended refused_beside 0
ok 'a pair that is accepted again' ended readmitted 0
ok 'a pair that trades on now and then' ended trickle 0
ok 'a pair that is not known yet after a restart' ended restarted 0
ok 'a pair that was refused, and is not answered for' ended ignored 0
ok 'a pair that REST does not know either' ended unknown 0
ok 'frames: it is over when all are refused' ended frames 0
ok 'a trade from the future, then a hole, then silence' ended future 0
ok 'a trade from the future right before a hole' ended future_last 0
for each in no_list not_asked repeats early nameless; do beside $each tried $each; done
ok 'a repair does not wait for the list of pairs' ended no_list 0
ok 'a mute pair is found though another cannot be asked about' ended not_asked 0
ok '... or old trades come again' ended repeats 0
ok 'what came before all pairs were acknowledged comes again' ended early 0
ok 'trades without ids' ended nameless 0
done_testing
