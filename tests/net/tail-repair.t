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

# The tail in the background; it has written the first trades of all pairs when it goes on.
live() {
	kraken-ws-tail -v --pace 1000 --output out "$@" 2>err &
	tail=$!
	await 30 grep -q 'live: ' err && happen all 5 && await 30 wrote "$first" 55
}
first=BTC/USD
always="$trades,\"times\":\"always\""

# Stopped in each phase of a repair: FAULT, and what tells that it is there.
stopped() {
	told=$1
	manual && live BTC/USD ETH/USD && fault "$2" && shift 2 || return
	cut_off BTC/USD 2500 && await 30 "$@" && happen BTC/USD 20 && happen ETH/USD 20 &&
		await 30 wrote ETH/USD 75 && await 30 grep -q "$told" err && stops TERM 143 &&
		counted lost=0 && adds_up && not wrote BTC/USD 2575 && no_faults || return
	timeout -s KILL 60 kraken-ws-tail --pace 1000 --budget-file "$PWD/other" --output out \
		--limit $((2550 - $(wc -l <out))) BTC/USD ETH/USD 2>err &&
		repaired BTC/USD=51-2575 ETH/USD=51-75
}
# Asked for its account meanwhile, and going on.
asked_for_account() {
	manual && live BTC/USD ETH/USD && fault "$1" && cut_off BTC/USD 500 && await 30 asked 2 &&
		kill -USR1 "$tail" && await 30 grep -q 'account: .* held=50 .* gaps=1 ' err &&
		adds_up && no_faults && await 60 wrote BTC/USD 555 && stops TERM 143 &&
		repaired BTC/USD=51-555 ETH/USD=51-55 && adds_up
}
# Time in which another process has the budget held is no time of REST's.
held() {
	list=/0/public/AssetPairs
	manual --fault '{"do":"hole","ids":"56-555","times":3}' --fault \
		"{\"do\":\"rest-answer\",\"status\":418,\"retry_after\":15,\"path\":\"$list\",\"request\":2}"
	live --budget-file "$PWD/budget" --repair-timeout 12s BTC/USD && cut_off BTC/USD 500 &&
		await 30 asked 1 || return
	"$BUILD/tests/net/crawl-tool" "ca=$TRADEPIPE_CACERT" "budget=$PWD/budget" \
		"$KRAKEN_REST_URL$list?" | grep 'got status 418' && await 60 wrote BTC/USD 555 &&
		stops TERM 143 && counted lost=0 && repaired BTC/USD=51-555
}
# Nor is time in which a slow reader keeps the program from asking. Another tail measures it.
blocked() {
	manual --products BTC/USD,ETH/USD,SOL/USD \
		--fault '{"do":"hole","ids":"51-555","times":3}' && mkfifo slow || return
	kraken-ws-tail -v --pace 1000 --repair-timeout 12s BTC/USD ETH/USD >slow 2>err &
	tail=$! && exec 3<slow && echo 0 >now
	await 30 grep -q 'live: ' err && cut_off BTC/USD 505 && await 30 asked 1 &&
		happen ETH/USD 30000 && await 30 stalled 29000 &&
		kraken-ws-tail --for 15s --output other SOL/USD && cat <&3 >out &
	await 90 wrote BTC/USD 555 && await 30 wrote ETH/USD 30050 && stops TERM 143 &&
		counted lost=0 && repaired BTC/USD=51-555 ETH/USD=51-30050
}
# A new hole has patience of its own, though requests for the one before it were failing.
failed_first() { [ "$(grep -c 'status 503; .*(failures: 1)' err)" -ge "$1" ]; } # TIMES
renewed() {
	manual --fault "{\"do\":\"rest-answer\",\"status\":503,$always}"
	lose='{"do":"lose","product":"BTC/USD","at":{"event":"now"},"trades":5}'
	live BTC/USD && fault "$lose" && happen BTC/USD 5 &&
		await 30 grep -q '(failures: 4)' err && cut_off BTC/USD 0 &&
		await 30 wrote BTC/USD 65 && fault "$lose" && happen BTC/USD 5 &&
		await 30 failed_first 2 && no_faults &&
		await 60 wrote BTC/USD 75 && stops TERM 143 && counted lost=0 gaps=2 &&
		repaired BTC/USD=51-75
}
# REST has a certificate that is refused: for a while, and for longer than there is patience.
rest_only() { # CERTIFICATE PORT
	rm -f rest.env
	"$ROOT/tests/servers/exchange" --tls "certs/$1.pem" "certs/$1.key" --port "$2" --history 600 \
		--first 601 --rate manual --ready-file rest.env >rest.log 2>&1 &
	rest=$!
	await 30 test -s rest.env
}
refused() {
	manual && rest_only expired 0 || return
	rest_url=$(sed -n s/^REST_URL=//p rest.env) told=1
	live --rest-url "$rest_url" "$@" BTC/USD ETH/USD && cut_off BTC/USD 500 &&
		await 30 grep -q 'has expired; trying again' err && happen ETH/USD 20 &&
		await 30 wrote ETH/USD 75
}
refused_for_a_while() {
	refused && kill -KILL "$rest" && rest_only server "${rest_url##*:}" &&
		await 60 wrote BTC/USD 555 && stops TERM 143 && counted lost=0 &&
		repaired BTC/USD=51-555 ETH/USD=51-75
}
refused_for_good() {
	refused --repair-timeout 2s && await 60 grep -q "lost trades 56 to 505: .*has expired" err &&
		await 30 wrote BTC/USD 555 && stops TERM 3 && counted lost=450
}
# More pairs with holes than requests are made at once; for most of them REST fails with FAULT, and the
# others do not wait for those: not for one that lags, nor for one that fails, nor for one that is held.
most_fail() { # FAULT
	pairs=$(echo A B C D E F G H I J K L M N O P Q R S T | sed 's/[A-T]/&&&\/USD/g')
	first=AAA/USD
	manual --products "$(echo "$pairs" | tr ' ' ,)" || return
	# shellcheck disable=SC2086  # one word each
	live $pairs || return
	for pair in ${pairs% SSS*}; do
		fault "{$1,\"product\":\"$pair\"}"
	done
	cut_off all 60 && await 60 wrote SSS/USD 115 && await 60 wrote TTT/USD 115 &&
		not wrote AAA/USD 56 && not grep 'lost trades' err
}
many() { # FAULT
	most_fail "$1" && await 60 asked 22 && no_faults || return
	for pair in $pairs; do
		await 60 wrote "$pair" 115 && whole_pairs="${whole_pairs-} $pair=51-115" || return
	done
	# shellcheck disable=SC2086  # one word each
	stops TERM 143 && counted lost=0 gaps=20 && repaired $whole_pairs
}
many_held() { # FAULT
	most_fail "$1" && stops TERM 143 && counted lost=0 gaps=20
}
# Asked to leave REST alone for longer than there is patience: that is no time of REST's either.
longer() { # STATUS
	begin "longer-$1" --trades 400 --per-frame 1 --fault "$(drop 100 200)" \
		--fault "{\"do\":\"rest-answer\",\"status\":$1,\"retry_after\":12,$trades,\"times\":2}" \
		-- --pace 1000 --repair-timeout 10s --limit 800 BTC/USD ETH/USD
}
longer 503
longer 429
# A long lag, and holes of which one is there before the other is filled.
begin long-lag --trades 900 --per-frame 1 --fault '{"do":"lag","seconds":10}' \
	--fault "$(drop 100 30 '"products":"all"')" --fault "$(drop 200 60 '"products":"all"')" \
	--fault "$(drop 350 500 '"products":"all"')" -- --pace 1000 --limit 1800 BTC/USD ETH/USD
beside stopped-first stopped . "{\"do\":\"hang\",$always}" asked 1
beside stopped-pages stopped . "{\"do\":\"hang\",\"request\":\"2-\",$always}" wrote BTC/USD 56
beside stopped-retry stopped 'trying again' \
	"{\"do\":\"rest-answer\",\"status\":503,$always}" asked 1
beside stopped-lag stopped . '{"do":"lag","trades":2600}' asked 2
beside account-retry asked_for_account "{\"do\":\"rest-answer\",\"status\":503,$always}"
beside account-lag asked_for_account '{"do":"lag","trades":600}'
beside held held
beside blocked blocked
beside renewed renewed
beside refused refused_for_a_while
beside refused-for-good refused_for_good
beside many-lag many '"do":"lag","trades":70'
beside many-fail many '"do":"kraken-error","error":"EQuery:Unknown asset pair","times":"always"'
beside many-held many_held "\"do\":\"rest-answer\",\"status\":429,\"retry_after\":200,$always"

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
ok 'a lag of ten seconds, and several holes' ended long-lag 0
ok '...' within long-lag repaired BTC/USD=51-950 ETH/USD=51-950
ok '...' within long-lag counted lost=0
for each in first pages retry lag; do
	ok "stopped in a repair, and started again: $each" ended stopped-$each 0
done
for each in retry lag; do
	ok "asked for its account in a repair: $each" ended account-$each 0
done
ok 'a budget that is held by another process' ended held 0
ok 'a reader that is slow' ended blocked 0
ok 'a new hole while requests fail' ended renewed 0
ok 'a certificate of REST that is refused: the stream goes on' ended refused 0
ok '... until the patience ends' ended refused-for-good 0
for each in lag fail held; do
	ok "more pairs with holes than requests at once: $each" ended many-$each 0
done
for each in 503 429; do
	ok "a $each that asks for more than there is patience" ended longer-$each 0
	ok '... is obeyed' within longer-$each repaired BTC/USD=51-450 ETH/USD=51-450
	ok '... and nothing is lost' within longer-$each counted lost=0
done
for each in */err; do
	ok "the account adds up: ${each%/err}" within "${each%/err}" adds_up
done
done_testing
