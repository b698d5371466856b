#!/bin/sh
# lib/net/kafka_producer on a real broker: what a record carries, what topics are like, what brokers
# refuse, dead letters, the ceiling.
# shellcheck disable=SC2154 # run is set by publish.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"

# produce TOPIC NAME=VALUE...: records from stdin; what became of them is in the file out.
produce() {
	topic=$run-$1
	shift
	"$BUILD/tests/net/produce-tool" brokers="$KAFKA_BROKERS" topic="$topic" "$@" >out 2>err
}
# record KEY TIMESTAMP PARTITION HEADERS VALUE
record() { printf '%s\t%s\t%s\t%s\t%s\n' "$@"; }
# numbered FIRST LAST: records whose values are numbers, under seven keys.
numbered() {
	awk -v i="$1" -v last="$2" 'BEGIN {
		for (; i <= last; i++) printf "k%d\t-\t-\t-\t%d\n", i % 7, i }'
}
bytes() { head -c "$1" /dev/zero | tr '\0' x; }
fates() { grep -c " $1" out; }
error() { sed -n 's/^error //p' out; }
create() { name=$run-$1 && shift && "$ROOT/tests/servers/broker-topic" create "$name" "$@"; }
now=$(date +%s)000

# --- records --------------------------------------------------------------------------------------

{
	record k 1600000000123 - "trade_id=7,empty=,null" one
	record - - 2 - two
	record - "$now" 1 a=1,a=2 three
	record k - - "" four
	record k - 0 - ""
} >in
produce carried create=3 config=retention.ms=-1 <in
is "all are acknowledged" "$(fates acked)" 5
consume "$run-carried" '%s|%p|%k|%h|%T\n' | sort >got
has() { grep -qx -e "$1" got || { cat got && false; }; }
ok "key, time, headers: a text, an empty one, none" \
	has "one|.|k|trade_id=7,empty=,null=NULL|1600000000123"
ok "a fixed partition" has "two|2|||[0-9]*"
ok "all of these, and a header twice" has "three|1||a=1,a=2|$now"
ok "an empty value" has "|0|k||[0-9]*"
is "the place and the time are reported" "$(sed -n 's/^3 //p' out)" "acked 1 0 $now"
sent=$(sed -n 's/^2 acked 2 [0-9]* //p' out)
ok "without a time, it is that of sending" [ "$((sent - now))" -ge 0 ]
same_place() { same "$(grep '^one' got | cut -d '|' -f 2)" "$(grep '^four' got | cut -d '|' -f 2)"; }
ok "the key decides on the partition, however the record is sent" same_place

record - - 7 - x | produce carried
is "a partition that is not there" "$(error)" \
	"2 cannot deliver to topic '$run-carried' at '$KAFKA_BROKERS': it has no partition 7"
is "and the record's fate" "$(fates unsent)" 1

# --- topics ---------------------------------------------------------------------------------------

# facts NAME WANTED CONFIG...
facts() {
	name=$1 wanted=$2 number=$((number + 1))
	shift 2
	produce "facts$number" create=2 "$@" </dev/null
	is "facts: $name" "$(sed -n 's/^facts //p' out)" "$wanted"
}
number=0
facts "presets" "2 1048588 604800000 create"
facts "as configured" "2 5000 3600000 append" config=max.message.bytes=5000 \
	config=retention.ms=3600000 config=message.timestamp.type=LogAppendTime
facts "kept for ever" "2 1048588 -1 create" config=retention.ms=-1
facts "compacted: retention does not count" "2 1048588 -1 create" config=cleanup.policy=compact \
	config=retention.ms=3600000
facts "compacted and deleted" "2 1048588 3600000 create" config=cleanup.policy=compact,delete \
	config=retention.ms=3600000
for config in x =1; do
	produce carried create=3 config="$config" </dev/null
	is "a property that is none, also where the topic is there: $config" "$(error)" \
		"2 cannot create topic '$topic': '$config', a property of it, is not name=value"
done
produce nosuch create=1 config=no.such=1 </dev/null
is "one that brokers do not know" "$(error)" \
	"2 cannot create topic '$topic' at '$KAFKA_BROKERS': Unknown topic config name: no.such"

# --- what is refused ------------------------------------------------------------------------------

# Values that are too large, one in each batch or so: librdkafka gets a new producer id for each.
awk -v x="$(bytes 4000)" 'BEGIN {
	for (i = 1; i <= 20000; i++) printf "k%d\t-\t-\t-\t%d%s\n", i % 7, i, i % 4000 ? "" : " " x
}' >in
produce large create=3 config=max.message.bytes=3000 property=batch.num.messages=50 <in
is "too large: dead" "$(fates dead)" 5
is "too large: the others are acknowledged" "$(fates acked)" 19995
ok "too large: the reason" grep -qx "4000 dead Broker: Message size too large" out
consume "$run-large" '%k %s\n' | awk '$2 <= last[$1] { exit 1 } { last[$1] = $2; n++ }
	END { print n }' >got
is "and are there once, in the order of each key" "$(cat got)" 19995
is "the run goes on" "$(error)" ""

# Brokers would refuse the batch as a whole.
{ numbered 1 5 && record - - - - 6 && numbered 7 10; } >in
produce compacted create=1 config=cleanup.policy=compact <in
is "compacted, no key" "$(grep dead out)" "6 dead it has no key, and the topic is compacted"
is "its neighbours" "$(fates acked)" 9
{
	numbered 1 5
	record k 1600000000000 - - 6
	record k "$now" - - 7
	record k "$((now + 86400000))" - - 8
} >in
produce timed create=1 config=message.timestamp.before.max.ms=600000 \
	config=message.timestamp.after.max.ms=600000 <in
is "times out of bounds" "$(grep dead out)" "6 dead its time lies further back than the topic takes
8 dead its time lies further ahead than the topic takes"
is "their neighbours" "$(fates acked)" 6
produce appended create=1 config=message.timestamp.before.max.ms=600000 \
	config=message.timestamp.type=LogAppendTime <in
is "where brokers date records, none is out of bounds" "$(fates acked)" 8

# --- dead letters ---------------------------------------------------------------------------------

create letters 1 max.message.bytes=1000
{ numbered 1 3 && echo '!{"reason":"x"}' && numbered 5 6; } >in
produce living create=1 dead="$run-letters" <in
is "a dead letter" "$(grep -c '^4 letter acked 0 0 ' out) $(fates acked)" "1 6"
is "where it is" "$(consume "$run-letters" '%k|%s')" '|{"reason":"x"}'
yes "!$(bytes 100)" | head -n 100 >in
produce living dead="$run-letters" <in
is "many at once: batches suit that topic too" "$(fates 'letter acked')" 100
{ echo "!$(bytes 2000)" && echo flush && numbered 2 3; } >in
produce living dead="$run-letters" <in
is "a dead letter that is refused: fate" "$(sed -n 2p out)" \
	"1 letter dead Broker: Message size too large"
is "and it ends the run" "$(error)" "1 cannot deliver to topic '$run-letters' at \
'$KAFKA_BROKERS': Broker: Message size too large"
produce living dead="$run-nosuch" </dev/null
is "no such topic for dead letters" "$(error)" \
	"2 cannot use dead-letter topic '$run-nosuch' at '$KAFKA_BROKERS': it does not exist"
ok "which is not created" not "$ROOT/tests/servers/broker-topic" list "$run-nosuch"
produce living dead="$run-living" </dev/null
is "the same topic" "$(error)" "2 cannot use topic '$run-living' for its own dead letters"

if [ -n "${TEST_BROKERS_SASL:-}" ]; then
	create hidden 1
	create writable 1
	acl() {
		"$ROOT/tests/servers/broker" tool kafka.admin.AclCommand --add \
			--bootstrap-server "$TEST_BROKERS" "$@" >acl.log 2>&1 || cat acl.log
	}
	acl --allow-principal User:admin --operation All --topic "$run-hidden"
	acl --allow-principal User:alice --operation Write --topic "$run-writable"
	cat >alice.properties <<-EOF
	security.protocol=SASL_SSL
	sasl.mechanism=PLAIN
	sasl.username=alice
	sasl.password=alice-secret
	ssl.ca.location=$TEST_BROKER_CA
	EOF
	as_alice() { produce "$@" brokers="$TEST_BROKERS_SASL" file=alice.properties; }
	as_alice living dead="$run-hidden" </dev/null
	is "no right to the topic for dead letters" "$(error)" "2 cannot use dead-letter topic \
'$run-hidden' at '$TEST_BROKERS_SASL': Broker: Topic authorization failed"
	numbered 1 3 >in
	as_alice writable <in
	is "facts without the right to them" "$(sed -n 's/^facts //p' out)" "1 0 0 create"
	is "which is no hindrance" "$(fates acked)" 3
else
	skip "rights" "TEST_BROKERS_SASL is not set"
fi

# --- the ceiling ----------------------------------------------------------------------------------

# Without a wait all would be held: batches are not sent before that.
# held NAME RECORD: how many of 20 such records are held at once.
held() {
	{ yes "$2" | head -n 20 && echo held; } >in
	produce held create=1 queue=64k property=linger.ms=100 <in
	at_most() { [ "$(sed -n 's/^held //p' out)" -le 3 ] || { cat out && false; }; }
	ok "the ceiling: $1" at_most
	is "and all are acknowledged" "$(fates acked)" 20
}
held "values" "$(record k - - - "$(bytes 20000)")"
held "keys" "$(record "$(bytes 20000)" - - - x)"
held "headers" "$(record k - - "a=$(bytes 20000)" x)"
{ record k - - - "$(bytes 70000)" && record k - - - x; } | produce held queue=64k
is "a record above it is refused alone" "$(fates dead) $(fates acked)" "1 1"
{ numbered 1 1000 && echo held; } | produce held queue=40k property=linger.ms=100
at_most() { [ "$(sed -n 's/^held //p' out)" -le 100 ] || { grep held out && false; }; }
ok "the ceiling: what small records cost beside their bytes" at_most
is "and all are acknowledged" "$(fates acked)" 1000

# --- errors on request ----------------------------------------------------------------------------

for code in 32 87; do
	rm -f broker.address
	start_mock_broker --topic "$run-mock" --push-errors "0:$code"
	{ numbered 1 5 && echo flush && numbered 6 10; } | produce mock
	is "refused by the broker ($code): dead, and the next ones are not" \
		"$(fates dead) $(fates acked) $(error)" "5 5 "
	kill "$!"
	wait "$!" 2>ended
done

done_testing
