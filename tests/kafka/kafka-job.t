#!/bin/sh
# kafka-job on a real broker: what it tells, what it obeys, and what happens when Kafka is away.
# shellcheck disable=SC2154 # run is set by publish.sh
# A broker of its own, since it freezes it.
[ "${1:-}" = own ] ||
	exec env -u TEST_BROKERS "$(dirname -- "$0")/../servers/broker" -- "$0" own
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
. "$ROOT/tests/kafka/job.sh"

for name in control events data; do create "$run-$name"; done
command() { printf '%s\n' "$@" | kcat -P -b "$TEST_BROKERS" -t "$run-control"; }
stop() { command "{\"command\":\"stop\",\"queue_id\":\"$run-$1\"}"; }

# job NAME STATUS [OPTION]... -- COMMAND...: one job. begin NAME [OPTION]... -- COMMAND...: beside what
# comes, as $pid.
job() {
	name=$1 wanted=$2
	shift 2
	begin "$name" "$@"
	ended "$name" "$wanted"
}
begin() {
	name=$1
	shift
	timeout -s KILL 120 kafka-job --queue-id "$run-$name" --events-topic "$run-events" \
		--control-topic "$run-control" "$@" >"$name.out" 2>"$name.err" &
	pid=$!
}
publish="kafka-publish -q -k none -t $run-data"

# --- how stages end -------------------------------------------------------------------------------

records 1 500 >records.ndjson
# shellcheck disable=SC2086 # the words of $publish
ok "all is well" job well 0 --symbol 'a"b' --type t --producer p -- cat records.ndjson '|' $publish
is "events" "$(events well)" "started,loading,finished"
is "the last one" "$(event well -1 'del(.timestamp)' | sed "s/$run/RUN/")" \
	'{"queue_id":"RUN-well","symbol":"a\"b","type":"t","status":"finished","message":"finished","records_written":500,"finished":true,"producer":"p"}'
ok "its time is now" event well -1 'now - .timestamp < 600 and now >= .timestamp'
is "its account" "$(grep '^kafka-job: account' err)" "kafka-job: account: read=0 obeyed=0 ignored=0 events=3 written=500"
# shellcheck disable=SC2086
ok "a source that dies" job dies 1 -- sh -c 'head -n 5 records.ndjson; kill -9 $$' '|' $publish
is "is an error" "$(events dies) $(event dies -1 '.finished, .records_written' | paste -sd ' ')" \
	"started,loading,error false 5"
ok "that names it" event dies -1 '.message | test("^sh was killed by signal 9")'
# shellcheck disable=SC2086
ok "records that cannot be published" job partial 3 -- printf '{"a":1}\n[]\n' '|' $publish --dead-letter discard
ok "are an error that counts them" event partial -1 \
	'.status == "error" and (.message | test("kafka-publish ended with exit code 3: read=2 acked=1 dead=1"))'
ok "a stage that refuses its options" job usage 2 -- true '|' kafka-publish
ok "is told" event usage -1 '.message | test("kafka-publish ended with exit code 2.*option --topic is missing")'
ok "a program that is not there" job absent 2 -- no-such-program
ok "is told as well" event absent -1 '.status == "error" and (.message | test("cannot run .no-such-program.: No such file"))'
is "and nothing of it was under way" "$(events absent)" "started,error"
ok "an end of no interest" job head 0 -- yes '|' head -n 3
is "passes on what it writes" "$(paste -sd, out)" "y,y,y"
is "messages of others have a name" "$(kafka-job -q -- sh -c 'echo x: y >&2' 2>&1)" "sh: x: y"
is "the first stage reads standard input" "$(echo in | kafka-job -q -- cat '|' tr a-z A-Z)" IN

# --- usage ----------------------------------------------------------------------------------------

usage() { # PATTERN ARG...
	pattern=$1
	shift
	timeout 20 kafka-job "$@" >out 2>err
	same "$?" 2 && grep -q "$pattern" err
}
ok "no command" usage "operand is missing\|command" --
ok "an ID that is too long" usage "over 200 bytes" --queue-id "$(printf %0201d 0)" -- true
ok "no ID" usage "option --queue-id is missing" --events-topic x -- true
ok "an empty stage" usage "empty" -- true '|' '|' true
ok "no such topic" usage "topic 'nowhere-$run'.* does not exist" --queue-id x --control-topic "nowhere-$run" -- touch began
ok "then nothing begins" not test -e began
is "--dry-run" "$(kafka-job --dry-run -- a 'b c' '|' "it's")" "a 'b c' | 'it'\\''s'"
is "no Kafka is needed without topics" "$(kafka-job -q -b 127.0.0.1:1 -- echo here)" here
timeout 20 kafka-job -b 127.0.0.1:1 --connect-timeout 300ms --queue-id x --events-topic t -- touch began 2>err
is "no broker: exit" "$?" 1
ok "no broker: nothing begins" not test -e began

# --- commands and signals -------------------------------------------------------------------------

# A source that writes a record each moment, and drains nothing by itself.
cat >source.sh <<'END'
trap 'exit 0' TERM
i=0
while :; do i=$((i + 1)) && echo "{\"product_id\":\"A\",\"trade_id\":$i}" && sleep 0.02; done
END
# shellcheck disable=SC2086
begin stopped --telemetry-interval 100ms -- sh source.sh '|' $publish
counts() { event stopped -1 ".records_written > $1" >counted; }
ok "it tells how far it is" await 30 counts 20
command garbage '{"command":"stop","queue_id":"other"}' "{\"queue_id\":\"$run-stopped\",\"command\":\"pause\"}"
stop stopped
ok "a command stops it" ended stopped 0
is "and is the last event" "$(events stopped)" "started,loading,interrupted"
is "the account" "$(sed -n 's/^kafka-job: account: \(.* ignored=[0-9]*\) .*/\1/p' err)" "read=4 obeyed=1 ignored=3"
is "the last count never falls" "$(told stopped | jq .records_written | sort -n | tail -n 1)" \
	"$(event stopped -1 .records_written)"

# shellcheck disable=SC2086
begin signalled -- sh source.sh '|' $publish
tells() { events signalled | grep -q loading; }
ok "it runs" await 30 tells
kill -TERM "$(child "$pid")"
ok "a signal stops it" ended signalled 143
is "its events" "$(events signalled)" "started,loading,interrupted"

# shellcheck disable=SC2086
begin second -- true '|' sh source.sh '|' $publish
tells() { event second -1 '.records_written > 5' >counted; }
ok "its first stage ends at once" await 30 tells
kill -TERM "$(child "$pid")"
ok "a signal reaches the first that still runs" ended second 143

ok "what does not end is killed" job stubborn 1 --drain-timeout 1s -- sh -c 'trap "" TERM; while :; do sleep 1; done' '|' true
is "that is an error" "$(events stubborn)" "started,loading,error"

stop stubborn
ok "a stop that came between two runs stops the second" job stubborn 0 -- sleep 60
is "and not the third" "$(job stubborn 0 -- true >third && events stubborn)" \
	"started,loading,error,started,loading,interrupted,started,loading,finished"

# A stop that was read and not carried out is for the next run. obeys NAME: it is.
obeys() { job "$1" 0 -- sleep 60 && [ "$(told "$1" | tail -n 1 | jq -r .status)" = interrupted ]; }
deaf='trap "" TERM; until [ -e over ]; do sleep 0.2; done'
begins() { events "$1" | grep -q "loading$"; }
begin undrained --drain-timeout 2s -- sh -c "$deaf"
await 30 begins undrained
stop undrained
ok "a stop that fails" ended undrained 1
is "is an error" "$(events undrained)" "started,loading,error"
ok "which the next run obeys" obeys undrained
is "and not the one after that" "$(job undrained 0 -- true >third && event undrained -1 .status)" '"finished"'
begin broken --drain-timeout 60s -- sh -c "$deaf"
await 30 begins broken
stop broken
draining() { grep -q "stopped by a command" broken.err; }
await 30 draining
command '{"command":"stop","queue_id":"other"}'
await 2 false # more than a position takes to be committed
kill -KILL "$(child "$pid")"
ended broken 137 >killed
touch over
ok "a run that is killed while it stops: the next one obeys" obeys broken
begin partial2 -- sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'
await 30 begins partial2
stop partial2
ok "a stopped run of which records are missing" ended partial2 3
is "has obeyed for good" "$(job partial2 0 -- true >third && event partial2 -1 .status)" '"finished"'

# --- another run has the ID -----------------------------------------------------------------------

once="kafka-publish -q -t $run-data --exactly-once $run-fenced --stream product_id --begin --allow-gaps"
# shellcheck disable=SC2086
begin fenced -- sh source.sh '|' $once --txn-interval 100ms
first=$pid
has_begun() { kafka-last -q -t "$run-data" --exactly-once "$run-fenced" | grep -q trade_id; }
ok "a run has begun" await 60 has_begun
# shellcheck disable=SC2086
ok "its successor" job successor 0 -- true '|' $once
pid=$first
ok "it ends: exit" ended fenced 1
is "and says nothing more" "$(events fenced)" "started,loading"

# One that is overtaken while it opens: it has the ID when it asks what to adopt.
mkfifo adopted
once="kafka-publish -q -t $run-data --exactly-once $run-slow --stream product_id --allow-gaps"
# shellcheck disable=SC2086
begin slow -- true '|' $once --adopt adopted
{ touch opened && await 60 test -e overtaken && records 1 1; } >adopted &
first=$pid
await 30 test -e opened
# shellcheck disable=SC2086
ok "a successor of one that has not begun" job faster 0 -- true '|' $once --begin
pid=$first
touch overtaken
ok "that one ends: exit" ended slow 1
ok "its stage says why" grep -q "^kafka-publish: cannot go on as .*another run" err
is "and nothing more is told" "$(events slow)" "started,loading"

# A service that is overtaken while it finds out whether it can publish in transactions. A library stops
# it there; sanitizers want to be the first library themselves.
cat >pause.c <<'END'
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
void *rd_kafka_send_offsets_to_transaction(void *rk, void *offsets, void *group, int ms)
{
	void *(*next)(void *, void *, void *, int) =
		dlsym(RTLD_NEXT, "rd_kafka_send_offsets_to_transaction");
	if (access("paused", F_OK) != 0) {
		fclose(fopen("paused", "w"));
		kill(getpid(), SIGSTOP);
	}
	return next(rk, offsets, group, ms);
}
END
if [ -z "${SANITIZE:-}" ] && cc -w -D_GNU_SOURCE -shared -fPIC -o pause.so pause.c; then
	probed() {
		QUEUE_ID=$run-probed SYMBOL=BTCUSDT TIME_RANGE=2024-12-30:2025-01-01 \
			KAFKA_TOPIC=$run-data KAFKA_BOOTSTRAP_SERVERS=$TEST_BROKERS \
			QUEUE_CONTROL_TOPIC=$run-control QUEUE_EVENTS_TOPIC=$run-events \
			timeout -s KILL 120 env "$@"
	}
	id=$(probed loader-api-trades --dry-run | sed "s/.*--exactly-once=\([^ ']*\).*/\1/")
	probed "LD_PRELOAD=$PWD/pause.so" loader-api-trades >probed.out 2>probed.err &
	shell=$!
	ok "a service asks for transactions" await 30 test -e paused
	ok "and is overtaken" job overtakes 0 -- true '|' kafka-publish -q -t "$run-data" \
		--exactly-once "$id" --stream product_id --begin
	pid=$shell
	kill -CONT "$(child "$(child "$pid")")"
	ok "it ends: exit" ended probed 1
	ok "and message" grep -q "^loader-api-trades: cannot go on as .*another run" err
	is "and tells nothing more" "$(events probed)" started
fi

# --- Kafka is away --------------------------------------------------------------------------------

# shellcheck disable=SC2086
begin away --telemetry-interval 100ms -- sh source.sh '|' $publish
tells() { events away | grep -q loading; }
ok "it runs" await 30 tells
kill -STOP "$TEST_BROKER_PID"
await 3 false # events wait meanwhile
kill -CONT "$TEST_BROKER_PID"
before=$(event away -1 .records_written)
goes_on() { event away -1 ".records_written > $before" >counted; }
ok "an outage does not end it" await 60 goes_on
stop away
ok "it is stopped" ended away 0
is "its events" "$(events away)" "started,loading,interrupted"

# shellcheck disable=SC2086
begin lost --drain-timeout 2s -- sh source.sh '|' cat
tells() { events lost | grep -q loading; }
ok "it runs" await 30 tells
kill -STOP "$TEST_BROKER_PID"
kill -TERM "$(child "$pid")"
ok "its last event cannot be delivered: exit" ended lost 1
ok "and message" grep -q "^kafka-job: cannot .*event" err
kill -CONT "$TEST_BROKER_PID"
done_testing
