#!/bin/bash
# usage: live.sh TOPIC PAIR...
#
# Trades of Kraken into a Kafka topic, until it is stopped: the main pipeline as a service runs it,
# under systemd, in a container or in a terminal. Brokers come from KAFKA_BROKERS. Bad records are
# kept in TOPIC.bad.ndjson in the current folder.
#
# Started again, after a stop or a crash, it goes on behind the last trades that the topic has; a
# pair of which it has none begins now. So none is missing. After a kill the last ones may be there
# twice, which kafka-publish --exactly-once rules out.
#
# To stop it, signal this script alone (a container does that; for systemd: KillMode=mixed).
#
# Exit codes: 0 stopped, and all that was read is in the topic. Otherwise that of the stage at
# fault: 1 failed, start it again; 2 usage or configuration, starting it again cannot help (for
# systemd: RestartPreventExitStatus=2); 3 records were refused, lost or not delivered, and the
# accounts on standard error say how many.
set -euo pipefail

if [ $# -lt 2 ]; then
	echo "usage: live.sh TOPIC PAIR..." >&2
	exit 2
fi
topic=$1
shift

# A signal goes to the source, the first process of the job. The others read on to the end of what
# it has written.
signals=0
trap 'signals=$((signals + 1)); kill -TERM $(jobs -p) 2>/dev/null || :' TERM INT HUP

# usage: ask CMD...: what it prints is the answer. Without one nothing may begin.
ask() {
	status=0
	answer=$("$@") || status=$?
	[ "$signals" -eq 0 ] || exit 0
	[ "$status" -eq 0 ] || exit "$status"
}

case $* in
*[*?[]*) # patterns: the topic knows names
	ask kraken-ws-tail --list "$@"
	mapfile -t pairs <<<"$answer"
	set -- "${pairs[@]}"
	;;
esac
ask kafka-last -q --topic "$topic" --products "$(IFS=, && echo "$*")"

kraken-ws-tail --resume - --since now "$@" <<<"$answer" |
	trade-normalize --on-bad "$topic.bad.ndjson" |
	kafka-publish --topic "$topic" --compression lz4 &
pipeline=$!

# A signal ends the wait, not the pipeline.
until
	before=$signals status=0
	wait "$pipeline" || status=$?
	[ "$status" -le 128 ] || [ "$signals" -eq "$before" ]
do :; done

# pipefail makes it the last stage that failed, and that is the cause: those before it only lost
# their reader.
case $status in
0 | 143) # 143: the source, ended by SIGTERM with nothing lost
	;;
*)
	echo "live.sh: the pipeline ended with exit code $status" >&2
	exit "$status"
	;;
esac
