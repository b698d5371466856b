#!/bin/sh
# kafka-publish on a real broker: what is delivered, where it lies, and how it comes to be there.
# shellcheck disable=SC2154 # run, status and account are set by publish.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"

# --- delivery -------------------------------------------------------------------------------------

records 1 10000 >in
publish -t "$run-many" --create-topic 3 in
is "ten thousand records: exit" "$status" 0
is "ten thousand records: account" "$account" "$(account 10000 10000)"
consume "$run-many" '%s\n' | sort >got
sort in >wanted
ok "the values are the lines, byte for byte, each once" cmp got wanted

consume "$run-many" '%p %k %s\n' >got
ok "keys are product ids, partitions are those of Java's clients" \
	python3 "$ROOT/tests/kafka/murmur2.py" 3 10000 product_id got
records 1 600 | publish -t "$run-six" --create-topic 6
consume "$run-six" '%p %k %s\n' >got
ok "also over six partitions" python3 "$ROOT/tests/kafka/murmur2.py" 6 600 product_id got

# in_order: within each key, trade ids grow by as much as they do in the input.
in_order() {
	sed 's/.*"product_id":"\([^"]*\)".*"trade_id":\([0-9]*\).*/\1 \2/' in |
		awk 'p[$1] && $2 <= p[$1] { exit 1 } { p[$1] = $2 }'
}
consume "$run-many" '%s\n' >in
ok "records of one key keep their order" in_order

# --- lines ----------------------------------------------------------------------------------------

printf '\n{"product_id":"a"}\r\n\r\n{"product_id":"b"}\n\n  {"product_id" : "c" } ' >in
publish -t "$run-lines" --create-topic 1 in
is "blank lines are counted, the last line needs no newline" "$account" "$(account 3 3) empty=3"
is "of CRLF the CR goes, blanks within a line stay" "$(consume "$run-lines" '[%s]')" \
	'[{"product_id":"a"}][{"product_id":"b"}][  {"product_id" : "c" } ]'

printf '%s\n' '{"a":{"b":"x\u0041\"\n"},"n":12.50}' >in
publish -t "$run-dotted" --create-topic 1 -k a.b in
publish -t "$run-dotted" -k n in
publish -t "$run-dotted" -k none in
is "keys: a dotted path unescaped, a number's literal, none" "$(consume "$run-dotted" '<%k,%K>')" \
	"<xA\"
,4><12.50,5><,-1>"

records 1 3 >first
records 4 5 >second
records 6 9 >third
publish -t "$run-files" --create-topic 1 first - third <second
consume "$run-files" '%s\n' >got
records 1 9 >wanted
ok "several files, standard input among them, in order" cmp got wanted

publish -t "$run-files" </dev/null
is "no input at all: exit" "$status" 0
is "no input at all: account" "$account" "$(account 0 0)"
publish -q -t "$run-files" </dev/null
is "--quiet leaves out an account of success" "$(cat err)" ""

# --- flow -----------------------------------------------------------------------------------------

records 1 2000 >in
publish -t "$run-narrow" --create-topic 1 -X queue.buffering.max.messages=10 in
is "a queue of ten waits and drops nothing" "$status $account" "0 $(account 2000 2000)"
consume "$run-narrow" '%s\n' >got
ok "and all is there, in order" cmp got in

publish -t "$run-lz4" --create-topic 2 -z lz4 in
is "compressed: account" "$account" "$(account 2000 2000)"
consume "$run-lz4" '%s\n' | sort >got
sort in >wanted
ok "compressed: values" cmp got wanted

# A record that arrives alone is delivered, and known to be, while the input stays open.
mkfifo fifo
kafka-publish -t "$run-alone" --create-topic 1 <fifo 2>err &
pid=$!
exec 3>fifo
records 1 1 >&3
ok "a lone record is in the topic while the input is idle" await 10 has_records "$run-alone" 1
knows() { kill -USR1 "$pid" && grep -q "$(account 1 1)\$" err; }
ok "and its delivery is known" await 10 knows
ok "the program is still there" kill -0 $pid
exec 3>&-
wait $pid
is "it ends with its input" "$?" 0

# On a terminal it shows how far it is.
script -qfec "kafka-publish -t $run-alone <fifo" typescript >script.out 2>&1 &
pid=$!
exec 3>fifo
records 2 3 >&3
ok "progress on a terminal" await 10 grep -q "2 records" typescript
exec 3>&-
wait $pid
is "progress makes way for the account" \
	"$(tr '\r' '\n' <typescript | grep -c "^[^k]*kafka-publish: account: $(account 2 2)")" 1

# --- topics ---------------------------------------------------------------------------------------

publish -t "$run-missing" in
is "a missing topic: exit" "$status" 2
ok "a missing topic: message names topic and broker" grep -q \
	"^kafka-publish: cannot use topic '$run-missing' at '$KAFKA_BROKERS': it does not exist" err
ok "a missing topic stays missing" not "$ROOT/tests/servers/broker-topic" list "$run-missing"
ok "no account after a configuration error" not grep -q account: err

publish -t "$run-many" --create-topic 5 </dev/null
is "--create-topic on one with other partitions: exit" "$status" 0
ok "and a warning that names both" grep -q "'$run-many' .* has 3 partitions, not 5" err
is "it keeps its partitions" "$("$ROOT/tests/servers/broker-topic" list "$run-many")" "$run-many	3"
publish -t "$run-many" --create-topic 3:1 </dev/null
is "the same number is no matter" "$(grep -c warning err)" 0
publish -t "$run-fresh" --create-topic 2:9 in
is "more replicas than brokers: exit" "$status" 2
ok "and the broker's reason" grep -q "cannot create topic '$run-fresh' .*replication factor" err
publish -t 'no topic' --create-topic 1 in
is "a name that no topic can have" "$status" 2
for wish in 0 x 1: :1 1:0 3:1:1 99999999999; do
	publish -t "$run-fresh" --create-topic $wish in
	is "--create-topic $wish" "$status" 2
done

done_testing
