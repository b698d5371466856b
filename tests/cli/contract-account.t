#!/bin/sh
# The contract of all programs: accounts, logs and metrics.
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/cli/contract.sh"
start_exchange --rate 500 --first 100001 --history 100000 --binance-weight 10000000
start_mock_broker --topic contract:1

ordinary() {
	drive >out 2>err
	ends 0 && adds_up && same "$(wc -l <err)" 1 || return
	case $kind in
	sink) same "$(wc -l <out) $(count acked)" "0 20" ;;
	*) same "$(wc -l <out) $(count written)" "20 20" ;;
	esac
}

quiet() {
	drive -q >out 2>err
	ends 0 && same "$(cat err)" "" || return
	[ "$kind" = source ] || { run -q no-such-file 2>err; ends 2 no-such-file; }
}

# The account as JSON with its final line, equal to the one for people.
supervisor() {
	(TRADEPIPE_ACCOUNT_FD=9 && export TRADEPIPE_ACCOUNT_FD && drive >out 2>err 9>account)
	ends 0 && same "$(jq -r .program account | sort -u)" "$program" &&
		same "$(jq -c 'select(.final)' account)" "$(tail -n 1 account)" &&
		same "$(tail -n 1 account | jq -r '.account | to_entries[] | "\(.key)=\(.value)"')" \
			"$(sed -n 's/.*account: //p' err | tr ' ' '\n')"
}

# A supervisor that has closed its descriptor: nothing else must get what is meant for it.
closed_supervisor() {
	rm -f file
	for fd in 3 4 5 6 7 9 10 11 12 13; do
		(TRADEPIPE_ACCOUNT_FD=$fd && export TRADEPIPE_ACCOUNT_FD &&
			if has output; then drive --output file >out 2>err; else drive >out 2>err; fi)
		ends 0 || return
	done
	! grep -q '"final"' out file err 2>/dev/null
}

json_log() {
	case $kind in
	source) drive --log-format json -v >out 2>err ;;
	*) { cat "few.$reads" && echo '<html>'; } | run --log-format=json >out 2>err ;;
	esac
	jq -es 'all(has("time") and has("level") and has("message"))' err >/dev/null &&
		jq -es --arg program "$program" 'all(.program == $program)' err >/dev/null &&
		jq -es 'last | .level == "info" and .account.read > 0' err >/dev/null &&
		same "$(jq -r .time err | grep -Evc '^20..-..-..T..:..:..\.[0-9]{6}Z$')" 0
}

metrics() {
	rm -f m.prom
	drive --metrics-file m.prom >out 2>err
	ends 0 && same "$(ls m.prom*)" m.prom && grep -qx \
		"tradepipe_read_total{program=\"$program\"} $(count read)" m.prom &&
		same "$(grep -Evc "^# (HELP|TYPE) tradepipe_[a-z_]+ .+|^tradepipe_[a-z_]+\{program=\"$program\"(,product=\"[^\"]+\")?\} [0-9]+$" m.prom)" 0
}

metrics_failure() {
	drive --metrics-file no/such/folder/m.prom >out 2>err
	ends 0 "^$program: warning: cannot write metrics to 'no/such/folder/m.prom': " && adds_up &&
		same "$(grep -c metrics err)" 1
}

# Idle for longer than the five seconds after which the file is due; the case is started ahead.
start_idle() {
	mkfifo "idle.$program"
	if [ "$kind" = source ]; then set -- --output /dev/null; else set -- "idle.$program"; fi
	case $program in binance-*) set -- "$@" --weight-per-minute 40 --budget-file idle.budget ;; esac
	# shellcheck disable=SC2086 # words
	"$program" $args --metrics-file "idle.$program.prom" "$@" 2>"idle.$program.err" &
	await 10 test -s "idle.$program.prom" && ln "idle.$program.prom" "idle.$program.first"
}

# Renamed over: the first version has lost its name.
is_renewed() { [ "$(stat -c %h "idle.$program.first")" = 1 ]; }

idle_metrics() { await 10 is_renewed; }

metrics_claimed() {
	drive --metrics-file "idle.$program.prom" >out 2>err
	ends 2 "^$program: cannot write metrics to 'idle.$program.prom': another process does$"
}

all="source filter sink"
each "$all" "it starts, to be idle" start_idle
each "$all" "an ordinary run" ordinary
each "$all" "-q leaves out the account when all went well" quiet
each "$all" "an account for a supervisor" supervisor
each "$all" "a supervisor that is gone" closed_supervisor
each "$all" "a log as JSON" json_log
each "$all" "a metrics file" metrics
each "$all" "a metrics file that cannot be written" metrics_failure
each "$all" "a metrics file that has a writer" metrics_claimed
each "$all" "a metrics file of an idle program" idle_metrics
done_testing
