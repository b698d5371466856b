#!/bin/sh
# kafka-last on a real broker: the last trade of each stream, and the cursor of a run.
# shellcheck disable=SC2154 # run is set by publish.sh
# A broker of its own, since it freezes it.
[ "${1:-}" = own ] ||
	exec env -u TEST_BROKERS "$(dirname -- "$0")/../servers/broker" -- "$0" own
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
tool=$BUILD/tests/net/txn-tool

# last NAME ARG...: leaves $status, $account, and the files out and err.
last() {
	name_of=$1
	shift
	timeout 60 kafka-last -t "$run-$name_of" "$@" >out 2>err
	status=$?
	account=$(sed -n 's/^kafka-last: account: //p' err)
}
topic() { # NAME PARTITIONS: a new one, with the records of the input
	"$ROOT/tests/servers/broker-topic" create "$run-$1" "$2"
	kafka-publish -q -t "$run-$1"
}
trade() { # PRODUCT ID [EXCHANGE [SECOND]]: as trade-normalize writes it
	printf '{"product_id":"%s","price":1,"quantity":1,"timestamp":"2026-01-01T00:00:%02d.000000Z",' \
		"$1" "${4:-0}"
	printf '"trade_id":%s,"side":"buy","exchange":"%s"}\n' "$2" "${3:-x}"
}
ids() { jq -r '"\(.exchange) \(.product_id) \(.trade_id)"' out | paste -sd,; }
ends() { # STATUS PATTERN: without a record
	is "$name_of: exit" "$status" "$1"
	ok "$name_of: message" grep -q "^kafka-last: $2" err
	is "$name_of: no record" "$(cat out)" ""
}

# --- the end of a topic ---------------------------------------------------------------------------

records 1 5000 >input
topic one 40 <input
last one
tail -n 4 input | sort >wanted
is "the last trade of each stream" "$status $(cat out)" "0 $(cat wanted)"
is "its account" "$account" "read=5000 written=4 passed=4996 bad=0"

{ trade OLD 7 && yes "$(trade NEW 1)" | head -n 30000 && trade NEW 9; } >input
topic deep 1 <input
last deep
is "10000 records of a partition are read" "$(ids) ${account%% *}" "x NEW 9 read=10000"
last deep --scan 12
is "or as many as are asked for" "$(ids) ${account%% *}" "x NEW 9 read=12"
last deep --scan all
is "or all" "$(ids) ${account%% *}" "x NEW 9,x OLD 7 read=30002"
last deep --products OLD
is "a product is looked for up to the beginning" "$(ids) ${account%% *}" "x OLD 7 read=30002"
last deep --products NEW
is "and no further than it is found" "$(ids) ${account%% *}" "x NEW 9 read=1000"
last deep --products NEW,OLD,NONE --scan 2000
is "but within --scan" "$status $(ids) ${account%% *}" "0 x NEW 9 read=2000"
ok "what is not found is told" grep -q \
	"warning: topic '$run-deep' has no trade of 'NONE' among the records read" err

{ trade A 3 y && trade A 9 && trade B 2 && trade A 8 && trade A 4 y &&
	trade C null x 1 && trade C null x 2 && trade B 2 x 5; } >input
topic order 1 <input
last order --scan 8
for line in 2 8 7 5; do sed -n ${line}p input; done >wanted
is "the highest id counts, else the last record" "$(cat out)" "$(cat wanted)"

trade A 5 kraken 7 >input
"$ROOT/tests/servers/broker-topic" create "$run-headers" 1
kafka-publish -q -t "$run-headers" --omit trade_id,side,exchange --header trade_id \
	--header exchange <input
last headers
is "members that are headers" "$(cat out)" \
	'{"product_id":"A","timestamp":"2026-01-01T00:00:07.000000Z","trade_id":5,"exchange":"kraken"}'
kcat -b "$TEST_BROKERS" -P -t "$run-headers" -H trade_id=6 -H trade_id=7 -H exchange=kraken \
	-H product_id=A -H timestamp=2026-01-01T02:00:07+02:00 <<-END
	{}
END
last headers
is "all of them, and the last of one name" "$(cat out)" \
	'{"product_id":"A","timestamp":"2026-01-01T00:00:07.000000Z","trade_id":7,"exchange":"kraken"}'
printf '{"product_id":"A","timestamp":"2026-01-01T00:00:08Z",\n"trade_id":8,"exchange":"kraken"}|' |
	kcat -b "$TEST_BROKERS" -P -t "$run-headers" -D '|'
last headers
is "a value of several lines becomes one" "$(cat out)" \
	'{"product_id":"A","timestamp":"2026-01-01T00:00:08.000000Z","trade_id":8,"exchange":"kraken"}'

"$ROOT/tests/servers/broker-topic" create "$run-bad" 1
{ trade A 1 && echo no && seq 5 && echo '{"product_id":"A"}' && trade A 2; } |
	kcat -b "$TEST_BROKERS" -P -t "$run-bad"
echo "key:" | kcat -b "$TEST_BROKERS" -P -t "$run-bad" -K : -Z
last bad
is "what is no trade: exit, record, account" "$status $(ids) $account" \
	"3 x A 2 read=10 written=1 passed=2 bad=7"
is "five are named" "$(grep -c "warning: topic '$run-bad': partition 0, offset [1-5]: " err)" 5
ok "and the others counted" grep -q "warning: topic '$run-bad': ... and 2 more" err

"$ROOT/tests/servers/broker-topic" create "$run-empty" 2
last empty
is "an empty topic is nothing" "$status $(cat out)$account" "0 read=0 written=0 passed=0 bad=0"
last missing
ends 2 "cannot use topic '$run-missing' .*does not exist"
timeout 60 kafka-last -t "$run-one" >/dev/full 2>err
is "a full disk: exit" "$?" 1
ok "a full disk: account" grep -q "read=5000 written=0 passed=4996 bad=0 unwritten=4" err

# --- transactions ---------------------------------------------------------------------------------

cat >txn.py <<'END'
import sys
from confluent_kafka import Producer
brokers, topic = sys.argv[1:]
producer = Producer({"bootstrap.servers": brokers, "transactional.id": topic})
producer.init_transactions()
verbs = {"begin": producer.begin_transaction, "commit": producer.commit_transaction,
         "abort": producer.abort_transaction}
for line in map(str.strip, sys.stdin):
    if line in verbs:
        verbs[line]()
    else:
        producer.produce(topic, line, partition=0)
        producer.flush()
    print("done", flush=True)
END
writer() { /usr/bin/python3 txn.py "$TEST_BROKERS" "$run-$1"; }
alone() { echo begin && trade "$@" && echo commit; }

"$ROOT/tests/servers/broker-topic" create "$run-markers" 2
i=0
while [ $((i += 1)) -le 40 ]; do alone A $i; done | writer markers >acks
last markers --scan 30
is "markers are no records" "$status $(ids)" "0 x A 40"
ok "and do not keep from reading as many" test "$(number read)" -ge 30

{ alone A 1 && echo begin && seq 3000 && trade A 9 && echo abort; } >input
"$ROOT/tests/servers/broker-topic" create "$run-aborted" 1
writer aborted <input >acks
last aborted
is "what was aborted is not there" "$status $(ids) ${account%% *}" "0 x A 1 read=1"

"$ROOT/tests/servers/broker-topic" create "$run-open" 2
mkfifo open.in
writer open <open.in >open.out &
exec 3>open.in
{ alone A 1 && echo begin && trade A 2; } >&3
has_done() { [ "$(wc -l <open.out)" -ge "$1" ]; }
ok "a transaction is open" await 20 has_done 5
last open --wait 200ms
ends 1 "cannot read the end of topic '$run-open' .*transaction in partition 0 is still open at offset 2"
waits() { grep -q "waiting for a transaction in partition 0 .*at offset 2" "$1.err"; }
timeout 60 kafka-last -v -t "$run-open" >waited 2>waited.err &
pid=$!
kafka-last -v -t "$run-open" >stopped 2>stopped.err &
stopped=$!
ok "waiting is told" await 10 waits stopped
kill -TERM "$stopped"
wait "$stopped" 2>ended
is "a stop signal ends the wait" "$? $(cat stopped)" "143 "
await 10 waits waited
is "the other one waits" "$(kill -0 "$pid" && cat waited)" ""
kafka-last -v -t "$run-open" --connect-timeout 1s >frozen 2>frozen.err &
frozen=$!
await 10 waits frozen
kill -STOP "$TEST_BROKER_PID"
wait "$frozen"
is "a broker that freezes meanwhile: exit" "$? $(cat frozen)" "1 "
ok "a broker that freezes meanwhile: message" grep -q "cannot read topic '$run-open' at" frozen.err
kill -CONT "$TEST_BROKER_PID"
echo commit >&3
wait "$pid"
is "a transaction that ends is seen" "$? $(jq .trade_id waited)" "0 2"
exec 3>&-

# --- the cursor of a run --------------------------------------------------------------------------

mkfifo cursor.in
timeout 60 "$tool" topic="$run-cursor" id="$run-id" partitions=3 <cursor.in >cursor.out &
exec 4>cursor.in
{ seq -f 'A %.0f' 3 && echo B 7 && echo commit && seq -f 'A %.0f' 4 5 && echo late; } >&4
says() { grep -q "$2" "$1.out"; }
ok "a run has committed, and goes on" await 20 says cursor "late done"
last cursor --exactly-once "$run-id"
is "its cursor, at once" "$status $(cat out)" '0 {"product_id":"A","timestamp":"1970-01-01T00:00:00.000000Z","trade_id":3,"exchange":"x"}
{"product_id":"B","timestamp":"1970-01-01T00:00:00.000000Z","trade_id":7,"exchange":"x"}'
is "its account" "$account" "read=2 written=2 passed=0 bad=0"
exec 4>&-
wait
last cursor --exactly-once "$run-id"
is "and when it has ended" "$(ids)" "x A 5,x B 7"
last cursor --exactly-once "$run-never"
is "an ID never used is nothing" "$status $(cat out)$account" "0 read=0 written=0 passed=0 bad=0"
last cursor --exactly-once "$run-id" --forget
is "forgetting" "$status $(cat out)" "0 "
last cursor --exactly-once "$run-id"
is "leaves nothing" "$status $(cat out)" "0 "
last cursor --exactly-once "$run-id" --forget
is "forgetting again is no error" "$status" 0

/usr/bin/python3 - "$TEST_BROKERS" "$run-cursor" <<'END'
import sys
from confluent_kafka import Consumer, TopicPartition
brokers, name = sys.argv[1:]
group = Consumer({"bootstrap.servers": brokers, "group.id": "tradepipe-cursor." + name})
group.commit(offsets=[TopicPartition(name, 1, 5)], asynchronous=False)
group.close()
END
last cursor --exactly-once "$run-cursor"
ends 2 "cannot use the cursor: its part in partition 1 is not of tradepipe's making"

# --- usage, rights, a broker that is frozen -------------------------------------------------------

usage() { # PATTERN ARG...
	name_of="usage: $1" pattern=$1
	shift
	kafka-last "$@" >out 2>err
	status=$?
	ends 2 ".*$pattern"
}
usage "option --topic is missing"
usage "option --forget needs --exactly-once" -t x --forget
usage "the ID of --exactly-once is empty" -t x --exactly-once=
usage "excludes --products and --scan" -t x --exactly-once y --scan 5
usage "'0' is neither all nor a number" -t x --scan 0
usage "'A,' names an empty product" -t x --products A,
kafka-last -b a:1 -X isolation.level=read_uncommitted --print-config >out
is "--print-config" "$(grep -E "^(metadata.broker.list|isolation.level)=" out)" \
	metadata.broker.list=a:1

acl() {
	"$ROOT/tests/servers/broker" tool kafka.admin.AclCommand \
		--bootstrap-server "$TEST_BROKERS" "$@" >acl.out 2>&1
}
if [ -n "${TEST_BROKERS_SASL:-}" ]; then
	cat >alice.conf <<-END
	security.protocol=SASL_SSL
	sasl.mechanism=PLAIN
	sasl.username=alice
	sasl.password=alice-secret
	ssl.ca.location=$TEST_BROKER_CA
	END
	acl --add --allow-principal User:bob --operation All --topic "$run-order"
	acl --add --allow-principal User:alice --operation Describe --topic "$run-order"
	last order -b "$TEST_BROKERS_SASL" -F alice.conf
	ends 2 "cannot read topic '$run-order' .*Topic authorization failed .*rights Describe and Read"
	acl --add --allow-principal User:alice --operation Read --topic "$run-order"
	last order -b "$TEST_BROKERS_SASL" -F alice.conf
	is "with these rights" "$status $(jq -r .trade_id out | paste -sd,)" "0 9,2,null,4"
else
	skip "rights" "TEST_BROKERS_SASL is not set"
fi

kill -STOP "$TEST_BROKER_PID"
last one --connect-timeout 1s
kill -CONT "$TEST_BROKER_PID"
ends 1 "cannot reach a broker at"
last one -b 127.0.0.1:1 --connect-timeout 300ms
ends 1 "cannot reach a broker at"

done_testing
