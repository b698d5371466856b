#!/bin/sh
# kraken-rest-dump while the exchange does several things wrong at once: which, and when, is drawn by
# lot. However often it must be run again, the file is what the tape says. TEST_ROUNDS lots are drawn;
# TEST_SEED is the first.
. "$(dirname -- "$0")/../lib.sh"
# shellcheck disable=SC2034 # for dump.sh
program=kraken-rest-dump
. "$ROOT/tests/net/dump.sh"
HISTORY=600

# draw SEED: the faults, one JSON object a line.
draw() {
	awk -v seed="$1" -v history="$HISTORY" '
	function below(n) { return int(rand() * n) }
	function ids(most, first) {
		first = 1 + below(history - most)
		return sprintf("\"ids\":\"%d-%d\"", first, first + below(most))
	}
	BEGIN {
		srand(seed)
		rand() # the first one follows the seed too closely
		n = split("500 502 503 520 403 408", status)
		for (i = 3 + below(6); i > 0; i--) {
			where = sprintf(",\"path\":\"/0/public/Trades\",\"request\":\"%d-\",\"times\":%d}",
				1 + below(16), 1 + below(3))
			what[0] = "rest-answer\",\"status\":" status[1 + below(n)] where
			what[1] = "truncate\",\"how\":\"" (below(2) ? "fin" : "rst") "\"" where
			what[2] = "length\"" where
			what[3] = "empty\"" where
			what[4] = "reset\",\"after\":\"" (below(2) ? "body" : "head") "\"" where
			what[5] = "hang-up\"" where
			what[6] = "redirect\"" where
			what[7] = "short-page\",\"rows\":" below(50) where
			what[8] = "short-page\",\"rows\":" below(2) where
			what[9] = "repeat-page\"" where
			what[10] = "stuck-last\"" where
			what[11] = "no-last\"" where
			what[12] = "hole\"," ids(9) ",\"times\":" 1 + below(2) "}"
			what[13] = "missing\"," ids(9) ",\"times\":" 1 + below(2) "}"
			what[14] = "doubled\"," ids(150) "}"
			what[15] = "disordered\"," ids(20) "}"
			what[16] = "cached\"}"
			what[17] = "since-exclusive\"}"
			what[18] = "kraken-error\",\"error\":\"EService:Busy\"" where
			what[19] = "kraken-error\",\"times\":1,\"request\":" 1 + below(16) "}"
			what[20] = "warning\"" where
			what[21] = "delay\",\"seconds\":0.3" where
			what[22] = "lag\",\"seconds\":2}"
			what[23] = "hang\",\"path\":\"/0/public/Trades\",\"request\":" 1 + below(16) "}"
			print "{\"do\":\"" what[below(24)]
		}
	}'
}
switch_on() { # the faults of standard input
	control DELETE faults >state || return
	while read -r spec; do control POST faults "$spec" >state || { echo "$spec" && return 1; }; done
}
hung() { control GET state | jq '[.faults[] | select(.spec.do == "hang" and .left == 0)] | length'; }
hangs() { [ "$(hung)" != "$hung_before" ]; }
hangs_or_ended() { hangs || ! kill -0 "$1"; }
# run UNTIL...: one run to its end. Where it hangs it is killed, and a part of the last line is lost.
run() {
	hung_before=$(hung) status=0
	kraken-rest-dump --since 2024-01-01 "$@" --pace 1000 --page-size 50 --max-retry-time 5s \
		--output file BTC/USD 2>>err &
	dump=$!
	await "$PATIENCE" hangs_or_ended "$dump"
	if hangs; then
		kill -KILL "$dump"
		wait "$dump" 2>wait.err
		[ ! -s file ] || truncate -s -17 file
		echo 'killed' >>err
		return 1
	fi
	wait "$dump" || status=$?
	echo "exit $status" >>err
	[ "$status" = 0 ]
}
# lot SEED: every other one goes up to now, with new trades, which takes longer.
lot() {
	rm -f file err
	: >err
	draw "$1" >faults && cat faults && switch_on <faults || return
	set -- "$(($1 % 2))"
	if [ "$1" = 0 ]; then
		control POST head '{"product":"BTC/USD","add":20}' >state && last=$((last + 20)) || return
		set --
	else
		set -- --until 2025-01-01
	fi
	for _ in 1 2 3 4 5 6; do
		run "$@" && break
	done
	cat err
	"$tape" kraken BTC/USD 1 "$last" >wanted
	same "$status" 0 && cmp wanted file
}

start_exchange --products BTC/USD --history $HISTORY --first $((HISTORY + 1))
last=$HISTORY seed=${TEST_SEED:-1}
for seed in $(seq "$seed" $((seed + ${TEST_ROUNDS:-3} - 1))); do
	ok "lot $seed" lot "$seed"
done
done_testing
