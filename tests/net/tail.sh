# shellcheck shell=sh
# What the tests of kraken-ws-tail share; read after tests/lib.sh.
tape=$ROOT/tests/servers/tape
TAIL_S=60 # no tail of a test takes longer,
ENDS_S=60 # nor the end of one in the background

# run STATUS EXCHANGE_ARG... -- TAIL_ARG...: one exchange, one tail; leaves out, err, and the
# exchange's state. Ends by itself in time, or has failed.
run() {
	wanted_status=$1 exchange_args=
	shift
	while [ "$1" != -- ]; do
		exchange_args="$exchange_args $(quoted "$1")"
		shift
	done
	shift
	eval "start_exchange --heartbeat 0.2 $exchange_args"
	exchange=$!
	status=0
	timeout -s KILL "$TAIL_S" kraken-ws-tail "$@" >out 2>err || status=$?
	control state >state.json
	kill "$exchange"
	cat err
	same "$status" "$wanted_status"
}
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

# beside NAME CMD...: beside other work, in a folder NAME and a process of its own, with which ends what
# CMD leaves running. ended NAME STATUS, to be called later: how it ended. within NAME CMD...: in that
# folder. begin NAME EXCHANGE_ARG... -- TAIL_ARG...: as run, beside other work; it ends as the tail has.
beside() {
	[ -e certs ] || "$ROOT/tests/servers/certs" certs
	mkdir "$1" && ln -s ../certs "$1/certs"
	(
		cd "$1" && shift && result=0 && { "$@" || result=$?; }
		[ "$result" -eq 0 ] || cat err
		kill_jobs
		echo "$result" >status.new && mv status.new status
	) >"$1/log" 2>&1 &
}
begin() {
	begun=$1 && shift && beside "$begun" exit_of run 0 "$@"
}
exit_of() {
	"$@"
	return "$status"
}
ended() {
	await $((TAIL_S + 10)) test -e "$1/status" || { cat "$1/log" && return 1; }
	same "$(cat "$1/status")" "$2" || { cat "$1/log" && false; }
}
within() { (cd "$1" && shift && "$@"); }

# manual EXCHANGE_ARG...: an exchange where nothing happens but what is asked for. What a tail before has
# said is gone: the next one's shell may not have opened the file when it is looked at.
manual() {
	rm -f err
	start_exchange --rate manual --heartbeat 0.2 "$@"
	exchange=$!
}
# ends STATUS: how the tail in the background, $tail, has ended by itself. stops SIGNAL STATUS: by that.
ends() {
	await "$ENDS_S" not kill -0 "$tail" || kill -KILL "$tail"
	status=0
	wait "$tail" || status=$?
	cat err
	same "$status" "$1"
}
stops() { kill -s "$1" "$tail" && ends "$2"; }

# control WHAT [BODY]: see tests/servers/sim/control.py.
control() {
	curl -sS --cacert "$TRADEPIPE_CACERT" ${2:+--data-binary "$2"} "$KRAKEN_REST_URL/_control/$1"
}
asked() { [ "$(control state | jq '.rest["/0/public/Trades"] // 0')" -ge "$1" ]; } # TIMES
cut_off() { control cut "{\"how\":\"rst\",\"product\":\"$1\",\"then_add\":$2}" >answer; } # PRODUCT GAP
happen() { control head "{\"product\":\"$1\",\"add\":$2}" >answer; } # PRODUCT COUNT
fault() { control faults "$1" >answer; }
no_faults() {
	curl -sS --cacert "$TRADEPIPE_CACERT" -X DELETE "$KRAKEN_REST_URL/_control/faults" >answer
}

# whole [OPTION...] PRODUCT=FIRST-LAST...: the output is exactly that; see tape. repaired: but what came
# over REST.
whole() {
	expected=
	for range; do
		case $range in -*) expected="$expected $range" ;; *) expected="$expected --product $range" ;; esac
	done
	# shellcheck disable=SC2086  # one word each
	"$tape" check ${any_way-} $expected "${output:-out}"
}
repaired() { any_way=--any-way whole "$@"; }
# ids PRODUCT FIRST LAST: the output has exactly these of it, in order.
ids() {
	jq -r "select(.symbol == \"$1\").trade_id" out >ids.got
	seq "$2" "$3" >ids.wanted
	cmp ids.got ids.wanted
}
seconds_of() { # PRODUCT ID
	"$tape" print "$1" "$2" "$2" | jq -r '.timestamp | sub("\\.[0-9]+"; "") | fromdate'
}
passed() { [ $(($(date +%s) - $1)) -ge "$2" ]; } # SINCE SECONDS
said() { grep -q -- "$1" err; }                  # as says, to be awaited
says() { grep -q -- "$1" err || { cat err && false; }; }
account() { sed -n 's/^kraken-ws-tail: account: //p' err; }
# counted NAME=N...: of the account.
counted() {
	for pair; do
		case " $(account) " in *" $pair "*) ;; *) echo "no $pair" && cat err && return 1 ;; esac
	done
}
adds_up() {
	account | tr ' ' '\n' | awk -F = '
		$1 == "read" { left += $2 }
		$1 ~ /^(written|repeated|passed|forgotten|held|bad|unwritten)$/ { left -= $2 }
		END { exit !NR || left != 0 }' || { cat err && false; }
}
# wrote PRODUCT ID: it is in the output.
wrote() { grep -q "\"symbol\":\"$1\".*\"trade_id\":$2," "${output:-out}"; }
# Whether the exchange has sent something, but not so many trades, and none since the last look.
stalled() {
	mv now before
	control state | jq '[.sessions[].sent.trades] | add' >now
	[ "$(cat now)" -gt 0 ] && [ "$(cat now)" -lt "$1" ] && cmp -s now before
}
