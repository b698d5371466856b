#!/bin/sh
# What kraken-ws-tail tells while it runs: its metrics, against what the exchange knows; its progress,
# until it is live; and that its memory stays what it was.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/net/tail.sh"

# metric NAME [PRODUCT]: the value of a sample.
metric() {
	sed -n "s|^tradepipe_$1{program=\"kraken-ws-tail\"${2:+,product=\"$2\"}} ||p" metrics
}
measured() { [ "$(metric "$1" "${3:-}")" = "$2" ]; } # NAME VALUE [PRODUCT]
tail_with() {
	rm -f metrics err
	kraken-ws-tail --pace 1000 --metrics-file metrics "$@" 2>err &
	tail=$!
}
knows() { jq "$1" state.json; } # FILTER: of what the exchange has said last

# A connection that is lost with a hole behind it, and ids that nobody has.
start_exchange --rate manual --heartbeat 60
exchange=$!
tail_with -v --idle-timeout 60s --repair-timeout 2s --output out BTC/USD ETH/USD
ok 'it is live' await 20 says 'live: all pairs'
happen all 10
ok '... and writes' await 10 wrote ETH/USD 60
control cut '{"how":"rst","product":"BTC/USD","then_add":200}' >cut.json
ok 'a hole is repaired' await 20 wrote BTC/USD 260
fault '{"do":"skip","at":{"event":"now"},"product":"ETH/USD","ids":3}'
happen ETH/USD 10
ok '... another one is not' await 20 wrote ETH/USD 73
control state >state.json
ok 'stopped: 3' stops TERM 3
is 'metrics: reconnects' "$(metric reconnects_total)" "$(knows '.handshakes | length - 1')"
is '... gaps' "$(metric gaps_total)" 2
is '... trades repaired: those that no snapshot had' "$(metric repaired_total)" \
	"$(jq '.missed["BTC/USD"] - 50' cut.json)"
is '... trades lost: those that never were' "$(metric lost_total)" \
	"$(knows '[.products[].holes[] | .[1] - .[0] + 1] | add')"
is '... trades written' "$(metric written_total)" "$(wc -l <out)"
is '... requests' "$(metric requests_total)" "$(knows '.rest | add')"
# Of each connection a status, two answers, and two snapshots; and what came as it happened.
is '... messages' "$(metric frames_total)" "$(knows '[.sessions[] | 5 + .sent.frames] | add')"
for each in BTC/USD ETH/USD; do
	last=$(knows ".products[\"$each\"].last")
	is "... the last id of $each" "$(metric product_last_id $each)" "$last"
	is '... and when it happened' "$(metric product_last_trade_timestamp_seconds $each)" \
		"$(seconds_of $each "$last")"
	is '... with nothing held, nor under repair' \
		"$(metric product_held $each) $(metric product_repairing $each)" '0 0'
done
is '... in sum' "$(metric held) $(metric repairing)" '0 0'
kill "$exchange"

# While it runs: nothing yet, trades that wait, none any more.
rm -f out
manual \
	--fault '{"do":"late-ack","product":"ETH/USD","seconds":7}'
tail_with --output out BTC/USD ETH/USD
ok 'metrics before it is live' await 20 test -s metrics
is '... have no last trade' "$(metric product_last_id BTC/USD) $(metric product_last_id ETH/USD) \
$(metric product_last_trade_timestamp_seconds ETH/USD)" '0 0 0'
happen all 5
ok '... and the last one as soon as there is one' await 30 measured product_last_id 55 ETH/USD
fault '{"do":"hang","path":"/0/public/Trades","times":"always"}'
control cut '{"how":"rst","product":"BTC/USD","then_add":500}' >answer
happen ETH/USD 20
ok 'trades that wait' await 20 measured product_held 50 BTC/USD
happen BTC/USD 20
ok '... and more of them' await 20 measured product_held 70 BTC/USD
is '... in sum' "$(metric held)" 70
is '... of one pair, which is under repair' "$(metric repairing) \
$(metric product_repairing BTC/USD) $(metric product_repairing ETH/USD)" '1 1 0'
is '... as old as its last trade' "$(metric product_last_id BTC/USD) \
$(metric product_last_trade_timestamp_seconds BTC/USD)" "55 $(seconds_of BTC/USD 55)"
is '... while the other one goes on' "$(metric product_last_id ETH/USD) $(metric product_held ETH/USD)" \
	'75 0'
no_faults
kill "$exchange"
kill -KILL "$tail" && wait "$tail" 2>wait.err

# Messages and their bytes: all that a capture has.
start_exchange --trades 300 --heartbeat 0.2
exchange=$!
tail_with --frames --for 3s --output frames BTC/USD ETH/USD
ok 'a capture' exits 0 wait "$tail"
is '... its messages' "$(metric frames_total)" "$(wc -l <frames)"
is '... and their bytes' "$(metric bytes_total)" "$(($(wc -c <frames) - $(wc -l <frames)))"
kill "$exchange"

# Progress: while the past is read, and no longer.
rm -f out
manual --history 3000 --first 3001 \
	--fault '{"do":"delay","path":"/0/public/Trades","request":3,"seconds":6}'
tail_with --progress --since 2024-01-01 --output out BTC/USD
ok 'progress where it is asked for' await 30 says '^kraken-ws-tail: progress: '
ok '... says how far it is' says \
	'progress: [0-9]*%, [0-9,]* records, [0-9.,]*/s, [0-9]* requests'
ok '... until it is live, which is told' await 30 says '^kraken-ws-tail: live: all pairs are subscribed$'
for each in 10 20; do # the file is written anew every five seconds, as progress would be
	happen BTC/USD 10
	ok '...' await 20 measured product_last_id $((3000 + each)) BTC/USD
done
is '... and that is the last of it' "$(grep -v 'warning:' err | tail -n 1)" \
	'kraken-ws-tail: live: all pairs are subscribed'
is '... told once' "$(grep -c 'live: ' err)" 1
ok '...' stops TERM 143
ok '...' repaired BTC/USD=1-3020
kill "$exchange"

# Memory, while a reader does not read and the exchange has ever more to send.
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$tail/status"; }
start_exchange --trades 300000 --heartbeat 0.2
exchange=$!
mkfifo slow
tail_with --limit 300000 --output slow BTC/USD
exec 3<slow
echo 0 >now
ok 'a reader that does not read' await 30 stalled 300000
early=$(peak)
for each in 1 2 3; do
	head -c 8000000 <&3 >>taken
	ok '... takes some, and stops again' await 30 stalled 300000
done
late=$(peak)
ok '... while tens of thousands of trades have come' test "$(wc -l <taken)" -gt 100000
echo "# peak: $early kB, later $late kB"
if [ -z "${SANITIZE:-}" ]; then
	ok '... takes no memory for them' test "$late" -le $((early + early / 10))
else
	skip '... takes no memory for them' 'sanitizers keep what is freed'
fi
cat <&3 >>taken
ok '... and gets them all' exits 0 wait "$tail"
output=taken
ok '...' whole BTC/USD=51-300050
kill "$exchange"
done_testing
