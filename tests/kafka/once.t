#!/bin/sh
# kafka-publish --exactly-once on a real broker: what begins, goes on, is skipped and refused; when
# transactions are committed; where letters and lines go.
# shellcheck disable=SC2154 # run, status and account are set by publish.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"

# trades PRODUCT FIRST LAST [TIME]
trades() {
	seq -f "{\"product_id\":\"$1\",\"timestamp\":\"${4:-2026-09-30T01:34:50Z}\",\"trade_id\":%.0f,\"exchange\":\"x\"}" \
		"$2" "$3"
}

# once NAME ARG...: the file in, under an ID and into a topic of that name; as publish.
once() {
	name=$1
	shift
	publish -t "$run-$name" --exactly-once "$run-$name" --create-topic 2 "$@" in
}
ended() { same "$status $account" "$1 $(totals "$2" "$3" "$4" "${5:-0}" "${6:-0}" "${7:-0}")"; }
# totals READ ACKED SKIPPED [DEAD [UNSENT [UNKNOWN]]]
totals() { echo "read=$1 acked=$2 dead=${4:-0} skipped=$3 unsent=${5:-0} unknown=${6:-0}"; }
says() { grep -q "^kafka-publish: $1" err; }

# held NAME: product and id of what a reader at read_committed sees, in the order of each product.
held() {
	kcat -b "$TEST_BROKERS" -C -t "$run-$1" -e -q -X isolation.level=read_committed \
		-X fetch.wait.max.ms=10 -f '%s\n' | jq -r '"\(.product_id)\(.trade_id)"' |
		sort -s -k 1.1,1.1 | xargs
}
holds() { [ "$(held "$1")" = "$2" ]; }

# --- begin, go on ---------------------------------------------------------------------------------

{ trades A 1 3 && trades B 7 8; } >in && once flow
ok "an empty topic: a flow begins" ended 0 5 5 0
ok "and readers at read_uncommitted are mentioned" says "warning: readers at read_uncommitted"
once flow -q
is "-q: all is skipped, and nothing said" "$status $(cat err)" "0 "
once flow
ok "what is there is skipped" ended 0 5 0 5
{ trades A 2 5 && trades C 1 1; } >in && once flow
ok "what is new is published, new streams too" ended 0 5 3 2
is "each is there once" "$(held flow)" "A1 A2 A3 A4 A5 B7 B8 C1"
is "the cursor" "$(kafka-last -q -t "$run-flow" --exactly-once "$run-flow" |
	jq -r '"\(.product_id)\(.trade_id)"' | xargs)" "A5 B8 C1"

publish -t "$run-flow" --exactly-once "$run-other" in
is "an ID without a cursor, a topic with records: exit" "$status $account" "2 "
ok "an ID without a cursor, a topic with records: message" says "cannot begin as '$run-other': it \
has no cursor, and topic '$run-flow' is not empty (--begin says that this is a new flow, --adopt FILE"
trades A 9 9 >in && publish -t "$run-flow" --exactly-once "$run-other" --begin in
ok "--begin" ended 0 1 1 0
trades A 9 10 >in && publish -t "$run-flow" --exactly-once "$run-other" --begin in
ok "--begin again goes on" ended 0 2 1 1

kafka-last -q -t "$run-flow" --exactly-once "$run-other" >last.ndjson
trades A 10 11 >in && publish -t "$run-flow" --exactly-once "$run-adopter" --adopt last.ndjson in
ok "--adopt" ended 0 2 1 1
publish -t "$run-flow" --exactly-once "$run-adopter" --adopt last.ndjson in
is "--adopt beside a cursor: exit" "$status" 2
ok "--adopt beside a cursor: message" says "cannot adopt 'last.ndjson': this ID has a cursor already"
: >empty && publish -t "$run-flow" --exactly-once "$run-empty" --adopt empty in
is "--adopt of an empty file: exit" "$status" 2
ok "--adopt of an empty file: message" says "cannot adopt 'empty': it has no record"
publish -t "$run-flow" --exactly-once "$run-empty" --adopt nosuch in
is "--adopt of no file: exit" "$status" 2
publish -t "$run-flow" --exactly-once "$run-flow" --stream @x,product_id in
is "another --stream: exit" "$status" 2
ok "another --stream: message" says "cannot use the cursor: it is of streams by exchange,product_id"
publish -t "$run-flow" --exactly-once "$run-flow" --partition 7 in
is "a partition that is not there: exit" "$status" 2

# --- what is refused ------------------------------------------------------------------------------

# refuses NAME REASON LINE ARG...: behind A1 to A3 and before A4; it ends the run, then it is kept.
refuses() {
	name=$1 reason=$2 line=$3 tag=$((${tag:-0} + 1))
	shift 3
	{ trades A 1 3 && echo "$line" && trades A 4 4; } >in
	once "refuses$tag" "$@"
	ok "$name: exit and account" ended 1 4 3 0 1
	ok "$name: message" says "in: line 4: $reason"
	is "$name: what came before is published" "$(held "refuses$tag")" "A1 A2 A3"
	rm -f dead
	once "refuses$tag" --dead-letter dead "$@"
	ok "$name: kept: exit and account" ended 3 5 1 3 1
	ok "$name: kept: message" says "warning: in: line 4: $reason"
	is "$name: kept: letter" "$(jq -r .record dead)" "$line"
}
refuses "a gap" "ids 4 to 8 of 'x,A' are missing before id 9 (--allow-gaps" "$(trades A 9 9)"
once refuses1 --allow-gaps
ok "--allow-gaps" ended 0 5 1 4
trades A 4 4 >in && once refuses1
ok "what is behind a gap that was allowed is skipped" ended 0 1 0 1
refuses "below" "id 0 of 'x,A' is below 1, where it begins" "$(trades A 0 0)"
refuses "later" "id 2 of 'x,A' is not above the last one, 3, but later than its time" \
	"$(trades A 2 2 2026-10-01T00:00:00Z)"
refuses "no id" "it has no id: 'trade_id' is missing" '{"product_id":"A","exchange":"x"}'
refuses "no stream" "'exchange', by which its stream is told, is missing" \
	'{"product_id":"A","trade_id":4}'
refuses "no JSON" "not JSON: no value where one is due, byte 1" 'oops'
once "refuses$tag" --dead-letter dead
ok "what has no place in a stream is refused again by the next run" ended 3 5 0 4 1

# What has its place in a stream and cannot be published is refused once.
dies() {
	{ trades A 1 3 && echo "$3" && trades A 5 5; } >in
	rm -f dead
	name=$1 reason=$2 topic=$4
	shift 4
	once "$topic" "$@"
	ok "$name: ends the run" ended 1 4 3 0 1
	ok "$name: message" says "in: line 4: $reason"
	once "$topic" "$@" --dead-letter dead
	ok "$name: the next run meets it again, and goes on with --dead-letter" ended 3 5 1 3 1
	is "$name: its letter" "$(jq -r .record dead)" "$(sed -n 4p in)"
	once "$topic" "$@" --dead-letter dead
	ok "$name: then it is behind the cursor" ended 0 5 0 5
	is "$name: the others are there" "$(held "$topic")" "A1 A2 A3 A5"
}
dies "no key" "'timestamp', the key, is missing" \
	'{"product_id":"A","trade_id":4,"exchange":"x"}' keyless --key timestamp

# Only brokers tell what is too large, once it is on its way.
"$ROOT/tests/servers/broker-topic" create "$run-large" 2 max.message.bytes=2000
{ trades A 1 3 && trades A 4 4 | sed "s/}/,\"more\":\"$(printf '%03000d' 0)\"}/" && trades A 5 5; } >in
once large --unsent large.unsent
ok "too large: ends the run, and its transaction" ended 1 5 0 0 1 4
ok "too large: message" says "in: line 4: Broker: Message size too large"
is "too large: the others are unsent" "$(jq -r .trade_id large.unsent)" "1
2
3
5"
is "too large: nothing is there" "$(held large)" ""
once large --dead-letter large.dead
ok "too large: the next run meets it again: exit and account" ended 3 5 4 0 1
ok "too large: message" says "warning: in: line 4: Broker: Message size too large"
is "too large: letter" "$(jq -r .record large.dead)" "$(sed -n 4p in)"
is "the others stand without it" "$(held large)" "A1 A2 A3 A5"
once large
ok "then it is behind the cursor" ended 0 5 0 5

# --- files ----------------------------------------------------------------------------------------

{ trades A 1 2 && echo oops && trades A 3 2500; } >in && rm -f dead
once files --txn-records 100 --tee --receipts receipts --unsent unsent --unknown unknown \
	--dead-letter dead >out
ok "with all files: exit and account" ended 3 2501 2500 0 1
grep -v oops in | cmp - out
is "--tee: the lines, in input order" $? 0
jq -r '"\(.topic) \(.partition) \(.offset) \(.timestamp_ms)"' receipts | sort >claimed
consume "$run-files" "$run-files %p %o %T\n" | sort >there
ok "--receipts: where they lie" cmp claimed there
is "and the other files are empty" "$(cat unsent unknown)" ""
{ trades A 1 1 && yes oops | head -n 3000 && trades A 2 2; } >in
once many --dead-letter many.dead --txn-interval 2m
ok "more dead records than wait for one commit" ended 3 3002 2 0 3000
is "each has its letter, in order" "$(jq .line many.dead | cksum)" "$(seq 2 3001 | cksum)"
{ trades A 1 2 && echo oops && trades A 3 2500; } >in
once files --tee --dead-letter discard >out
ok "discarded" ended 3 2501 0 2500 1
is "what is skipped is not acknowledged" "$(cat out)" ""

"$ROOT/tests/servers/broker-topic" create "$run-letters" 1
once lettered --dead-letter "topic:$run-letters" --omit exchange
ok "letters to a topic: exit and account" ended 3 2501 2500 0 1
is "letters to a topic" "$(consume "$run-letters" '%s\n' | jq -r '"\(.line) \(.record)"')" "3 oops"
is "--omit" "$(consume "$run-lettered" '%s\n' | jq -r .exchange | sort -u)" null
once lettered --dead-letter "topic:$run-nowhere"
is "a topic for letters that is missing: exit" "$status" 2
ok "a topic for letters that is missing: message" says "cannot use dead-letter topic '$run-nowhere'"

# --- pipes ----------------------------------------------------------------------------------------

# start NAME ARG...: from a FIFO, which descriptor 3 writes; messages go to the file NAME.err.
start() {
	name=$1
	shift
	rm -f input && mkfifo input
	kafka-publish -t "$run-$name" --exactly-once "$run-$name" --create-topic 1 "$@" <input \
		>"$name.out" 2>"$name.err" &
	pid=$!
	exec 3>input
}
finish() { # NAME
	exec 3>&-
	wait "$pid" 2>ended
	status=$?
	cp "$1.err" err
	account=$(sed -n 's/^kafka-publish: account: //p' err)
}
mentions() { grep -q "$2" "$1.err"; }

start idle --txn-interval 100ms
trades A 1 2 >&3
ok "input stays open: records are committed by the clock" await 10 holds idle "A1 A2"
trades A 3 3 >&3
ok "and again" await 10 holds idle "A1 A2 A3"
finish idle
ok "at the end of input" ended 0 3 3 0

start letter --txn-interval 2m --dead-letter letter.dead
{ trades A 1 1 && echo oops; } >&3
ok "a dead record is named at once" await 10 mentions letter "warning: line 2: not JSON"
is "its letter waits for the commit" "$(held letter)$(cat letter.dead)" ""
finish letter
ok "the commit comes with the end of input" ended 3 2 1 0 1
is "and its letter" "$(held letter) $(jq -r .record letter.dead)" "A1 oops"

start timed --txn-interval 100ms --dead-letter timed.dead --key timestamp
echo '{"product_id":"A","trade_id":1,"exchange":"x"}' >&3
ok "a dead record that the cursor passes is committed by the clock, alone" \
	await 10 test -s timed.dead
finish timed
ok "its account" ended 3 1 0 0 1

start records --txn-records 3 --txn-interval 2m
trades A 1 7 >&3
ok "records are committed by their number" await 10 holds records "A1 A2 A3 A4 A5 A6"
kill -TERM "$pid"
trades A 8 8 >&3
finish records
ok "SIGTERM, a pipe: read to its end, and committed" ended 143 8 8 0
is "SIGTERM, a pipe: all is there" "$(held records)" "A1 A2 A3 A4 A5 A6 A7 A8"

start renewal --cursor-renewal 1s -v
trades A 1 1 >&3
ok "an idle run renews its cursor" await 10 mentions renewal "renewing the cursor of '$run-renewal'"
finish renewal
ok "and ends as others do" ended 0 1 1 0

# --- two runs under one ID ------------------------------------------------------------------------

start fenced --txn-interval 100ms --unsent fenced.unsent --dead-letter fenced.dead
trades A 1 2 >&3
ok "a run has begun" await 10 holds fenced "A1 A2"
trades A 2 3 >in && once fenced
ok "a second run under its ID goes on from there" ended 0 2 1 1
printf '%s\noops\n' "$(trades A 3 4)" >&3 # in one write: no commit comes between them
finish fenced
is "the first one is fenced: exit" "$status" 1
ok "the first one is fenced: message" says "cannot go on as '$run-fenced': another run has taken"
is "the first one is fenced: account" "$(number fenced)" 1
is "its records are unsent, and in their file" "$(number unsent) $(wc -l <fenced.unsent)" "3 3"
ok "a dead record is named" says "warning: line 5: not JSON"
is "and has no letter, since its transaction does not stand" "$(cat fenced.dead)" ""
once fenced
ok "another one goes on" ended 0 2 0 2
is "nothing is there twice" "$(held fenced)" "A1 A2 A3"

# --- a commit without an answer -------------------------------------------------------------------

rm -f proxy.address # the first commit is the one that begins the flow
"$ROOT/tests/servers/kafka-proxy" "$TEST_BROKERS" proxy.address answer-hang 2 >proxy.log &
await 10 test -s proxy.address
{ trades A 1 2 && echo oops; } >in
once doubt -b "$(cat proxy.address)" --delivery-timeout 6s --dead-letter doubt.dead \
	--unsent doubt.unsent --unknown doubt.unknown
struck() { grep -q struck proxy.log; }
ok "a commit whose answer is lost: it happened" struck
ok "and it is settled by the cursor" ended 3 3 2 0 1
is "each is there once" "$(held doubt) $(jq -r .record doubt.dead)" "A1 A2 oops"

# Of the third one: the second one ends what has to be sent again, without the record that is too large.
"$ROOT/tests/servers/broker-topic" create "$run-again" 1 max.message.bytes=2000
rm -f proxy.address proxy.log
"$ROOT/tests/servers/kafka-proxy" "$TEST_BROKERS" proxy.address answer-hang 3 >proxy.log &
await 10 test -s proxy.address
{ trades A 1 1 && trades A 2 2 | sed "s/}/,\"more\":\"$(printf '%03000d' 0)\"}/" && trades A 3 3; } >in
once again -b "$(cat proxy.address)" --delivery-timeout 5s --dead-letter again.dead
ok "the answer to a second attempt is lost: it happened" struck
ok "and it is settled as well" ended 3 3 2 0 1
is "each is there once, as above" "$(held again)" "A1 A3"

rm -f proxy.address proxy.log
"$ROOT/tests/servers/kafka-proxy" "$TEST_BROKERS" proxy.address answer-hang 2 >proxy.log &
await 10 test -s proxy.address
start early -b "$(cat proxy.address)" --txn-records 2 --drain-timeout 2s --dead-letter early.dead
trades A 1 2 >&3
ok "a commit hangs" await 10 struck
echo oops >&3
ok "a dead record that comes meanwhile is named" await 10 mentions early "warning: line 3: not JSON"
kill -TERM "$pid"
finish early
ok "its letter waits for the commit, and is not written without it" ended 3 3 0 0 0 1 2
is "nor is there any" "$(cat early.dead)" ""

rm -f proxy.address proxy.log
"$ROOT/tests/servers/kafka-proxy" "$TEST_BROKERS" proxy.address answer-hang 2 >proxy.log &
await 10 test -s proxy.address
start gone -b "$(cat proxy.address)" --txn-records 1 --delivery-timeout 4s
trades A 1 1 >&3
ok "a commit hangs once more" await 10 struck
kafka-last -q -t "$run-gone" --exactly-once "$run-gone" --forget
finish gone
ok "the cursor was deleted meanwhile: the run ends" ended 1 1 0 0 0 0 1
ok "and does not take it for another one's" says "cannot go on as '$run-gone': its cursor is gone"

rm -f proxy.address proxy.log
"$ROOT/tests/servers/kafka-proxy" "$TEST_BROKERS" proxy.address answer-hang 1 >proxy.log &
await 10 test -s proxy.address
start beginning -b "$(cat proxy.address)" --drain-timeout 200ms
ok "the first commit of all hangs" await 10 struck
kill -TERM "$pid"
finish beginning
ok "SIGTERM, and nothing was read: it ends by the signal, and nothing is wrong" ended 143 0 0 0
ok "nor called so" not grep -q "cannot" err

# --- rights ---------------------------------------------------------------------------------------

acl() {
	"$ROOT/tests/servers/broker" tool kafka.admin.AclCommand \
		--bootstrap-server "$TEST_BROKERS" --add --allow-principal User:alice "$@" >acl.out 2>&1
}
trades A 1 2 >in
if [ -n "${TEST_BROKERS_SASL:-}" ]; then
	cat >alice.conf <<-END
	security.protocol=SASL_SSL
	sasl.mechanism=PLAIN
	sasl.username=alice
	sasl.password=alice-secret
	ssl.ca.location=$TEST_BROKER_CA
	END
	alice() { publish -t "$run-rights" --exactly-once "$run-rights" -b "$TEST_BROKERS_SASL" \
		-F alice.conf in; }
	"$ROOT/tests/servers/broker-topic" create "$run-rights" 1
	acl --operation Write --topic "$run-rights"
	alice
	is "without the right to the transactional id: exit" "$status" 2
	ok "without the right to the transactional id: message" grep -q "Authorization failed\|authorization failed" err
	acl --operation Write --transactional-id "$run-rights"
	acl --operation Read --topic "$run-rights" --group "tradepipe-cursor.$run-rights"
	alice
	ok "with the rights of the manual" ended 0 2 2 0
else
	skip "rights" "TEST_BROKERS_SASL is not set"
fi

# --- usage ----------------------------------------------------------------------------------------

# usage PATTERN ARG...
usage() {
	pattern=$1 && shift
	exits 2 kafka-publish -t "$run-flow" "$@" <in 2>err && grep -q -e "$pattern" err
}
ok "--dry-run" usage "--dry-run and --exactly-once exclude each other" --exactly-once x --dry-run
ok "--begin --adopt" usage "--begin and --adopt exclude each other" --exactly-once x --begin --adopt f
for option in --begin --allow-gaps --adopt=f --stream=@x,product_id --id=trade_id --time=t \
	--txn-records=5 --txn-interval=2s --cursor-renewal=1h; do
	ok "$option alone" usage "option ${option%%=*} needs --exactly-once" "$option"
done
ok "a transaction that brokers would give up" usage "--txn-interval" --exactly-once x --txn-interval 3m
ok "a stream that is none" usage "cannot tell streams by ','" \
	--exactly-once x --stream ,
ok "an empty ID" usage "the ID is empty" --exactly-once ''
ok "--print-config shows the ID" grep -qx "transactional.id=it" <<END
$(kafka-publish --print-config --exactly-once it)
END
ok "a file that is adopted and written" usage "cannot use 'f' as well: it is where" \
	--exactly-once x --adopt f --unsent f

done_testing
