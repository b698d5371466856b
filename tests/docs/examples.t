#!/bin/sh
# Each example of the manuals, run as it stands there, prints what the manual shows. The exchange is
# the simulated one, the broker the embedded one unless the example needs more.
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"

# usage: needs PROGRAM: whether the example runs it
needs() {
	cat "$folder/script" "$folder/given" 2>/dev/null | grep -q "$1"
}

# Addresses as the manual has them, and what changes from run to run blurred.
as_shown() {
	sed -e "s|${KAFKA_BROKERS:-not set}|localhost:9092|" \
		-e "s|${KRAKEN_WS_URL:-not set}|wss://ws.kraken.com/v2|" \
		-e "s|$(blur 1)|$(blur 2)|" "$1"
}
blur() {
	if [ -e "$folder/blur" ]; then
		cut -d ' ' -f "$1" "$folder/blur"
	else
		echo '^$'
	fi
}

# usage: compare SHOWN GOT: all of it, or the beginning where the manual goes on with "..."
compare() {
	if grep -qx '\.\.\.' "$folder/shown"; then
		head -n "$(wc -l <"$1")" "$2" >"$2.beginning"
		diff -u "$1" "$2.beginning"
	else
		diff -u "$1" "$2"
	fi
}

# The exit code that the example must end with. One that goes on until it is stopped gets a SIGTERM,
# as does its whole pipeline; timeout makes 124 of that.
wanted_status() {
	if [ -e "$folder/exit" ]; then
		cat "$folder/exit"
	elif grep -q kraken-ws-tail script && ! grep -q -e --limit script; then
		echo 124
	else
		echo 0
	fi
}

run_script() {
	limit=20
	[ "$(wanted_status)" != 124 ] || limit=1.5
	# Descriptor 9 is open in every program of the example: cat ends when the last one does.
	{ timeout -s TERM -k 20 "$limit" sh script 9>&1 >out 2>err; echo $? >status; } | cat
}

run_example() {
	cp "$folder/script" script
	[ ! -e "$folder/given" ] || sh "$folder/given" || return
	run_script
	as_shown out >got.out
	as_shown err >got.err
	programs='^(kraken-ws-tail|kraken-rest-dump|binance-aggtrades-dump|trade-normalize|trade-verify|kafka-publish|kafka-last): '
	grep -Ev "$programs" "$folder/shown" | grep -vx '\.\.\.' >shown.out
	grep -E "$programs" "$folder/shown" >shown.err
	compare shown.out got.out || return
	if [ -s shown.err ]; then
		# Programs of a pipeline end in any order.
		sort -o shown.err shown.err
		sort -o got.err got.err
		compare shown.err got.err || return
	fi
	same "exit code $(cat status)" "exit code $(wanted_status)" || { cat err && return 1; }
	[ ! -e "$folder/then" ] || sh -ex "$folder/then"
}

# Each in a folder of its own, with servers of its own: nothing is left of the one before.
one() {
	(
		mkdir "$TMP/run" && cd "$TMP/run" || exit
		ln -s "$TMP/certs" certs
		# The ids make the manuals' sample records ones with everyday digits.
		export XDG_RUNTIME_DIR="$TMP/run" # where dumps share their budget
		! needs 'kraken-[wr]\|binance-' || start_exchange --first 109583137 --history 5000 --rate 2000
		if [ -e "$folder/broker" ]; then
			export KAFKA_BROKERS="$TEST_BROKERS"
		elif needs kafka-publish; then
			start_mock_broker -t trades:4 -t large
		fi
		run_example
		result=$?
		jobs -p | xargs -r kill -KILL
		exit "$result"
	)
	result=$?
	rm -rf "$TMP/run"
	return "$result"
}

"$ROOT/tests/servers/certs" "$TMP/certs"
for page in "$ROOT"/man/*.[157]; do
	awk -v page="$(basename "$page")" -v to="$TMP/examples" \
		-f "$ROOT/tests/docs/examples.awk" "$page" >>list 2>>faults
done
ok "every display in a manual is an example" same "$(cat faults)" ''
while read -r folder; do
	ok "$(basename "$folder")" one
done <list
done_testing
