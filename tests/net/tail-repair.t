#!/bin/sh
# kraken-ws-tail repairs what the WebSocket has left out, over REST: nothing lost, nothing doubled,
# nothing out of order, and by name where the exchange has not got it.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/net/tail.sh"

# drop TRADE GAP MEMBERS: of the connection, at this trade of BTC/USD.
drop() {
	printf '{"do":"drop","at":{"product":"BTC/USD","trade":%d},"gap":%d%s}' "$1" "$2" "${3:+,$3}"
}

# Every way to end a connection, with holes of every size, one after the other.
cuts() {
	begin "$1" --trades 6500 --per-frame 1 \
		--fault "$(drop 100 0 "$2")" --fault "$(drop 150 1 "$2")" \
		--fault "$(drop 200 30 "$2")" --fault "$(drop 280 49 "$2")" \
		--fault "$(drop 380 50 "$2")" --fault "$(drop 480 51 "$2")" \
		--fault "$(drop 580 500 "$2")" --fault "$(drop 1130 5000 "$2")" \
		-- --pace 1000 --limit 13000 BTC/USD ETH/USD
}
cuts fin '"how":"fin"'
cuts rst '"how":"rst","products":"all"'
cuts eof '"how":"eof","products":"all"'
cuts close '"how":"close"'
cuts torn '"how":"fin","torn":20'
for how in fin rst eof close torn; do
	ok "cuts by $how, with holes of 0, 1, 30, 49, 50, 51, 500 and 5000" ended $how 0
	ok '... are repaired' within $how repaired BTC/USD=51-6550 ETH/USD=51-6550
	ok '... none of them lost' within $how counted lost=0 reconnects=8
done

# rest NAME FAULT...: a hole of 2500, for which REST is asked, and what becomes of that.
rest() {
	scenario=$1 faults=
	shift
	for each; do faults="$faults --fault $(quoted "$each")"; done
	eval "begin $scenario --trades 2800 --per-frame 1 --fault $(quoted "$(drop 100 2500)") \
		$faults -- --pace 1000 --limit 5600 BTC/USD ETH/USD"
}
trades='"path":"/0/public/Trades"'
rest lag '{"do":"lag","seconds":3}'
rest lag-ids '{"do":"lag","trades":1500,"times":3}'
rest cached '{"do":"cached"}' '{"do":"lag","seconds":2}'
rest html "{\"do\":\"rest-answer\",$trades}"
rest 520 "{\"do\":\"rest-answer\",\"status\":520,$trades,\"times\":2}"
rest 404 "{\"do\":\"rest-answer\",\"status\":404,$trades}"
rest unknown '{"do":"kraken-error","error":"EQuery:Unknown asset pair"}'
rest truncated "{\"do\":\"truncate\",$trades}"
rest reset "{\"do\":\"reset\",$trades,\"after\":\"body\"}"
rest too-many '{"do":"kraken-error"}'
rest too-fast '{"do":"kraken-error","error":"EAPI:Rate limit exceeded"}'
rest busy '{"do":"kraken-error","error":"EService:Busy"}'
rest short "{\"do\":\"short-page\",$trades,\"rows\":7}" "{\"do\":\"short-page\",$trades}" \
	'{"do":"no-last"}'
rest hidden '{"do":"hole","ids":"100-300","times":3}'
rest stuck '{"do":"stuck-last","times":3}' '{"do":"repeat-page","times":2}'
rest disordered '{"do":"disordered","ids":"150-160"}' '{"do":"odd-time","ids":"95-100"}' \
	'{"do":"doubled","ids":"400-500"}'
rest no-pairs '{"do":"rest-answer","status":404,"path":"/0/public/AssetPairs","times":"always"}'
for each in lag lag-ids cached html 520 404 unknown truncated reset too-many too-fast busy short \
	hidden stuck disordered no-pairs; do
	ok "REST, by turns wrong: $each" ended $each 0
	ok '... is asked until it has the trades' within $each repaired BTC/USD=51-2850 ETH/USD=51-2850
	ok '...' within $each counted lost=0 reconnects=1 gaps=1
done

# Cuts in the worst moments.
rest in-snapshot '{"do":"drop","connection":2,"at":{"event":"acked"}}' \
	'{"do":"drop","connection":3,"at":{"event":"subscribed"},"gap":60}'
rest in-a-row '{"do":"drop","connection":2,"at":{"event":"open"}}' \
	'{"do":"refuse-handshake","connection":3}'
again='{"do":"drop","at":{"event":"now"},"gap":70}'
rest in-repair "{\"do\":\"rest-switch-on\",$trades,\"faults\":[$again]}" \
	"{\"do\":\"delay\",$trades,\"seconds\":1}"

# What the snapshot of a new connection can be.
snapshot() { printf '{"do":"snapshot","product":"BTC/USD","how":"%s","connection":%d}' "$1" "$2"; }
begin snapshots --trades 1500 --per-frame 1 \
	--fault "$(drop 100 30)" --fault "$(snapshot repeated 2)" \
	--fault "$(drop 200 60)" --fault "$(snapshot doubled 3)" \
	--fault "$(drop 350 30)" --fault "$(snapshot reversed 4)" \
	--fault "$(drop 450 60)" --fault "$(snapshot shuffled 5)" \
	--fault "$(drop 600 30)" --fault "$(snapshot short 6)" \
	--fault "$(drop 700 30)" --fault "$(snapshot stale 7)" \
	--fault "$(drop 800 49)" --fault "$(snapshot holed 8)" \
	--fault "$(drop 900 30)" --fault "$(snapshot empty 9)" \
	--fault "$(drop 1000 30)" --fault '{"do":"no-snapshot","connection":10}' \
	-- --pace 1000 --limit 3000 BTC/USD ETH/USD
# Trades of several pairs in a frame, in any order, or not at all.
at() { printf '"at":{"product":"BTC/USD","trade":%d}' "$1"; }
disorder() {
	printf '{"do":"disorder","at":{"product":"BTC/USD","trade":%d},"how":"%s","frames":"%s"}' "$@"
}
begin disorder --trades 800 --per-frame 3 --fault '{"do":"mix","frames":3}' \
	--fault "$(disorder 100 reversed one)" --fault "$(disorder 150 reversed each)" \
	--fault "$(disorder 200 shuffled one)" --fault "$(disorder 250 shuffled each)" \
	--fault "$(disorder 300 doubled one)" --fault "$(disorder 350 doubled each)" \
	--fault "$(disorder 400 late one)" --fault "$(disorder 450 late each)" \
	--fault "{\"do\":\"repeat\",$(at 500),\"trades\":20}" \
	--fault "{\"do\":\"lose\",$(at 550)}" --fault "{\"do\":\"lose\",$(at 600),\"trades\":60}" \
	-- --pace 1000 --limit 1600 BTC/USD ETH/USD

# A limit that is reached in the middle of a repair.
begin limit --trades 800 --fault "$(drop 100 500)" -- --pace 1000 --limit 400 BTC/USD

for each in in-snapshot in-a-row in-repair; do
	ok "a connection lost once more: $each" ended $each 0
	ok '...' within $each repaired BTC/USD=51-2850 ETH/USD=51-2850
	ok '...' within $each counted lost=0
done
ok 'twice in a row' within in-a-row counted reconnects=3
ok 'during the repair' within in-repair counted reconnects=2
ok 'snapshots repeated, doubled, out of order, short, old, with holes, empty, absent' \
	ended snapshots 0
ok '...' within snapshots repaired BTC/USD=51-1550 ETH/USD=51-1550
ok '...' within snapshots counted lost=0 reconnects=9
ok 'trades of several pairs in a frame, out of order, left out' ended disorder 0
ok '...' within disorder repaired BTC/USD=51-850 ETH/USD=51-850
ok '...' within disorder counted lost=0
ok 'a limit within what is repaired' ended limit 0
ok '...' within limit repaired BTC/USD=51-450
for each in */err; do
	ok "the account adds up: ${each%/err}" within "${each%/err}" adds_up
done
done_testing
