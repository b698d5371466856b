# shellcheck shell=sh
# What the tests of kraken-ws-tail share; read after tests/lib.sh.
tape=$ROOT/tests/servers/tape
TAIL_S=60 # no tail of a test takes longer

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

# begin NAME EXCHANGE_ARG... -- TAIL_ARG...: the same beside other work, in a folder NAME.
# ended NAME STATUS, to be called later: how it ended. within NAME CMD...: in that folder.
begin() {
	[ -e certs ] || "$ROOT/tests/servers/certs" certs
	mkdir "$1" && ln -s ../certs "$1/certs"
	(
		cd "$1" && shift && run 0 "$@"
		echo "$status" >status.new && mv status.new status
	) >"$1/log" 2>&1 &
}
ended() {
	await $((TAIL_S + 10)) test -e "$1/status" || { cat "$1/log" && return 1; }
	same "$(cat "$1/status")" "$2" || { cat "$1/log" && false; }
}
within() { (cd "$1" && shift && "$@"); }

# control WHAT [BODY]: see tests/servers/sim/control.py.
control() {
	curl -sS --cacert "$TRADEPIPE_CACERT" ${2:+--data-binary "$2"} "$KRAKEN_REST_URL/_control/$1"
}
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
