#!/bin/sh
# kraken-ws-tail for SECONDS (an hour) at 5,000 trades a second, the connection cut once in a while:
# every trade once and in order, and memory as it was after the first minute.
#
# usage: tail-soak.sh [SECONDS]
. "$(dirname -- "$0")/../lib.sh"
seconds=${1:-3600} rate=2500 settled=60 between=20
[ "$seconds" -ge 90 ] || settled=$((seconds * 2 / 3))
trades=$((seconds * rate)) last=$((50 + seconds * rate))
tape=$ROOT/tests/servers/tape

# kilobytes NAME: of the tail, VmRSS or VmHWM, its peak.
kilobytes() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$tail/status"; }
cut() {
	curl -sf --cacert "$TRADEPIPE_CACERT" -X POST -d '{"how":"rst","then_add":500}' \
		"$KRAKEN_REST_URL/_control/cut" >cut.json
}

# live_until SECOND: after the start, or the end, with cuts on the way; leaves what memory was last. The
# time itself is what is tested.
live_until() {
	while [ "$(($(now) - began))" -lt "$1" ] && look; do
		sleep 1
		[ $((($(now) - began) % between)) -ne 0 ] || cut
	done
}
look() {
	seen=$(kilobytes VmRSS 2>gone) seen_peak=$(kilobytes VmHWM 2>gone)
	[ -n "$seen" ] && [ -n "$seen_peak" ] && rss=$seen peak=$seen_peak
}
now() { date +%s; }

start_exchange --products BTC/USD,ETH/USD --rate $rate --trades "$trades" \
	--max-life $((seconds + 300))
mkfifo records
"$tape" check --any-way --product BTC/USD=51-$last --product ETH/USD=51-$last <records >verdict 2>&1 &
check=$!
kraken-ws-tail --resume - --pace 20 --limit $((2 * trades)) BTC/USD ETH/USD >records 2>err <<-END_OF_CURSOR &
	$("$tape" print BTC/USD 50 50)
	$("$tape" print ETH/USD 50 50)
END_OF_CURSOR
tail=$!
began=$(now)
live_until "$settled"
early=$rss early_peak=$peak
live_until $((seconds + 60))
late=$rss late_peak=$peak
wait "$tail"
is "exit" $? 0
wait "$check"
is "each trade once, in order, as the tape says" "$? $(grep -c . verdict)" "0 2"
echo "# $(sed -n 's/.*account: //p' err)"
echo "# resident: $early kB after $settled s, $late kB at the end; peak: $early_peak, $late_peak kB"
# A tenth, for what a cut at another moment makes of it.
ok "memory is flat" [ "$late" -le $((early + early / 10)) ]
ok "so is its peak" [ "$late_peak" -le $((early_peak + early_peak / 10)) ]
done_testing
