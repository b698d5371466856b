# shellcheck shell=sh
# What the tests of jobs share; begins after tests/kafka/publish.sh.
# shellcheck disable=SC2154 # run is set there

create() { "$ROOT/tests/servers/broker-topic" create "$1" 1; }

# ended NAME STATUS: waits for the job that is $pid, and is how it ended; leaves out and err.
ended() {
	status=0
	wait "$pid" 2>wait.err || status=$?
	mv "$1.out" out && mv "$1.err" err && cat err
	same "$status" "$2"
}

# told NAME: its events; events NAME: their kinds, each as often as it changes.
told() { consume "$run-events" '%s\n' | jq -c --arg id "$run-$1" 'select(.queue_id == $id)'; }
events() { told "$1" | jq -r .status | uniq | paste -sd,; }
# event NAME WHICH EXPRESSION: of one event, the last (-1) or the last of a kind; fails where it is false.
event() {
	case $2 in
	-1) told "$1" | tail -n 1 ;;
	*) told "$1" | jq -c --arg kind "$2" 'select(.status == $kind)' | tail -n 1 ;;
	esac | jq -ce "$3"
}

# holds TOPIC: which ids the topic has, if each is there once and in order, for a reader at
# read_committed.
holds() {
	consume "$run-$1" '%s\n' | jq .trade_id | awk '
		NR == 1 { text = $1 }
		NR > 1 && $1 != last + 1 { text = text ", after " last ": " $1 }
		{ last = $1 }
		END { print text " to " last }'
}

# child PID: the one process that it has started.
child() { cut -d " " -f 1 "/proc/$1/task/$1/children"; }
