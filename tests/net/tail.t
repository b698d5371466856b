#!/bin/sh
# kraken-ws-tail against the simulated exchange: what it writes, and what it makes of each fault.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/net/tail.sh"

# What is written.
ok 'live trades begin after the snapshot' run 0 --trades 200 -- --limit 400 BTC/USD ETH/USD
ok '... each once, in order, byte for byte' whole BTC/USD=51-250 ETH/USD=51-250
ok '... and the account says so' same "$(account)" \
	'read=500 written=400 repeated=0 passed=100 lost=0'
ok '-n 50 begins with the whole snapshot' run 0 --trades 10 -- -n 50 --limit 60 BTC/USD
ok '...' whole BTC/USD=1-60
ok '-n 7 begins with the last seven' run 0 --trades 10 -- -n 7 --limit 17 BTC/USD
ok '...' whole BTC/USD=44-60
ok 'a short snapshot is taken as it is' run 0 --history 3 --first 4 --trades 10 -- -n 50 --limit 13 \
	BTC/USD
ok '...' whole BTC/USD=1-13
ok 'a pair without a history begins with its first trade' run 0 --history 0 --first 1 --trades 10 \
	-- --limit 10 BTC/USD
ok '...' whole BTC/USD=1-10
ok 'messages in fragments with pings between' run 0 --trades 100 --fault '{"do":"fragment","bytes":7}' \
	-- --limit 100 BTC/USD
ok '...' whole BTC/USD=51-150
ok 'messages split at every byte' run 0 --trades 20 --fault '{"do":"split","bytes":1}' \
	-- --limit 20 BTC/USD
ok '...' whole BTC/USD=51-70

# Subscriptions.
ok 'a refused pair ends it, by name, before anything is written' run 2 --trades 10 \
	--products BTC/USD -- BTC/USD NO/PAIR
ok '...' says "^kraken-ws-tail: cannot subscribe to 'NO/PAIR': Currency pair not supported NO/PAIR$"
is '...' "$(cat out)" ''
ok 'a name of WebSocket v1 gets a hint' run 2 --trades 10 -- XBT/USD
ok '...' says "(it is 'BTC/USD' here)"
ok 'a pair that is never acknowledged ends it' run 2 --trades 10 \
	--fault '{"do":"no-ack","product":"ETH/USD","times":"always"}' -- --ack-timeout 700ms BTC/USD ETH/USD
ok '...' says "the subscription to 'ETH/USD' was not acknowledged"
is '... before anything is written' "$(cat out)" ''
ok 'a late acknowledgement is waited for' run 0 --trades 20 \
	--fault '{"do":"late-ack","product":"ETH/USD","seconds":1}' -- --limit 40 BTC/USD ETH/USD
ok '... and no trade that came before it is lost' whole BTC/USD=51-70 ETH/USD=51-70
ok 'a pair refused later is a warning, and 3 at the end' run 3 --trades 200 \
	--fault '{"do":"drop","at":{"product":"BTC/USD","trade":100}}' \
	--fault '{"do":"refuse","product":"ETH/USD","connection":2}' -- --limit 220 BTC/USD ETH/USD
ok '...' says "warning: cannot subscribe to 'ETH/USD'"
grep BTC/USD out >btc
last=$(tail -n 1 btc | jq .trade_id)
output=btc
ok '... while the other one goes on, over another connection' test "$last" -gt 100
ok '... each trade of it once, in order' whole "BTC/USD=51-$last"
grep ETH/USD out >eth
output=eth
ok '... as are those of the one refused, up to there' \
	whole "ETH/USD=51-$(tail -n 1 eth | jq .trade_id)"
output=out
ok 'a pair given twice is a usage error' exits 2 kraken-ws-tail --output none BTC/USD BTC/USD
ok 'a pair that no message can name, too' exits 2 kraken-ws-tail --output none "$(printf 'B\334/USD')"
ok '... and so is one without a name' exits 2 kraken-ws-tail --output none ''
ok '... which leave the output as it was' not test -e none

# shellcheck disable=SC2046 # words
ok 'more pairs than a request can name are a usage error' run 2 -- $(seq -f 'PAIR%06.0f/USD' 40000)
ok '...' says '^kraken-ws-tail: cannot subscribe to so many pairs: .*524288 bytes$'

# Connections that end, and come back.
for how in rst fin eof close; do
	for gap in 0 1 49; do
		ok "cut by $how with a hole of $gap: nothing lost, nothing doubled" run 0 --trades 300 \
			--fault "{\"do\":\"drop\",\"at\":{\"product\":\"BTC/USD\",\"trade\":150},\"how\":\"$how\",\"gap\":$gap}" \
			-- --limit 300 BTC/USD
		ok '...' whole BTC/USD=51-350
	done
done
ok 'a hole beyond the snapshot is repaired over REST' run 0 --trades 300 --per-frame 1 \
	--fault '{"do":"drop","at":{"product":"BTC/USD","trade":150},"gap":53}' -- --limit 300 BTC/USD
ok '...' repaired BTC/USD=51-350
ok '...' same "$(account)" \
	'read=350 written=300 repeated=0 passed=50 lost=0 gaps=1 repaired=3 reconnects=1 requests=2'
ok 'ids that never come are lost, named, counted, and 3 at the end' run 3 --trades 50 \
	--fault '{"do":"skip","at":{"product":"BTC/USD","trade":60},"ids":5}' \
	-- --repair-timeout 500ms --limit 45 BTC/USD
ok '...' says "warning: 'BTC/USD': lost trades 61 to 65: Kraken's REST interface does not have them"
ok '...' counted written=45 lost=5
ok 'a message sent again is dropped and counted' run 0 --trades 50 --per-frame 1 \
	--fault '{"do":"repeat","at":{"product":"BTC/USD","trade":60}}' -- --limit 50 BTC/USD
ok '...' same "$(account)" 'read=101 written=50 repeated=1 passed=50 lost=0'
ok 'a handshake answered with 503 and HTML is tried again' run 0 --trades 20 \
	--fault '{"do":"refuse-handshake","status":503}' -- --limit 20 BTC/USD
ok '...' says "warning: cannot connect to 'wss://.*503.*connecting again in"
ok 'a handshake that is never answered is tried again' run 0 --trades 20 \
	--fault '{"do":"refuse-handshake","silent":true}' -- --connect-timeout 500ms --limit 20 BTC/USD
ok 'silence is found, heartbeats or not' run 0 --trades 200 \
	--fault '{"do":"mute","at":{"product":"BTC/USD","trade":100},"gap":20}' \
	-- --idle-timeout 700ms --limit 200 BTC/USD
ok '...' whole BTC/USD=51-250
ok '...' says "nothing was received within the idle timeout"

# The waits grow from failure to failure, and are short again after a connection that has stood for
# a while, be it one without trades.
manual \
	--fault '{"do":"refuse-handshake","times":2}'
kraken-ws-tail -v --idle-timeout 1 BTC/USD >out 2>err &
ok 'a quiet connection' await 10 grep -q 'connected to' err
await 2 false
kill "$exchange"
ok '... that has outlived its deadline is made again soon' await 5 grep -q 'lost the connection' err
ok '...' says 'lost the connection .*; connecting again in [01]\.'
kill $! && wait $! 2>wait.err

# Messages that should not be there.
ok 'a message that is no JSON is named and counted; no good trade is lost' run 3 --trades 100 \
	--fault '{"do":"garbage","at":{"product":"BTC/USD","trade":100}}' -- --limit 100 BTC/USD
ok '...' whole BTC/USD=51-150
ok '...' says "warning: cannot take '{\"channel\":\"trade\".*': not JSON"
ok 'a binary message likewise' run 3 --trades 100 \
	--fault '{"do":"binary","at":{"product":"BTC/USD","trade":100}}' -- --limit 100 BTC/USD
ok '...' whole BTC/USD=51-150
ok 'a trade that cannot be is refused alone' run 3 --trades 100 --fault '{"do":"raw","text":"{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":0,\"qty\":1,\"trade_id\":1,\"timestamp\":\"2026-01-01T00:00:00Z\"}]}"}' \
	-- --limit 100 BTC/USD
ok '...' says 'price is not above zero'
ok '...' whole BTC/USD=51-150
ok 'a sequence that begins anew is refused by name' run 3 --trades 100 --fault '{"do":"raw","at":{"product":"BTC/USD","trade":100},"text":"{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":1,\"qty\":1,\"trade_id\":1,\"timestamp\":\"2099-01-01T00:00:00Z\"}]}"}' \
	-- --limit 100 BTC/USD
ok '...' says 'its id is not above the last one, but its time is later'
ok 'a message over the ceiling ends the connection, not the tail' run 0 --trades 100 \
	--fault '{"do":"huge","at":{"product":"BTC/USD","trade":140},"bytes":20000000}' -- --limit 100 BTC/USD
ok '...' whole BTC/USD=51-150
ok 'an error that answers no request is told' run 0 --trades 100 \
	--fault '{"do":"raw","text":"{\"Error\":\"Exceeded msg rate\"}"}' -- --limit 100 BTC/USD
ok '...' says 'warning: Kraken says: Exceeded msg rate'
ok '... while subscriptions are due it means: connect again' run 0 --trades 20 \
	--fault '{"do":"no-ack","product":"BTC/USD"}' \
	--fault '{"do":"raw","at":{"event":"acked"},"text":"{\"Error\":\"Exceeded msg rate\"}"}' \
	-- --limit 20 BTC/USD
ok '...' says 'Kraken says: Exceeded msg rate; connecting again'
ok 'the state of the system is told' run 0 --trades 100 \
	--fault '{"do":"status","at":{"product":"BTC/USD","trade":100},"system":"maintenance"}' \
	-- --limit 100 BTC/USD
ok '...' says "its system is 'maintenance'"

# TLS.
start_exchange --trades 10
is 'an unknown authority ends it with 2' "$(timeout 20 kraken-ws-tail --cacert certs/other-ca.pem \
	BTC/USD >out 2>err; echo $?)" 2
ok '... by name' says "cannot connect to '$KRAKEN_WS_URL': .*certificate"
is 'a certificate file that is not there ends it with 2' "$(timeout 20 kraken-ws-tail --cacert none.pem \
	BTC/USD 2>err; echo $?)" 2
ok '... by name' says none.pem
for cert in wrong-name expired; do
	start_exchange --trades 10 --tls certs/$cert.pem certs/$cert.key
	is "a certificate that is $cert ends it with 2" \
		"$(timeout 20 kraken-ws-tail BTC/USD >out 2>err; echo $?)" 2
	ok '... by name' says "cannot connect to '$KRAKEN_WS_URL': "
done

# A slow reader: the socket waits, nothing is lost.
start_exchange --trades 200000
mkfifo slow
timeout 60 kraken-ws-tail --limit 200000 BTC/USD >slow 2>err &
exec 3<slow
echo 0 >now
ok 'a slow reader holds up the exchange' await 20 stalled 200000
cat <&3 >out
ok '... and loses nothing' whole BTC/USD=51-200050
ok '...' same "$(account)" 'read=200050 written=200000 repeated=0 passed=50 lost=0'
done_testing
