#!/bin/sh
# Transactions with their cursor on a real broker: kills, fencing, commits whose answer is lost.
# shellcheck disable=SC2154 # run is set by publish.sh
# A broker of its own, since it freezes it.
[ "${1:-}" = own ] ||
	exec env -u TEST_BROKERS "$(dirname -- "$0")/../servers/broker" -- "$0" own
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
tool=$BUILD/tests/net/txn-tool

# lines STREAM FIRST LAST
lines() { seq -f "$1 %.0f" "$2" "$3"; }

# txn NAME ARG...: with the file input, under an ID and on a topic of that name; leaves $status, and
# what it says in the files out and err.
txn() {
	name_of=$1
	shift
	timeout 60 "$tool" topic="$run-$name_of" id="$run-$name_of" "$@" <input >out 2>err
	status=$?
}
fates() { grep ^acked= out; }
fates_of() { grep ^acked= "$1.out"; }
committed() { kcat -b "$TEST_BROKERS" -C -t "$run-$1" -e -q -X isolation.level=read_committed \
	-X fetch.wait.max.ms=10 -f '%s\n'; }
holds() { # NAME LINES-FILE: each of them once, those of a stream in order
	committed "$1" >got
	sort -s -k 1,1 got >got.sorted
	cmp got.sorted "$2"
}
cursor() {
	"$tool" topic="$run-$1" id="$run-$1" show=1 |
		sed 's/.*"product_id":"\([^"]*\)".*"trade_id":\([0-9]*\).*/\1 \2/'
}

# --- begin, go on ---------------------------------------------------------------------------------

{ lines A 1 3 && echo commit && lines A 2 2 && lines B 7 8; } >input && txn plain partitions=3
is "a new flow: exit" "$status" 0
is "a new flow: found" "$(head -n 1 out)" "ready found=0 streams=0 partitions=3"
is "a new flow: fates" "$(fates)" "acked=5 dead=0 unsent=0 unknown=0"
is "its cursor" "$(cursor plain)" "$(printf 'A 3\nB 8')"
{ lines A 1 5 && lines B 6 6 && lines B 10 10; } >input && txn plain
is "the next run goes on" "$(head -n 1 out)" "ready found=1 streams=2 partitions=3"
is "what is there is skipped" "$(grep ^commits= out)" "commits=2 skipped=3 refused=2"
ok "below the first" grep -q "^refused id 6 of 'x,B' is below 7, where it begins" out
ok "a gap" grep -q "^refused ids 9 to 9 of 'x,B' are missing before id 10" out
lines B 10 10 >input && txn plain gaps=1
is "a gap that is allowed" "$(fates)" "acked=1 dead=0 unsent=0 unknown=0"
{ lines A 1 5 && lines B 7 8 && lines B 10 10; } >wanted
ok "each record is there once" holds plain wanted

lines A 1 1 | timeout 60 "$tool" topic="$run-plain" id="$run-other" >out
is "an ID without a cursor is refused where the topic is not empty" "$?" 2
lines A 6 6 | timeout 60 "$tool" topic="$run-plain" id="$run-other" >out \
	adopt='{"product_id":"A","timestamp":"2026-01-01T00:00:00Z","trade_id":5,"exchange":"x"}'
is "an adopted cursor" "$(fates)" "acked=1 dead=0 unsent=0 unknown=0"
lines A 6 7 | timeout 60 "$tool" topic="$run-plain" id="$run-other" >out
is "which is the ID's from then on" "$(grep ^commits= out)" "commits=2 skipped=1 refused=0"
is "forgetting it" "$("$tool" topic="$run-plain" id="$run-other" forget=1)" ""
is "leaves none" "$("$tool" topic="$run-plain" id="$run-other" show=1)" ""
is "again is no error" "$("$tool" topic="$run-plain" id="$run-other" forget=1)" ""
is "nor is an ID never used" "$("$tool" topic="$run-plain" id="$run-never" show=1)" ""

# --- what brokers refuse --------------------------------------------------------------------------

"$ROOT/tests/servers/broker-topic" create "$run-small" 1 max.message.bytes=2000
{ lines A 1 2 && printf 'A 3\n' && printf 'B%03000d 1\n' 0 && lines A 4 5; } >input && txn small
is "a record that is too large: exit" "$status" 0
is "the others stand without it" "$(committed small)" "$(lines A 1 5)"
ok "it is told" grep -qE "^dead 2 .*size too large" out

# --- the cursor's own metadata --------------------------------------------------------------------

"$ROOT/tests/servers/broker-topic" create "$run-foreign" 2
/usr/bin/python3 - "$TEST_BROKERS" "$run-foreign" <<'END'
import sys
from confluent_kafka import Consumer, TopicPartition
brokers, name = sys.argv[1:]
group = Consumer({"bootstrap.servers": brokers, "group.id": "tradepipe-cursor." + name})
group.commit(offsets=[TopicPartition(name, 1, 5)], asynchronous=False)
group.close()
END
lines A 1 1 >input && txn foreign
is "metadata that is not ours: exit" "$status" 2
ok "metadata that is not ours: message" \
	grep -q "cannot use the cursor: its part in partition 1 is not of tradepipe's making" out
is "nothing is published then" "$(committed foreign)" ""

lines A 1 2 >input && txn grown partitions=1
/usr/bin/python3 - "$TEST_BROKERS" "$run-grown" <<'END'
import sys
from confluent_kafka.admin import AdminClient, NewPartitions
admin = AdminClient({"bootstrap.servers": sys.argv[1]})
admin.create_partitions([NewPartitions(sys.argv[2], 4)])[sys.argv[2]].result()
END
has_four() { lines A 1 2 >input && txn grown && grep -q partitions=4 out; }
ok "partitions that were added" await 10 has_four
is "their lack of metadata is none of the cursor" "$(head -n 1 out) $(grep ^commits= out)" \
	"ready found=1 streams=1 partitions=4 commits=1 skipped=2 refused=0"

# A cursor as large as brokers take. 205 partitions are more than it uses.
seq -f "$(printf 'S%0500d' 0)%05.0f 1" 1 1500 >input
txn ceiling partitions=205
is "the ceiling: exit" "$status" 0
taken=$(sed -n 's/^acked=\([0-9]*\) .*/\1/p' out)
ok "the ceiling: most streams have room" test "$taken" -ge 1300
is "the ceiling: each of the others is refused" "$(grep -c "^refused the cursor has no room" out)" \
	$((1500 - taken))
txn ceiling
is "it is read back" "$(grep ^commits= out)" "commits=1 skipped=$taken refused=$((1500 - taken))"

# Brokers that come back are slow with many partitions.
"$ROOT/tests/servers/broker-topic" delete "$run-ceiling"

# --- kills ----------------------------------------------------------------------------------------

{ lines A 1 4000 && lines B 1 4000 && lines C 1 4000; } >wanted
sort -s -k 2,2n wanted >input
for moment in 0.11 0.16 0.22 0.3 0.4; do
	timeout -s KILL "$moment" "$tool" topic="$run-killed" id="$run-killed" every=300 partitions=3 \
		<input >out 2>&1
done
txn killed every=1000
is "killed five times: exit of the sixth" "$status" 0
ok "each record is there once, in order" holds killed wanted
is "and so says the cursor" "$(cursor killed | sort)" "$(printf 'A 4000\nB 4000\nC 4000')"

for moment in 0.11 0.16 0.22 0.3; do
	timeout -s KILL "$moment" "$tool" topic="$run-ahead" id="$run-ahead" every=100 partitions=3 \
		ahead=1 <input >out 2>&1
done
txn ahead every=1000 ahead=1
is "killed while it takes records ahead of a commit: exit of the fifth" "$status" 0
ok "each record is there once, in order" holds ahead wanted
is "and so says the cursor" "$(cursor ahead | sort)" "$(printf 'A 4000\nB 4000\nC 4000')"
txn exact every=1000 ahead=1 partitions=3
is "a number of records that was asked for is exact" "$(grep ^commits= out) $(fates)" \
	"commits=13 skipped=0 refused=0 acked=12000 dead=0 unsent=0 unknown=0"

# start NAME FILE ARG...: in the background, its input the pipe FILE.in, its output FILE.out
start() {
	where=$1 file=$2
	shift 2
	mkfifo "$file.in"
	TXN_TOOL_DEBUG=1 timeout 180 "$tool" topic="$run-$where" id="$run-$where" "$@" \
		<"$file.in" >"$file.out" 2>"$file.err" &
}
says() { grep -q "$2" "$1.out"; }
said() { [ "$(grep -c "$2" "$1.out")" -ge "$3" ]; }

# A transaction begins with the first record that comes a moment after the last commit.
shows() { kcat -b "$TEST_BROKERS" -C -t "$run-$1" -e -q -X isolation.level=read_uncommitted \
	-X fetch.wait.max.ms=10 -f '%s\n' | grep -qx "$2"; }
opens() { # NAME FILE: with records A 3 and A 4, through descriptor 3
	{ lines A 3 3 && echo late; } >&3
	await 60 says "$2" "late done" && lines A 4 4 >&3 && await 20 shows "$1" "A 4"
}
start open first partitions=1
exec 3>first.in
pid=$!
{ lines A 1 2 && echo commit; } >&3
ok "a transaction is open" opens open first
is "others see the cursor from before at once" "$(cursor open)" "A 2"
pkill -KILL -P "$pid"
exec 3>&-
wait "$pid" 2>ended
is "a kill leaves the cursor from before" "$(cursor open)" "A 2"
lines A 1 4 >input && txn open
is "the next run goes on from there" "$(grep ^commits= out)" "commits=2 skipped=2 refused=0"
is "each record is there once" "$(committed open)" "$(lines A 1 4)"

start hidden hidden partitions=1
exec 3>hidden.in
lines A 1 2 >&3
ok "a transaction is open, and nothing else there" opens hidden hidden
lines A 1 1 >input
timeout 60 "$tool" topic="$run-hidden" id="$run-other2" <input >out
is "an ID begins where readers see nothing" "$(head -n 1 out) $(fates)" \
	"ready found=0 streams=0 partitions=1 acked=1 dead=0 unsent=0 unknown=0"
exec 3>&-
wait "$!"
is "the other one is not disturbed" "$? $(grep ^acked= hidden.out)" \
	"0 acked=4 dead=0 unsent=0 unknown=0"

# --- two under one ID -----------------------------------------------------------------------------

start two a partitions=1
exec 3>a.in
pid_a=$!
{ lines A 1 2 && echo commit && lines A 3 3; } >&3
ok "the first one has begun" await 60 says a "commit done"
start two b
exec 4>b.in
pid_b=$!
{ lines A 1 3 && echo commit; } >&4
ok "a second one takes over" await 60 says b "commit done"
{ lines A 4 4 && echo commit && echo commit; } >&3
exec 3>&-
wait "$pid_a"
is "the first one is fenced: exit" "$?" 1
ok "which it tells" grep -qx fenced a.out
ok "and says so, with both causes" grep -q \
	"^error 1 .*another run has taken this ID over, or .*longer than transaction.timeout.ms" a.out
is "its records are unsent" "$(grep ^acked= a.out)" "acked=2 dead=0 unsent=2 unknown=0"
lines A 4 4 >&4
exec 4>&-
wait "$pid_b"
is "the second one goes on" "$?" 0
is "nothing is there twice" "$(committed two)" "$(lines A 1 4)"

# Brokers end a transaction that is open for too long, and what comes then looks fenced. Behind it lies
# another record, which is seen when that has happened.
start slow slow partitions=1 X=transaction.timeout.ms=2000 delivery=1500
exec 3>slow.in
pid=$!
lines A 1 2 >&3
opens slow slow
lines Z 1 1 >input
timeout 60 "$tool" topic="$run-slow" id="$run-other3" begin=1 <input >out
is_ended() { committed slow | grep -qx "Z 1"; }
ok "brokers end a transaction that takes too long" await 20 is_ended
echo commit >&3
exec 3>&-
wait "$pid"
is "its run ends: exit" "$?" 1
ok "and names that cause" grep -q "^error 1 .*longer than transaction.timeout.ms" slow.out
lines A 1 4 >input && txn slow
is "the next run sends its records" "$(committed slow)" "$(echo Z 1 && lines A 1 4)"

# --- commits whose answer is lost -----------------------------------------------------------------

# proxy STRIKE NTH: leaves its $address and its process in $proxy
proxy() {
	rm -f proxy.address
	"$ROOT/tests/servers/kafka-proxy" "$TEST_BROKERS" proxy.address "$1" "$2" >proxy.log &
	proxy=$!
	await 10 test -s proxy.address
	address=$(cat proxy.address)
}
struck() { grep -q struck proxy.log; }
lines A 1 3 >wanted
for strike in answer-cut request-cut answer-hang request-hang; do
	proxy "$strike" 2
	lines A 1 3 >input && txn "$strike" b="$address" partitions=1 delivery=6000
	is "$strike: exit" "$status" 0
	is "$strike: fates" "$(fates)" "acked=3 dead=0 unsent=0 unknown=0"
	ok "$strike: it happened" struck
	ok "$strike: each record is there once" holds "$strike" wanted
	kill "$proxy"
done
is "where the commit stood, nothing was sent again" "$(consume "$run-answer-hang" '%s\n' | wc -l)" 3

lines A 1 9 >wanted
for strike in answer-cut request-cut answer-hang request-hang; do
	proxy "$strike" 3
	lines A 1 9 >input && txn "ahead-$strike" b="$address" partitions=1 delivery=6000 every=2 ahead=1
	is "$strike, records taken ahead: exit and fates" "$status $(fates)" \
		"0 acked=9 dead=0 unsent=0 unknown=0"
	ok "$strike, records taken ahead: it happened" struck
	ok "$strike, records taken ahead: each is there once, in order" holds "ahead-$strike" wanted
	kill "$proxy"
done

# The time is over before anything can be learned.
proxy answer-hang 2
start doubt doubt b="$address" partitions=1 delivery=2000
exec 3>doubt.in
pid=$!
{ lines A 1 2 && echo commit; } >&3
await 20 struck
kill "$proxy"
exec 3>&-
wait "$pid"
is "broker gone in the middle of a commit: exit" "$?" 1
is "its records are unknown" "$(grep ^acked= doubt.out)" "acked=0 dead=0 unsent=0 unknown=2"
lines A 1 3 >input && txn doubt
is "the next run settles that" "$(committed doubt)" "$(lines A 1 3)"

# Another run takes over while the first one does not know what became of its commit.
proxy request-hang 2
start super a2 b="$address" partitions=1 delivery=12000
exec 3>a2.in
pid_a=$!
{ lines A 1 2 && echo commit; } >&3
await 20 struck
start super b2
exec 4>b2.in
pid_b=$!
{ lines A 1 1 && echo commit; } >&4
ok "a second run takes over meanwhile" await 60 says b2 "commit done"
exec 3>&-
wait "$pid_a"
is "the first one does not take the ID back: exit" "$?" 1
ok "and says so" grep -q "^error 1 .*another run has taken this ID over" a2.out
{ lines A 2 2 && echo commit; } >&4
exec 4>&-
wait "$pid_b"
is "the second one was not disturbed" "$?" 0
is "each record is there once, whoever sent it" "$(committed super)" "$(lines A 1 2)"
kill "$proxy"

# --- rights and properties ------------------------------------------------------------------------

acl() {
	"$ROOT/tests/servers/broker" tool kafka.admin.AclCommand \
		--bootstrap-server "$TEST_BROKERS" "$@" >acl.out 2>&1
}
alice() { lines A 1 2 >input && txn rights b="$TEST_BROKERS_SASL" F=alice.conf; }
if [ -n "${TEST_BROKERS_SASL:-}" ]; then
	cat >alice.conf <<-END
	security.protocol=SASL_SSL
	sasl.mechanism=PLAIN
	sasl.username=alice
	sasl.password=alice-secret
	ssl.ca.location=$TEST_BROKER_CA
	END
	id=$run-rights
	"$ROOT/tests/servers/broker-topic" create "$id" 1
	acl --add --allow-principal User:bob --operation All --topic "$id" \
		--group "tradepipe-cursor.$id" --transactional-id "$id"
	# missing RIGHT KIND NAME REASON: exit 2 and why, until alice has that right too.
	missing() {
		alice
		is "without $1 on $2: exit" "$status" 2
		ok "without $1 on $2: message" grep -q "^error 2 .*$4" out
		acl --add --allow-principal User:alice --operation "$1" --"$2" "$3"
	}
	missing Write topic "$id" "cannot use topic '$id' .*Topic authorization failed"
	missing Write transactional-id "$id" "Transactional Id authorization failed"
	missing Describe group "tradepipe-cursor.$id" "cannot use cursor .*Group authorization failed"
	missing Read topic "$id" "cannot use cursor .*Topic authorization failed"
	missing Read group "tradepipe-cursor.$id" "Group authorization failed"
	alice
	is "with these rights: exit" "$status $(fates)" "0 acked=2 dead=0 unsent=0 unknown=0"
else
	skip "rights" "TEST_BROKERS_SASL is not set"
fi

lines A 1 1 >input
txn plain X=transaction.timeout.ms=1000000000
is "a property that brokers refuse: exit" "$status" 2
ok "a property that brokers refuse: message" \
	grep -q "^error 2 cannot publish exactly once .*timeout" out
timeout 10 "$tool" topic="$run-plain" id= <input >out
is "an empty ID: exit" "$?" 2
: >input
txn plain b=127.0.0.1:1 connect=300
is "no broker: exit" "$status" 1

# --- a frozen broker ------------------------------------------------------------------------------

asks_again() { grep -q "^txn-tool: transaction of " "$1.err"; }
start frozen f partitions=1 delivery=16000
exec 3>f.in
pid=$!
{ lines A 1 2 && echo commit; } >&3
opens frozen f
kill -STOP "$TEST_BROKER_PID"
echo commit >&3
ok "a broker frozen: a new producer is tried" await 60 asks_again f
kill -CONT "$TEST_BROKER_PID"
ok "and thawed: the commit is done" await 60 said f "commit done" 2
exec 3>&-
wait "$pid"
is "frozen and thawed: exit" "$? $(grep ^error f.out)" "0 "
is "each record is there once" "$(committed frozen)" "$(lines A 1 4)"

start frozen g partitions=1 delivery=4000 X=api.version.request.timeout.ms=500
exec 3>g.in
pid=$!
await 60 says g ready
kill -STOP "$TEST_BROKER_PID"
{ lines A 5 5 && echo commit; } >&3
exec 3>&-
wait "$pid"
is "frozen for good: exit" "$?" 1
kill -CONT "$TEST_BROKER_PID"
ok "frozen for good: message" grep -q "^error 1 cannot use cursor " g.out
ok "without a guess at an old broker" not grep -q "^error.*broker version" g.out

# Taken while the commit before is under way; what is more than 24 MB waits.
start busy busy partitions=3 ahead=1 delivery=60000
exec 3>busy.in
pid=$!
ok "a run is ready" await 60 says busy "ready"
kill -STOP "$TEST_BROKER_PID"
{ lines A 1 25000 && echo late; } >&3
ok "records are taken while brokers are busy with a commit" await 60 says busy "late done"
kill -CONT "$TEST_BROKER_PID"
exec 3>&-
wait "$pid"
is "and in one transaction: exit, commits, fates" "$? $(grep ^commits= busy.out) $(fates_of busy)" \
	"0 commits=3 skipped=0 refused=0 acked=25000 dead=0 unsent=0 unknown=0"
lines A 1 25000 >wanted
ok "each record is there once" holds busy wanted

# Another run takes over while a commit is under way and the next transaction is open.
start usurped u1 partitions=1 ahead=1 every=2 delivery=20000
exec 3>u1.in
pid=$!
{ lines A 1 2 && echo commit; } >&3
ok "the first one has begun" await 60 says u1 "commit done"
start usurped u2
exec 4>u2.in
pid_b=$!
ok "a second one takes over" await 60 says u2 ready
lines A 3 9 >&3
exec 3>&-
wait "$pid"
is "records taken ahead by one that is fenced: exit" "$?" 1
ok "which it tells" grep -qx fenced u1.out
is "they are unsent" "$(fates_of u1)" "acked=2 dead=0 unsent=4 unknown=0"
lines A 3 9 >&4
exec 4>&-
wait "$pid_b"
is "nothing is there twice" "$? $(committed usurped)" "0 $(lines A 1 9)"

start drained d partitions=1 drain=1000
exec 3>d.in
pid=$!
{ lines A 1 2 && echo commit && lines A 3 4 && echo late; } >&3
await 60 says d "late done"
kill -STOP "$TEST_BROKER_PID"
echo commit >&3
pkill -TERM -P "$pid"
gone() { ! kill -0 "$pid"; }
ok "a drain ends in time though a broker is frozen" await 5 gone
exec 3>&-
wait "$pid"
is "a drain that ended too early: exit" "$?" 3
is "its records are unsent" "$(grep ^acked= d.out)" "acked=2 dead=0 unsent=2 unknown=0"
kill -CONT "$TEST_BROKER_PID"
lines A 1 4 >input && txn drained
is "the next run sends them" "$(committed drained)" "$(lines A 1 4)"

done_testing
