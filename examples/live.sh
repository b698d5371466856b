#!/bin/bash
# usage: live.sh TOPIC PAIR...
#
# Trades of Kraken into a Kafka topic, until it is stopped: the main pipeline as a service runs it,
# under systemd, in a container or in a terminal. Brokers come from KAFKA_BROKERS. Bad records are
# kept in TOPIC.bad.ndjson in the current folder.
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

# With -n 50 a start after a short break leaves no hole. What it repeats can be told by trade_id.
kraken-ws-tail -n 50 "$@" |
	trade-normalize --on-bad "$topic.bad.ndjson" |
	kafka-publish --topic "$topic" --compression lz4 &
pipeline=$!

# A signal goes to the source, the first process of the job. The others read on to the end of what
# it has written.
signals=0
trap 'signals=$((signals + 1)); kill -TERM "$(jobs -p)" 2>/dev/null || :' TERM INT HUP

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
