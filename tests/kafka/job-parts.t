#!/bin/sh
# What jobs say and hear, on a real broker: events on their way (lib/job/telemetry), messages of a
# control topic (lib/net/kafka_control), and whether transactions are to be had (lib/net/kafka_probe).
# shellcheck disable=SC2154 # run is set by publish.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
tool=$BUILD/tests/net/job-parts-tool
broker_topic=$ROOT/tests/servers/broker-topic

# begin NAME VERB ARG...: in the background, its input the pipe NAME.in, its output NAME.out
begin() {
	name_of=$1
	shift
	rm -f "$name_of.in" "$name_of.out"
	mkfifo "$name_of.in"
	timeout 90 "$tool" "$@" <"$name_of.in" >"$name_of.out" 2>"$name_of.err" &
	pid=$!
}
says() { grep -q -e "$2" "$1.out"; }
freeze() { kill -STOP "$TEST_BROKER_PID"; }
thaw() { kill -CONT "$TEST_BROKER_PID"; }
gone() { ! kill -0 "$pid"; }

# --- events: order, partition ---------------------------------------------------------------------

# events TOPIC: status and number of each, in the order of partitions
events() { consume "$1" '%s\n' | jq -r '"\(.status) \(.records_written)"' | paste -sd,; }
telemetry() { topic=$run-$1 && shift && timeout 60 "$tool" telemetry topic="$topic" "$@" >out 2>err; }

"$broker_topic" create "$run-events" 5
telemetry events queue=one <<-'END'
	started 0 begun
	loading 5 a
	loading 4 b
	long
	finished 7 c
	loading 8 d
	error 9 e
	finish 9000
END
is "events: exit" "$?" 0
is "events: what became of them" "$(cat out)" "open
delivered
made=5 acked=5 replaced=0 lost=0"
is "in order, none behind the terminal one, and no number behind an earlier one" \
	"$(events "$run-events")" "started 0,loading 5,loading 5,loading 5,finished 7"
is "all in one partition, without a key" "$(consume "$run-events" '%p %k\n' | uniq | wc -l)" 1
is "a long message is cut between two characters" "$(consume "$run-events" '%s\n' |
	jq 'select(.status == "loading" and .message != "a" and .message != "b").message |
		length, test("^€*$")' | paste -sd,)" "1365,true"
place=$(consume "$run-events" '%p\n' | head -n 1)
for queue in one two three four five six; do
	printf 'error 1 %s\nfinish 9000\n' $queue | telemetry events queue=$queue
done
consume "$run-events" '%p %s\n' >got
is "the same one for the same job" "$(grep -c "^$place .*\"queue_id\":\"one\"" got)" 6
ok "others for others" test "$(cut -d ' ' -f 1 got | sort -u | wc -l)" -gt 1
printf 'finished 1 x\nfinish 9000\n' | telemetry events queue=other format=1
is "the other format" "$(consume "$run-events" '%s\n' | jq -r 'select(.queue_id == "other").sent_at' |
	grep -c .)" 1
printf 'counts\nfinish 1\n' | telemetry events queue=none
is "no event at all" "$? $(tail -n 2 out | paste -sd' ')" "0 delivered made=0 acked=0 replaced=0 lost=0"
telemetry nosuch queue=one </dev/null
is "the topic is missing: exit" "$?" 2
ok "the topic is missing: message" grep -q "^error 2 cannot use topic '$run-nosuch' .*not exist" out
telemetry events queue=one b=127.0.0.1:1 connect=300 </dev/null
is "no broker: exit" "$?" 1

# --- events: outages ------------------------------------------------------------------------------

"$broker_topic" create "$run-frozen" 2
begin frozen telemetry topic="$run-frozen" queue=one
exec 3>frozen.in
{ echo "started 0 a" && echo "loading 1 b" && echo "acked 2"; } >&3
ok "a broker is there" await 20 says frozen acked
freeze
{ for i in $(seq 2 20); do echo "loading $i c"; done && echo "finished 21 d" && echo counts; } >&3
ok "a frozen broker holds nothing up" await 20 says frozen "made=22 acked=2 replaced=15 lost=0"
echo "finish 60000" >&3
kill -TERM "$(pgrep -P "$pid")"
thaw
exec 3>&-
wait "$pid" 2>ended
is "thawed: all is delivered, whatever stop signal comes" \
	"$(tail -n 2 frozen.out | paste -sd' ')" "delivered made=22 acked=7 replaced=15 lost=0"
is "in order: the first and the last one, and the latest of those in between" \
	"$(events "$run-frozen")" \
	"started 0,loading 1,loading 2,loading 3,loading 4,loading 20,finished 21"

"$broker_topic" create "$run-late" 1
begin late telemetry topic="$run-late" queue=one
exec 3>late.in
{ echo "started 0 a" && echo "acked 1"; } >&3
await 20 says late acked
freeze
{ echo "finished 1 b" && echo "finish 300"; } >&3
exec 3>&-
ok "the end is bounded" await 20 gone
wait "$pid"
is "the terminal event is not acknowledged: exit" "$?" 1
is "and that is said" "$(sed -n 3,4p late.out)" \
	"error 1 cannot deliver the last event to topic '$run-late': not acknowledged in time
made=2 acked=1 replaced=0 lost=1"
begin twice telemetry topic="$run-late" queue=one connect=60000
exec 3>twice.in
thaw
await 20 says twice open
freeze
{ echo "finished 1 b" && echo counts && echo "finish 60000"; } >&3
await 20 says twice made=1
kill -TERM "$(pgrep -P "$pid")"
kill -HUP "$(pgrep -P "$pid")"
exec 3>&-
ok "a second stop signal ends the wait" await 20 gone
thaw
wait "$pid" 2>ended
ok "and the event is lost" says twice "made=1 acked=0 replaced=0 lost=1"

# A producer that has failed: the topic goes away, and comes back.
"$broker_topic" create "$run-again" 1
begin again telemetry topic="$run-again" queue=one X=topic.metadata.propagation.max.ms=100 \
	X=topic.metadata.refresh.interval.ms=200
exec 3>again.in
{ echo "started 0 a" && echo "acked 1"; } >&3
await 20 says again acked
"$broker_topic" delete "$run-again"
fails() { echo "loading 1 b" >&3 && grep -q "cannot deliver an event to topic '$run-again'" again.err; }
ok "the topic is deleted: an event is lost" await 30 fails
"$broker_topic" create "$run-again" 1
{ echo "error 2 c" && echo "finish 20000"; } >&3
exec 3>&-
wait "$pid"
is "the topic is there again: the last event is delivered, by a new producer" \
	"$? $(grep -c delivered again.out) $(events "$run-again")" "0 1 error 2"

# --- messages of a control topic ------------------------------------------------------------------

now() { date +%s%3N; }
write() { topic=$run-$1 && shift && printf '%s\n' "$@" | kcat -b "$KAFKA_BROKERS" -P -t "$topic"; }
# listen NAME TOPIC SINCE ARG...: descriptor 3 is its input
listen() {
	name=$1 topic=$2 since=$3
	shift 3
	begin "$name" control topic="$run-$topic" since="$since" group="$run-group" "$@"
	exec 3>"$name.in"
	await 20 says "$name" open
}
heard() { says "$1" "^seen $2\$"; }
# ended NAME: with a commit; what it has said but for the first line
ended() {
	echo "commit 9000" >&3
	exec 3>&-
	wait "$pid"
	said=$(sed '1d; s/^seen //' "$1.out" | paste -sd,)
}

"$broker_topic" create "$run-control" 1
write control old
since=$(($(now) + 1))
await 2 test "$(now)" -gt "$since"
write control early
listen first control "$since"
ok "a message from before is seen where it came after the moment given" await 20 heard first early
write control live
ok "and one that comes" await 20 heard first live
ended first
is "and none from before that moment; what was read is committed" "$said" "early,live,committed"

write control between
since=$(($(now) + 60000))
listen second control "$since"
ok "a message between two runs is seen by the second" await 20 heard second between
ended second
is "and none of those that were committed" "$said" "between,committed"

listen third control 1
write control "{"
printf 'k:\n' | kcat -b "$KAFKA_BROKERS" -P -t "$run-control" -K : -Z
write control '{"command":"stop"}' '[1' last
ok "anything is passed on" await 20 heard third last
is "as it is" "$(grep seen third.out)" "seen {
seen none
seen {\"command\":\"stop\"}
seen [1
seen last"
mv third.in other.in && exec 4>other.in 3>&-
listen fourth control "$since"
write control both
other() { heard third both && heard fourth both; }
ok "two readers of a group both see a message" await 20 other
exec 4>&-
ended fourth

"$broker_topic" create "$run-parts" 3
listen killed parts "$since"
kill -KILL "$(pgrep -P "$pid")"
exec 3>&-
for i in 1 2 3 4 5 6 7 8 9; do echo "m$i" | kcat -b "$KAFKA_BROKERS" -P -t "$run-parts" \
	-p $((i % 3)); done
listen after parts "$since"
has_nine() { [ "$(grep -c seen after.out)" -eq 9 ]; }
ok "where it began is committed at once, of each partition" await 20 has_nine
exec 3>&-

"$broker_topic" create "$run-gone" 1
listen before gone "$since"
ended before
printf '{"time":"%s","command":"old"}\n' 2024-01-01T00:00:00Z 2024-01-01T00:00:01Z >in
publish -t "$run-gone" --key @none --timestamp time --allow-expired in
is_empty() { [ "$(count "$run-gone")" -eq 0 ]; }
ok "the topic no longer has what was committed to be next" await 20 is_empty
write gone there
listen behind gone "$since"
ok "then reading goes on" await 20 heard behind there
ended behind
is "with the first message that is there" "$said" "there,committed"

"$broker_topic" create "$run-held" 2
hold() { echo "$2" | kcat -b "$KAFKA_BROKERS" -P -t "$run-held" -p "$1"; }
listen holds held "$since"
hold 0 before
await 20 heard holds before
hold 0 hold
await 20 heard holds hold
hold 1 behind
ok "a message may be one for the next reader as well" await 20 heard holds behind
ended holds
is "a commit is made" "$said" "before,hold,behind,committed"
listen again held "$since"
ok "and the next reader begins with that message" await 20 heard again hold
await 20 heard again behind
echo release >&3
hold 1 last
await 20 heard again last
ended again
is "with none from before it" "$(echo "$said" | tr , '\n' | sort | paste -sd,)" "behind,committed,hold,last"
listen released held "$since"
hold 0 new
ok "released: the next one begins behind all of them" await 20 heard released new
ended released
is "and sees none of them" "$said" "new,committed"

cat >member.py <<'END'
import os, sys
from confluent_kafka import Consumer
brokers, topic, group = sys.argv[1:]
member = Consumer({"bootstrap.servers": brokers, "group.id": group})
member.subscribe([topic], on_assign=lambda *_: open("joined", "w").close())
while not os.path.exists("leave"):
    member.poll(0.1)
member.close()
END
"$broker_topic" create "$run-member" 1
/usr/bin/python3 member.py "$KAFKA_BROKERS" "$run-member" "$run-group" >member.out 2>&1 &
await 20 test -e joined
timeout 60 "$tool" control topic="$run-member" group="$run-group" since=1 connect=1000 >out </dev/null 2>err
is "a member in the group: exit" "$?" 1
ok "a member in the group: message" grep -q "^error 1 .*another reader is a member of the group" out
touch leave
ok "when it has left" listen lone member "$since"
exec 3>&-

# --- a frozen broker ------------------------------------------------------------------------------

listen cold control "$since"
# Two messages within a second: what the second one moved is not committed yet.
try=0
is_uncommitted() {
	try=$((try + 1))
	write control "a$try" && await 20 heard cold "a$try" && write control "b$try" &&
		await 20 heard cold "b$try" && freeze && echo "commit 300" >&3 &&
		answers() { [ "$(grep -Ec '^(committed|error)' cold.out)" -eq "$try" ]; } &&
		await 20 answers
	thaw
	says cold "^error 1 cannot commit what was read of topic '$run-control' "
}
ok "a commit while the broker is frozen ends in time" await 20 is_uncommitted
write control thawed
ok "when it is back, messages are" await 20 heard cold thawed
echo "commit 9000" >&3
ends_so() { [ "$(tail -n 1 cold.out)" = committed ]; }
ok "and what was read is committed" await 20 ends_so
freeze
exec 3>&-
ok "the end is not held up" await 10 gone
thaw
listen warm control "$since"
write control final
await 20 heard warm final
ended warm
is "in the next run too, and none is seen twice" "$said" "final,committed"

freeze
timeout 60 "$tool" control topic="$run-control" group=g since=1 connect=500 >out 2>err </dev/null
is "frozen from the start: exit" "$?" 1
thaw

control() { timeout 60 "$tool" control group="$run-group" since=1 "$@" >out 2>err </dev/null; }
control topic="$run-nosuch"
is "the topic is missing: exit" "$?" 2
ok "the topic is missing: message" grep -q "^error 2 cannot use topic '$run-nosuch' .*not exist" out
control topic="$run-control" b=127.0.0.1:1 connect=300
is "no broker: exit" "$?" 1

# --- rights ---------------------------------------------------------------------------------------

acl() {
	"$ROOT/tests/servers/broker" tool kafka.admin.AclCommand \
		--bootstrap-server "$TEST_BROKERS" "$@" >acl.out 2>&1
}
allow() { # OPERATION KIND NAME
	acl --add --allow-principal User:alice --operation "$1" "--$2" "$3"
}
probe() { timeout 60 "$tool" probe "$@" >out 2>err; }
cat >alice.conf <<END
security.protocol=SASL_SSL
sasl.mechanism=PLAIN
sasl.username=alice
sasl.password=alice-secret
ssl.ca.location=$TEST_BROKER_CA
END
sed s/alice-secret/wrong/ alice.conf >wrong.conf
alice() { verb=$1 && shift && "$verb" b="$TEST_BROKERS_SASL" F=alice.conf "$@"; }

id=$run-rights
"$broker_topic" create "$id" 1
acl --add --allow-principal User:bob --operation All --topic "$id" --group "$id" \
	--group "tradepipe-cursor.$id" --transactional-id "$id"
alice probe topic="$id" id="$id"
ok "probe: without any right" grep -q "^failed 2 cannot use topic '$id' .*Topic auth" out
alice control topic="$id" group="$id"
ok "control: without any right" grep -q "^error 2 cannot use topic '$id' .*Topic auth" out
allow Describe topic "$id"
alice control topic="$id" group="$id"
ok "control: without Read of the group" grep -q "^error 2 .* Group authorization failed .*takes" out
allow Read group "$id"
alice control topic="$id" group="$id"
ok "control: without Read of the topic" grep -q "^error 2 .* Topic authorization failed .*takes" out

allow Write topic "$id"
alice probe topic="$id" id="$id"
is "probe: without Write of the transactional id" "$(cat out)" "denied 2 cannot publish exactly once \
to topic '$id' as '$id': the right Write of transactional id '$id' is missing"
allow Write transactional-id "$id"
alice probe topic="$id" id="$id"
ok "probe: without Read of the group" grep -q \
	"^denied 2 .*: the right Read of group 'tradepipe-cursor.$id' is missing" out
allow Describe group "tradepipe-cursor.$id"
alice probe topic="$id" id="$id"
ok "probe: with Describe of the group" grep -q \
	"^denied 2 .*: the right Read of group 'tradepipe-cursor.$id' is missing" out
allow Read group "tradepipe-cursor.$id"
alice probe topic="$id" id="$id"
ok "probe: without Read of the topic" grep -q \
	"^denied 2 .*: the right Read of topic '$id' is missing" out
allow Read topic "$id"
alice probe topic="$id" id="$id"
is "probe: with all of them" "$(cat out)" allowed
alice control topic="$id" group="$id"
is "control: with all of them" "$(cat out)" open

probe b="$TEST_BROKERS_SASL" F=wrong.conf topic="$id" id="$id"
ok "probe: a wrong password" grep -q "^failed 2 .*it refuses user 'alice'" out
control b="$TEST_BROKERS_SASL" F=wrong.conf topic="$id" group="$id"
ok "control: a wrong password" grep -q "^error 2 .*it refuses user 'alice'" out
telemetry rights b="$TEST_BROKERS_SASL" F=wrong.conf queue=one </dev/null
ok "telemetry: a wrong password" grep -q "^error 2 .*it refuses user 'alice'" out

# --- what a probe leaves behind -------------------------------------------------------------------

probe topic="$run-probe" id="$run-probe" partitions=3
is "probe: a topic that is made" "$(cat out) $("$broker_topic" list "$run-probe" | cut -f 2)" "allowed 3"
shows() { kafka-last -q -t "$run-probe" --exactly-once "$run-probe" | jq .trade_id | paste -sd,; }
is "there is no cursor then" "$(shows)" ""
is "and no record" "$(kcat -b "$KAFKA_BROKERS" -C -t "$run-probe" -e -q -f . \
	-X isolation.level=read_uncommitted)" ""
records 4 4 >in
publish -t "$run-probe" --exactly-once "$run-probe" in
is "a run begins as if there had been none" "$status $account" "0 $(account 1 1)"
is "its cursor" "$(shows)" 4
probe topic="$run-probe" id="$run-probe"
is "probe: with a cursor" "$(cat out)" allowed
is "which stays" "$(shows)" 4
{ records 4 4 && records 8 8 | sed 's/"trade_id":8/"trade_id":5/'; } >in
publish -t "$run-probe" --exactly-once "$run-probe" in
is "a run goes on as if there had been none" "$status $(number acked) $(number skipped)" "0 1 1"
is "each record is there once" "$(count "$run-probe")" 2

probe topic="$run-nosuch" id=x
ok "probe: the topic is missing" grep -q "^failed 2 cannot use topic '$run-nosuch'" out
probe topic="$run-probe" id=
ok "probe: an empty ID" grep -q "^failed 2 .*the ID is empty" out
probe topic="$run-probe" id=x b=127.0.0.1:1 connect=300
ok "probe: no broker" grep -q "^failed 1 cannot reach a broker" out
probe topic="$run-probe" id=x X=transaction.timeout.ms=1000000000
ok "probe: a property that brokers refuse" grep -q "^denied 2 cannot publish .*timeout" out
freeze
probe topic="$run-probe" id=x connect=500
thaw
ok "probe: a frozen broker" grep -q "^failed 1 " out

cat >lone.sh <<'END'
KAFKA_BROKERS=$TEST_BROKERS exec timeout 60 "$1" probe topic=lone id=x partitions=1 connect=3000
END
env -u TEST_BROKERS "$ROOT/tests/servers/broker" --set transaction.state.log.replication.factor=3 \
	-- sh lone.sh "$tool" >out 2>err
is "probe: a cluster that has no transactions" "$(cat out)" "denied 2 cannot publish exactly once to \
topic 'lone' as 'x': the cluster has no log of transactions (__transaction_state, see \
transaction.state.log.replication.factor of its brokers)"

done_testing
