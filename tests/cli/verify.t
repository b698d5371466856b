#!/bin/sh
# trade-verify: what golden cases cannot show: bytes that pass through, files that are written or
# left alone, the end by a signal, memory.
. "$(dirname -- "$0")/../lib.sh"

"$ROOT/tests/servers/tape" print BTC/USD 1 2000 >btc.ndjson
"$ROOT/tests/servers/tape" print ETH/USD 501 700 --as trade >eth.ndjson
paste -d '\n' btc.ndjson eth.ndjson | grep . >mixed.ndjson

# count NAME: a value of the account in `err`.
count() { sed -n 's/.*account: //p' err | tail -n 1 | tr ' ' '\n' | sed -n "s/^$1=//p"; }

passes_through() {
	exits 0 trade-verify mixed.ndjson >out 2>err && cmp mixed.ndjson out &&
		same "$(count written)" 2200
}

# The program's digests and sums, and those of others.
by_others() {
	trade-normalize -q --numbers string btc.ndjson >by-jq.ndjson &&
		trade-verify -q --quiet-stdout --manifest m.json btc.ndjson || return
	jq -r '[.trade_id, .price, .quantity, .side] | join(" ")' by-jq.ndjson >lines
	jq -r '[.trade_id, .price, .quantity, .side, .timestamp] | join(" ")' by-jq.ndjson >timed
	same "$(jq -r '.streams[0] | .sha256, .sha256_time' m.json)" \
		"$(sha256sum lines timed | cut -c -64)" || return
	same "$(jq -r '.streams[0] | .sum_quantity, .sum_value' m.json)" "$(sums <lines)"
}

sums() {
	python3 -c '
import decimal
import sys
decimal.getcontext().prec = 100
quantity = value = decimal.Decimal(0)
for line in sys.stdin:
    price, size = (decimal.Decimal(word) for word in line.split()[1:3])
    quantity += size
    value += price * size
print(quantity.normalize(), value.normalize())' | tr ' ' '\n'
}

# removed FIRST LAST: these lines are gone, and nothing else is.
removed() {
	sed "$1,$2d" btc.ndjson | exits 3 trade-verify --quiet-stdout --manifest m.json 2>err &&
		same "$(count missing)" "$(($2 - $1 + 1))" &&
		same "$(jq -c '.streams[0] | .count, (.missing | map([.first, .last]))' m.json)" \
			"$((2000 - $2 + $1 - 1))
[[$1,$2]]"
}

# Behind the end nothing is known to be missing, unless it is asked for.
ends_early() {
	head -n 1990 btc.ndjson >short
	exits 0 trade-verify -q short >out 2>err && not [ -s err ] &&
		exits 3 trade-verify --expect BTC/USD=1-2000 short >out 2>err &&
		same "$(count missing)" 10
}

# Another order of streams, another shape of records.
against_itself() {
	exits 0 trade-verify -q --quiet-stdout --manifest m.json mixed.ndjson &&
		trade-normalize -q btc.ndjson | cat eth.ndjson - |
		exits 0 trade-verify --against m.json >out 2>err && same "$(count different)" ''
}

against_another() {
	sed '7s/"price":/&1/' btc.ndjson >other
	exits 3 trade-verify --against m.json other >out 2>err && cmp other out &&
		grep -q "BTC/USD of kraken: sha256 is [0-9a-f]*, not [0-9a-f]*$" err &&
		grep -q "ETH/USD of kraken: it is in 'm.json' only" err && same "$(count different)" 3
}

# Many differences are counted, and not all told.
many_differences() {
	seq 1 2 2000 | sed 's/$/d/' >odd.sed
	sed -f odd.sed btc.ndjson | exits 3 trade-verify --quiet-stdout --against m.json 2>err &&
		grep -q "warning: \.\.\. and [0-9]* more differences from 'm.json'$" err &&
		[ "$(count different)" -gt 900 ] && [ "$(wc -l <err)" -lt 130 ]
}

# As it was before: also its folder.
is_untouched() { same "$(cat m.json) $(ls m.json*)" "before m.json"; }

failed_run() {
	echo before >m.json
	{ cat btc.ndjson; echo '<html>'; } | exits 1 trade-verify --manifest m.json >out 2>err &&
		is_untouched && exits 2 trade-verify --manifest m.json no-such-file >out 2>err &&
		is_untouched && exits 1 trade-verify --manifest m.json btc.ndjson >/dev/full 2>err &&
		is_untouched
}

reader_goes_away() {
	echo before >m.json
	{ trade-verify --manifest m.json btc.ndjson 2>err; echo $? >status; } | head -n 1 >out
	same "$(cat status) $(cat err)" "141 " && is_untouched
}

refused_records() {
	{ echo '<html>'; cat btc.ndjson; } |
		exits 3 trade-verify --on-bad bad.ndjson --manifest m.json >out 2>err &&
		cmp btc.ndjson out && same "$(jq -r .record bad.ndjson)" '<html>' &&
		same "$(jq -c '[.whole, .streams[0].count]' m.json)" '[true,2000]'
}

unwritable() {
	exits 2 trade-verify --manifest no/such/m.json btc.ndjson >out 2>err && not [ -s out ] &&
		grep -q "^trade-verify: cannot write 'no/such/m.json': No such file or directory$" err &&
		exits 1 trade-verify --manifest /dev/full btc.ndjson >out 2>err &&
		grep -q "^trade-verify: cannot write '/dev/full': No space left on device$" err
}

# excluded FILE ARG...: the manifest would take the place of this file, which stays as it is.
excluded() {
	file=$1
	shift
	cp "$file" copy
	exits 2 trade-verify "$@" >out 2>err || return
	cmp "$file" copy || return
	grep -q "^trade-verify: cannot use '.*' as well: it is where .* goe*s*$" err ||
		{ cat err && false; }
}

manifest_elsewhere() {
	cp btc.ndjson in.ndjson && cp manifest.json old.json && ln -f in.ndjson linked
	echo before >metrics
	: >records
	: >refused
	excluded in.ndjson --manifest in.ndjson in.ndjson &&
		excluded in.ndjson --manifest linked in.ndjson &&
		excluded old.json --metrics-file old.json --against ./old.json btc.ndjson &&
		excluded records --manifest records --output records &&
		excluded refused --manifest refused --on-bad refused &&
		excluded metrics --manifest metrics --metrics-file metrics &&
		excluded records --manifest records --quiet-stdout --metrics-file records || return
	# shellcheck disable=SC2094 # that is what must be refused
	exits 2 trade-verify --manifest records btc.ndjson >records 2>err
}

# The one that it is compared with was read before.
rolling() {
	trade-verify -q --quiet-stdout --manifest rolling.json btc.ndjson &&
		exits 0 trade-verify -q --manifest rolling.json --against rolling.json btc.ndjson \
			>out &&
		exits 3 trade-verify -q --quiet-stdout --manifest rolling.json \
			--against rolling.json eth.ndjson 2>err &&
		same "$(jq -r '.streams[].product_id' rolling.json)" ETH/USD
}

# What comes in by standard input is no place for a manifest either.
from_standard_input() {
	cp btc.ndjson in.ndjson
	exits 2 sh -c 'trade-verify --manifest in.ndjson <in.ndjson >out 2>err' &&
		exits 2 sh -c 'trade-verify --metrics-file in.ndjson <in.ndjson >out 2>err' &&
		exits 2 sh -c 'trade-verify <in.ndjson >>in.ndjson 2>err' && cmp in.ndjson btc.ndjson
}

# A link's target is replaced as a whole, standard output is gone on with.
manifest_in_place() {
	rm -f link real && echo old >real && ln -s real link && ln -f real kept &&
		trade-verify -q --quiet-stdout --manifest link btc.ndjson &&
		same "$(cat kept; jq -r .whole real; [ -L link ] && echo link)" "old
true
link" || return
	{ echo before && trade-verify -q --quiet-stdout --manifest /dev/stdout btc.ndjson &&
		trade-verify -q --quiet-stdout --manifest - btc.ndjson && echo behind; } >log
	same "$(sed 's/{"whole":true.*}$/manifest/' log | tr '\n' ' ')" \
		"before manifest manifest behind " &&
		exits 2 trade-verify --manifest - btc.ndjson 2>err
}

# Void rows that a full disk did not take are not counted as trades that it did.
void_rows_lost() {
	for id in $(seq 1 4000); do
		if [ $((id % 10)) = 0 ]; then
			echo '{"s":"X","a":'"$id"',"p":"1","q":"1","f":1,"l":1,"T":1498793709153,"m":true,"M":true}'
		else
			echo '{"s":"X","a":'"$id"',"p":"0","q":"0","f":-1,"l":-1,"T":1498793709153,"m":true,"M":true}'
		fi
	done >void.ndjson
	unshare -m sh -c 'mount -t tmpfs -o size=64k none disk &&
		trade-verify --output disk/out void.ndjson 2>err; [ $? = 1 ] && cp disk/out .' || return
	same "$(count written) $(count void)" \
		"$(grep -vc '"p":"0"' out) $(grep -c '"p":"0"' out)" &&
		same "$(($(count written) + $(count void) + $(count unwritten)))" "$(count read)"
}

# What was read before the signal is judged.
stopped() {
	rm -f in out m.json && mkfifo in
	env --default-signal=INT trade-verify --manifest m.json --expect "BTC/USD=1-$1" \
		--metrics-file m.prom <in >out 2>err &
	pid=$!
	exec 3>in
	head -n 20 btc.ndjson >&3
	await 10 has_passed 20 && kill -INT "$pid"
	exec 3>&-
	wait "$pid"
	same "$? $(jq -c '[.whole, .streams[0].count]' m.json)" "$2"
}
has_passed() { [ "$(wc -l <out)" = "$1" ]; }

quiet_stdout() {
	exits 0 trade-verify --quiet-stdout btc.ndjson >&- 2>err && same "$(count judged)" 2000 &&
		exits 0 trade-verify --quiet-stdout btc.ndjson >/dev/full 2>err
}

manifest_to_pipe() {
	trade-verify -q --quiet-stdout --manifest /dev/stdout btc.ndjson | cat >out &&
		same "$(jq -r .streams[0].count out)" 2000
}

# A hundred times as many records in no more memory.
memory() {
	"$ROOT/tests/servers/tape" print BTC/USD 1 200000 >long.ndjson
	for file in btc.ndjson long.ndjson; do
		python3 -c '
import resource
import subprocess
import sys
subprocess.run(["trade-verify", "-q", "--quiet-stdout", sys.argv[1]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$file"
	done >sizes
	same "$(awk 'NR == 1 { few = $1 } NR == 2 { print $1 < few + 1024 }' sizes)" 1
}

ok "records pass through unchanged, and are whole" passes_through
ok "digests and sums are those that others compute" by_others
ok "a removed record is named" removed 3 3
ok "removed records are named" removed 100 350
ok "an end that came too early" ends_early
ok "a run agrees with itself, in any shape" against_itself
ok "a run differs from another" against_another
ok "many differences" many_differences
mv m.json manifest.json
ok "a run that failed leaves the manifest alone" failed_run
ok "so does one whose reader went away" reader_goes_away
ok "refused records are left out, and the manifest is written" refused_records
ok "a manifest that cannot be written" unwritable
ok "a manifest in the place of another file" manifest_elsewhere
ok "a stop signal: the manifest is written" stopped 20 '130 [true,20]'
ok "a stop signal: what is not whole is exit code 3" stopped 21 '3 [false,20]'
ok "--quiet-stdout leaves standard output alone" quiet_stdout
ok "a manifest into a pipe" manifest_to_pipe
ok "a manifest in the place of a link, and in what is written already" manifest_in_place
ok "a manifest in the place of the one before" rolling
ok "nothing takes the place of standard input" from_standard_input
if mkdir disk && unshare -m mount -t tmpfs none disk 2>/dev/null; then
	ok "void rows that were lost" void_rows_lost
else
	skip "void rows that were lost" "no right to mount a small disk"
fi
ok "memory does not grow with the records" memory
done_testing
