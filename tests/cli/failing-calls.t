#!/bin/sh
# Whichever allocation, read, write or other call of a program fails: it ends in time, with a message
# and a status that is not 0, or does without and its output is right; what was written is the beginning
# of what had to be, in whole records. Reads and writes of a single byte change nothing at all.
. "$(dirname -- "$0")/../lib.sh"
shim=$TMP/failing-calls.so
if [ -n "${SANITIZE:-}" ] ||
	! cc -O2 -shared -fPIC -o "$shim" "$ROOT/tests/cli/failing-calls.c" 2>cc.err; then
	skip 'calls that fail' 'no compiler, or sanitizers'
	done_testing
fi

# attempt KIND N CMD...: with the n-th call of that kind failing, see failing-calls.c; leaves got, err and
# $status. Fails where there were not so many, and all went its way.
attempt() {
	kind=$1 at=$2 status=0
	shift 2
	rm -f struck file also
	$prepare
	LD_PRELOAD=$shim FAIL_PROGRAM=$1 FAIL_KIND=$kind FAIL_AT=$at FAIL_STRUCK=$PWD/struck \
		TRADEPIPE_ACCOUNT_FD=9 timeout -s KILL 30 "$@" 9>told >out 2>err || status=$?
	if [ -e file ]; then mv file got; else mv out got; fi
	[ -e struck ]
}

# What must hold after an attempt. What failed has nothing to do with its end, or the end tells of it.
judged() {
	fd=$(cut -d ' ' -f 1 struck)
	case $status in
	"$usual") cmp wanted got && { [ ! -e also.wanted ] || cmp also.wanted also; } ;;
	1) begins && { [ "$fd" = 2 ] || said; } ;;
	*) false ;;
	esac && { [ "$fd" = 2 ] || adds_up; } && { [ "$status" = "$usual" ] || $mend; }
}
# The end is torn only where the descriptor took half a record and no more; a file is cut back then.
begins() {
	head -c "$(wc -c <got)" wanted | cmp - got || return
	[ ! -s got ] || [ -z "$(tail -c 1 got)" ] || [ "$kind" = broken ] ||
		{ [ "$kind" = full ] && [ "$to_file" = no ]; }
}
said() { grep -v -e ': account: ' -e ': warning: ' err | grep -Eq "^$program: (out of memory$|.*: )"; }
adds_up() {
	[ "$program" = kafka-job ] || sed -n 's/.*account: //p' err | tail -n 1 | tr ' ' '\n' | awk -F= '
		$1 == "read" { sum += $2 }
		$1 ~ /^(written|repeated|passed|void|filtered|judged|bad|unwritten|held|forgotten)$/ { sum -= $2 }
		$1 ~ /^(acked|dead|skipped|unsent|unknown|pending|dry)$/ { sum -= $2 }
		END { exit sum != 0 }'
}

# survives KIND CMD...: however manieth call fails; each of the first 30, then every seventh. There is one
# at least.
survives() {
	n=1 tried=$1
	shift
	while attempt "$tried" "$n" "$@"; do
		judged || {
			echo "$tried $n, struck: $(cat struck): status $status" && cat err
			return 1
		}
		n=$((n + (n < ${densely:-30} ? 1 : 7)))
	done
	[ "$n" -gt 1 ] && as_usual
}
as_usual() { same "$status" "$usual" && cmp wanted got && adds_up; }
in_bytes() { # CMD...
	! attempt short 0 "$@" && as_usual && same "$(tail -n 1 told)" "$last_told" &&
		sort err >err.got && cmp err.wanted err.got
}

# fail KINDS CMD...: all that, of a program that writes to standard output or `file`, and maybe to `also`,
# and ends with $usual. $prepare comes before each attempt, $mend behind one that failed.
usual=0 mend=: prepare=:
fail() {
	kinds=$1 program=$2
	shift
	case " $* " in *" --output "*) to_file=yes ;; *) to_file=no ;; esac
	rm -f also also.wanted
	attempt none 0 "$@"
	ok "$*" same "$status" "$usual"
	last_told=$(tail -n 1 told)
	mv got wanted && sort err >err.wanted
	[ ! -e also ] || mv also also.wanted
	for kind in $kinds; do ok "$*: $kind" survives "$kind" "$@"; done
	[ "$kinds" = "${kinds#*read}" ] || ok "$*: a byte at a time" in_bytes "$@"
	usual=0 mend=: prepare=:
}

# again: the same once more makes the file whole.
again() {
	mv got file
	repaired "$@"
}
repaired() {
	timeout -s KILL 30 "$@" 2>err && cmp wanted file && return
	cat err && return 1
}

start_mock_broker --topic t:1
start_exchange --binance-per-day 100 --binance-days 2 --binance-weight 9999999 --products BTC/USD \
	--first 501 --history 500 --heartbeat 0.2
"$ROOT/tests/servers/tape" print BTC/USD 1 20 --as native >trades
"$ROOT/tests/servers/tape" print BTC/USD 1 20 --as trade >records
{ cat trades && echo '{"bad":1}' && head -n 3 trades; } >bad

# Takes two seconds each time, and mostly waits: beside all else.
published() { # KIND
	program=kafka-publish to_file=no densely=8
	cp ../records wanted && survives "$1" kafka-publish --topic t --tee --receipts receipts wanted
}
begin() { # KIND
	mkdir "$1" && cd "$1" || return
	if published "$1"; then touch passed; else touch failed; fi
}
for kind in alloc read write broken open; do (begin $kind) >$kind.log 2>&1 & done

# Filters.
all='alloc read write full broken open close'
fail "$all rename" trade-normalize --metrics-file metrics trades
usual=3
fail "$all sync" trade-normalize --output file --on-bad also.bad --where '.price > 0' bad
fail "$all rename sync" trade-verify --metrics-file metrics --manifest also trades
cp also.wanted manifest
fail "$all" trade-verify --against manifest --expect BTC/USD=1-20 trades
echo '{product_id: .symbol, price, quantity: .qty, timestamp, trade_id, side, exchange: "kraken"}' >map.jq
fail "$all" trade-normalize --source map.jq trades
fail "$all rename" kafka-publish --dry-run --topic t --metrics-file metrics records

# Sources. A live one plays back what another has heard, so that it is the same each time.
rest="kraken-rest-dump --since 2024-01-01 --until 2024-01-01T00:00:30Z --pace 1000 --page-size 50
	--metrics-file metrics --output file BTC/USD"
archive="binance-aggtrades-dump --since 2024-12-30 --until 2024-12-31 --source archive
	--metrics-file metrics --output file BTCUSDT"
api="binance-aggtrades-dump --since 2024-12-30 --until 2024-12-31 --source api --page-size 40
	--output file BTCUSDT"
kept="$archive --archive-dir kept"
# shellcheck disable=SC2086 # words
{
	mend_rest() { again $rest; }
	mend_archive() { again $archive; }
	mend_api() { again $api; }
	mend_kept() { again $kept; }
	mend=mend_rest
	fail "$all sync rename" $rest
	head -n 30 wanted >cursor
	fail "alloc read write open" ${rest%% --*} --resume cursor --until 2024-01-01T00:00:30Z \
		--pace 1000 BTC/USD
	mend=mend_archive
	fail "$all start sync rename" $archive
	mkdir kept && attempt none 0 $kept
	mend=mend_kept
	fail "read" $kept
	mend=mend_kept prepare='rm -rf kept/data'
	fail "sync rename" $kept
	mend=mend_api
	fail "read write broken sync" $api
}
# A file that was named by mistake is left as it is, even where a look into it fails.
# shellcheck disable=SC2317 # called by name
spares() {
	echo 'something else' >foreign && cp foreign foreign.wanted
	attempt read 1 kraken-rest-dump --since 2024-01-01 --limit 1 --budget-file foreign BTC/USD &&
		same "$status" 0 && cmp foreign.wanted foreign
}
ok 'a file of something else that cannot be read is no budget' spares
past="kraken-ws-tail --since 2024-01-01 --pace 1000 --connect-timeout 1s --output file"
# shellcheck disable=SC2086,SC2317 # words; called by name
mend_past() {
	[ "$(wc -l <got)" -lt 400 ] || return 0
	mv got file && cp file before
	repaired $past --resume before --limit $((400 - $(wc -l <file))) BTC/USD
}
mend=mend_past
# shellcheck disable=SC2086 # words
fail "read write broken sync" $past --limit 400 BTC/USD
kraken-ws-tail --frames --limit 60 BTC/USD >frames 2>err
start_exchange --products BTC/USD --replay frames --replay-speed 0
fail "$all start sync rename" kraken-ws-tail --last 10 --limit 60 --connect-timeout 1s --metrics-file metrics \
	--output file BTC/USD

# Others.
fail "$all" kafka-last --topic t
fail "$all start rename" kafka-job --metrics-file metrics -- \
	trade-normalize trades '|' trade-verify
ended() { await 120 has_ended "$1" && cat "$1.log" && [ -e "$1/passed" ]; }
has_ended() { [ -e "$1/passed" ] || [ -e "$1/failed" ]; }
for kind in alloc read write broken open; do ok "kafka-publish: $kind" ended $kind; done
done_testing
