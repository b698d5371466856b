#!/bin/sh
# kafka-publish where something is refused: records, properties, connections, and by the broker that
# librdkafka has built in, errors on request.
# shellcheck disable=SC2154 # run, status and account are set by publish.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"

# --- records --------------------------------------------------------------------------------------

# sized BYTES: a record with that many zeros in it.
sized() {
	printf '{"product_id":"x","y":"'
	head -c "$1" /dev/zero | tr '\0' 0
	echo '"}'
}

# refuses NAME LINE REASON: as line 6 of 10; the five before it are delivered, nothing behind it.
number=0
refuses() {
	number=$((number + 1))
	records 1 5 >good
	{ cat good && printf '%s\n' "$2" && records 7 10; } >in
	publish -t "$run-bad$number" --create-topic 1 <in
	is "$1: exit" "$status" 1
	is "$1: account" "$account" "$(account 6 5 1)"
	is "$1: message" "$(grep -v account: err)" "kafka-publish: line 6: $3"
	consume "$run-bad$number" '%s\n' >got
	ok "$1: what came before is delivered" cmp got good
}
refuses "no JSON" 'oops' "not JSON: no value where one is due, byte 1"
refuses "JSON, but no object" '[1]' "not a JSON object, byte 1"
refuses "a torn object" '{"product_id":"BTC/USD"' "not JSON: ends too early, byte 24"
refuses "two objects in a line" '{"product_id":"x"} {}' "not JSON: something behind the value, byte 20"
refuses "no key" '{"price":1}' "'product_id', the key, is missing"
refuses "a key that is null" '{"product_id":null}' \
	"'product_id', the key, is neither a string nor a number"

{ records 1 2 && printf '{"product_id":"\0"}\n' && records 3 4; } >in
publish -t "$run-bad1" in
is "a NUL byte: account" "$account" "$(account 3 2 1)"
ok "a NUL byte: the message names file and line" grep -q "^kafka-publish: in: line 3: " err
records 1 3 >first
{ records 4 6 && echo x; } >second
publish -t "$run-bad1" first second first
ok "lines are counted in each file" grep -q "^kafka-publish: second: line 4: " err
{ records 1 2 && sized 9000000; } >in
publish -t "$run-bad1" in
is "a line over the ceiling: account" "$status $account" "1 $(account 3 2 1)"
ok "a line over the ceiling: message" grep -q "in: line 3: the line is over 8 MiB long" err

# What is too large is for the topic to say. By then the records behind are on their way: none of
# them is refused for it, nor for being many.
"$ROOT/tests/servers/broker-topic" create "$run-small" 1 max.message.bytes=2000
records 1 1000 >good
{ head -n 500 good && sized 3000 && tail -n 500 good; } >in
publish -t "$run-small" in
is "too large for the topic: exit and account" "$status $account" "1 $(account 1001 1000 1)"
ok "too large for the topic: line" grep -q "in: line 501: Broker: Message size too large" err
consume "$run-small" '%s\n' >got
ok "too large for the topic: all others are there, in order" cmp got good
"$ROOT/tests/servers/broker-topic" create "$run-large" 1 max.message.bytes=9000000
{ records 1 1 && sized 8000000; } >in
publish -t "$run-large" in
is "a topic that takes more than usual" "$status $account" "0 $(account 2 2)"

# A topic that is deleted on the way.
mkfifo fifo
"$ROOT/tests/servers/broker-topic" create "$run-deleted" 1
kafka-publish -t "$run-deleted" <fifo 2>err &
pid=$!
exec 3>fifo
records 1 1 >&3
await 10 has_records "$run-deleted" 1
"$ROOT/tests/servers/broker-topic" delete "$run-deleted"
more() { records 2 2 >&3; not kill -0 "$pid"; }
ok "a topic that is deleted ends the run" await 10 more
exec 3>&-
wait $pid
is "a topic that is deleted: exit" "$?" 1
ok "a topic that is deleted: message" \
	grep -q "cannot deliver to topic '$run-deleted' at .*: it is no longer there" err

# --- properties -----------------------------------------------------------------------------------

# says STATUS PATTERN ARG...
says() {
	wanted=$1 pattern=$2
	shift 2
	publish -t "$run-bad1" "$@" </dev/null
	same "$status" "$wanted" && { grep -q -e "$pattern" err || { cat err && false; }; }
}
for secret in sasl.password ssl.key.password ssl.keystore.password ssl.key.pem ssl.keystore.key; do
	ok "-X $secret is refused" says 2 "$secret.*write it in the file of --config" -X "$secret=hush"
	ok "and its value is not shown" not grep -q hush err
done
ok "-X message.timeout.ms" says 2 "write --delivery-timeout" -X message.timeout.ms=1
ok "-X without a value" says 2 "it is not name=value" -X linger.ms
ok "-X of no property" says 2 'No such configuration property: "nosuch"' -X nosuch=1
ok "-X with a value that is none" says 2 "linger.ms" -X linger.ms=x
ok "-X acks=1 contradicts idempotence" says 2 "acks. must be set to .all" -X acks=1
ok "without idempotence it does not" says 0 account: -X acks=1 -X enable.idempotence=false
ok "no file" says 2 "cannot read 'nosuch': No such file" -F nosuch
ok "a folder" says 2 "cannot read '.': Is a directory" -F .

# in_file STATUS PATTERN LINE
in_file() { printf '# a comment\n\n%s\n' "$3" >conf && says "$1" "$2" -F conf; }
ok "a line that is no assignment" in_file 2 "cannot use 'conf', line 3: it is not" "hush hush"
ok "and is not shown" not grep -q hush err
ok "a JAAS string" in_file 2 "'conf', line 3: write sasl.username=" "sasl.jaas.config=X username=hush;"
ok "and is not shown" not grep -q hush err
ok "a JKS store" in_file 2 "only PEM" "ssl.truststore.location=/x/trust.jks"
ok "a JKS store by its type" in_file 2 "only PEM" "ssl.truststore.type=JKS"
ok "a Java class" in_file 2 "write partitioner=murmur2_random" "partitioner.class=org.x.Y"
ok "bytes that are none" in_file 2 "not a number of bytes" "buffer.memory=lots"
ok "blanks around a name and its value, and a CR" in_file 0 account: "$(printf ' linger.ms = 5 \r')"

if [ -n "${TEST_BROKERS_SASL:-}" ]; then
	cat >java.properties <<-EOF
	bootstrap.servers=$TEST_BROKERS_SASL
	security.protocol=SASL_SSL
	sasl.mechanism=PLAIN
	sasl.username=alice
	sasl.password=alice-secret
	ssl.truststore.type=PEM
	ssl.truststore.location=$TEST_BROKER_CA
	key.serializer=org.apache.kafka.common.serialization.StringSerializer
	buffer.memory=33554432
	max.request.size=900000
	EOF
	records 1 3 >in
	unset KAFKA_BROKERS
	publish -t "$run-bad1" -F java.properties in
	is "a Java client's file" "$status $account" "0 $(account 3 3)"
	sed 's/alice-secret/wrong/' java.properties >wrong.properties
	publish -t "$run-bad1" -F wrong.properties in
	is "a wrong password: exit" "$status" 2
	ok "a wrong password: message" grep -q "at '$TEST_BROKERS_SASL': .*[Aa]uthentication" err
	ok "the password is not shown" not grep -q wrong err
	grep -v truststore.location java.properties >untrusted.properties
	publish -t "$run-bad1" -F untrusted.properties in
	is "an authority that we do not trust: exit" "$status" 2
	ok "and message" grep -q "is signed by no authority" err
	# shellcheck disable=SC2153 # another variable of the broker's
	publish -t "$run-bad1" -b "$TEST_BROKERS_SSL" -X security.protocol=ssl \
		-X ssl.ca.location="$TEST_BROKER_CA" in
	is "no client certificate: exit" "$status" 2
	KAFKA_BROKERS=$TEST_BROKERS
	export KAFKA_BROKERS
	publish -t "$run-bad1" -F java.properties -X security.protocol=plaintext in
	is "the environment beats a file, -X all" "$status $account" "0 $(account 3 3)"
else
	skip "security" "TEST_BROKERS_SASL is not set"
fi

# --- connections ----------------------------------------------------------------------------------

ok "nobody listens" says 1 "cannot reach a broker at '127.0.0.1:1': .*Connection refused" \
	-b 127.0.0.1:1 --connect-timeout 300ms
ok "that is accounted for" grep -qx "kafka-publish: account: $(account 0 0)" err
ok "an empty list of brokers" says 2 "cannot connect: the list of brokers is empty" -b ""
ok "no such host" says 1 "cannot reach a broker at 'nosuch.invalid:1': .*resolve" \
	-b nosuch.invalid:1 --connect-timeout 300ms
ok "TLS with a port that speaks none" says 1 "cannot reach a broker at" \
	-X security.protocol=ssl --connect-timeout 300ms
ok "a signal while connecting" exits 143 timeout -s TERM --preserve-status 0.3 \
	kafka-publish -b 127.0.0.1:1 -t x </dev/null
(
	unset KAFKA_BROKERS
	KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1 says 1 "'127.0.0.1:1'" --connect-timeout 100ms &&
		KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1 KAFKA_BROKERS=127.0.0.1:2 \
			says 1 "'127.0.0.1:2'" --connect-timeout 100ms &&
		says 1 "'localhost:9092'" --connect-timeout 100ms
)
is "KAFKA_BOOTSTRAP_SERVERS, KAFKA_BROKERS, localhost:9092" $? 0

# --- errors on request ----------------------------------------------------------------------------

start_mock_broker --topic t
publish -t other </dev/null
is "a broker that creates topics when asked for is not asked" "$status" 2
kill "$!"
wait "$!" 2>ended

# injected NAME STATUS ACCOUNT PATTERN ERROR,...: as answers to the first requests to produce.
records 1 10 >in
injected() {
	rm -f broker.address
	start_mock_broker --topic t --push-errors "0:$5"
	rm -f unsent unknown
	publish -t t --unsent unsent --unknown unknown in
	is "$1: exit" "$status" "$2"
	is "$1: account" "$account" "$3"
	is "$1: files" "$(cat unsent)/$(cat unknown)" \
		"$(head -n "$(number unsent)" in)/$(head -n "$(number unknown)" in)"
	ok "$1: message" grep -q -e "$4" err
	kill "$!"
	wait "$!" 2>ended
}
injected "errors that pass (not leader, timed out, too few replicas)" 0 "$(account 10 10)" . 6,7,19
injected "a repetition that the broker has recognised" 0 "$(account 10 10)" . 46
injected "sequence lost: librdkafka gives up" 1 "$(account 10 0 0 0 10)" "cannot deliver.*sequence" 45
injected "a record refused for good" 1 "$(account 10 0 10)" "in: line 1: Broker: .* record" 87
injected "no right to write" 2 "$(account 10 0 0 10)" "cannot deliver to topic 't' at .*authoriz" 29
injected "an unknown producer's error" 1 "$(account 10 0 0 10)" "cannot deliver to topic 't'" 35

done_testing
