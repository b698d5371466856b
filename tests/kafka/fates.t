#!/bin/sh
# kafka-publish and the fate of each record: what is said, the exit code, the account, and the files
# in which each line is found again.
# shellcheck disable=SC2154 # run, status and account are set by publish.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
broker_topic=$ROOT/tests/servers/broker-topic

# --- what records become --------------------------------------------------------------------------

now=$(date +%s)000
cat >in <<EOS
{"product_id":"a","trade_id":1,"exchange":"kraken","time":$now,"x":{"y":"deep \u00e9"}}
{"product_id":"b","trade_id":null,"time":"$(date -u -d "@${now%000}" +%Y-%m-%dT%H:%M:%S.25Z)"}
EOS
publish -t "$run-made" --create-topic 2 --header trade_id --header e=exchange --header x.y \
	--header via=@test --timestamp time --omit trade_id,exchange,x --partition 1 in
is "key, headers, time, partition, omission: exit" "$status $account" "0 $(account 2 2)"
consume "$run-made" '%p|%k|%h|%T|%s\n' >got
cat >wanted <<EOS
1|a|trade_id=1,e=kraken,x.y=deep é,via=test|$now|{"product_id":"a","time":$now}
1|b|via=test|$((now + 250))|{"product_id":"b",$(sed -n 's/.*null,\(.*\)/\1/p' in)
EOS
ok "key, headers, time, partition, omission" cmp got wanted
publish -t "$run-fixed" --create-topic 1 --key @one in
is "a key for all" "$(consume "$run-fixed" '%k ')" "one one "

publish -t "$run-made" --partition 7 in
is "a partition that is not there: exit" "$status" 2
is "a partition that is not there: message" "$(cat err)" "kafka-publish: cannot publish to \
partition 7 of topic '$run-made': the number of its partitions is 2"

publish -t "$run-tuned" --create-topic 1 --topic-config max.message.bytes=2000 \
	--topic-config retention.ms=3600000 --topic-config message.timestamp.type=CreateTime in
{ cat in && printf '{"product_id":"%03000d"}\n' 1; } >large
publish -t "$run-tuned" large
is "--topic-config holds" "$status $account" "1 $(account 3 2 1)"

records 1 20 >in
publish -t "$run-limit" --create-topic 1 --limit 7 in
is "--limit: exit and account" "$status $account" "0 $(account 7 7)"
is "--limit: topic" "$(count "$run-limit")" 7

# --- no broker at all -----------------------------------------------------------------------------

{ echo oops && records 1 2; } >few
kafka-publish -b 127.0.0.1:1 -t dry --dry-run --dead-letter discard --header trade_id \
	--omit price --unsent nothing few >out 2>err
is "--dry-run: exit" "$?" 3
is "--dry-run: account" "$(sed -n 's/.*account: //p' err)" "$(account 3 0 1) dry=2"
is "--dry-run: what would be sent" "$(jq -r '"\(.topic) \(.key) \(.headers.trade_id)"' out)" \
	"dry ETH/USD 1
dry SOL/USD 2"
is "--dry-run: the value" "$(jq -r .value out | jq -c 'has("price"),.trade_id')" "false
1
false
2"
ok "--dry-run leaves no files" not test -e nothing
{ kafka-publish -t dry --dry-run in 2>err; echo $? >status; } >/dev/full
is "--dry-run to a full device: exit" "$(cat status)" 1
ok "--dry-run to a full device: account" grep -q "$(account 20 0 0 20)\$" err
KAFKA_SASL_USERNAME=alice KAFKA_SASL_PASSWORD=hush kafka-publish --print-config \
	-X linger.ms=7 --delivery-timeout 9s --queue-bytes 1M -z lz4 >out 2>err
is "--print-config: exit" "$?" 0
for line in enable.idempotence=true message.timeout.ms=9000 queue.buffering.max.kbytes=1024 \
	compression.codec=lz4 queue.buffering.max.ms=7 'sasl.password=\*\*\*'; do
	ok "--print-config: $line" grep -qx "$line" out
done
ok "--print-config shows no secret" not grep -q hush out err

# usage PATTERN ARG...
usage() { pattern=$1 && shift && exits 2 kafka-publish "$@" 2>err && grep -q -e "$pattern" err; }
ok "no topic" usage "option --topic is missing"
ok "--topic-config alone" usage "needs --create-topic" -t t --topic-config a=b
ok "--dry-run --tee" usage "exclude each other" -t t --dry-run --tee
ok "a header that is none" usage "'=x' is not NAME" -t t --header =x
ok "a partition that is no number" usage "'-1' is not the number" -t t --partition=-1
ok "two files that are one" usage "cannot use 'same' as well: it is where unsent" \
	-t t --unsent same --unknown same
ok "an input that is written" usage "cannot use 'in' as well: it is where receipts" \
	-t t --receipts in in
ok "a topic for its own dead letters" usage "its own dead letters" -t t --dead-letter topic:t

# --- dead records ---------------------------------------------------------------------------------

# now_records FIRST LAST: such that have a time which the topic still keeps.
now_records() { records "$1" "$2" | sed "s/^{/{\"time\":$now,/"; }

# dies NAME LINE REASON ARG...: between others; first it ends the run, then it is kept.
"$broker_topic" create "$run-dies" 1 max.message.bytes=2000 retention.ms=86400000
dies() {
	name=$1 reason=$3
	{ now_records 1 3 && printf '%s\n' "$2" && now_records 4 9; } >in
	shift 3
	publish -t "$run-dies" "$@" in
	is "$name: exit" "$status" 1
	# What is refused by the broker is so while others are read.
	is "$name: account" "$(number dead) $(number read)" "1 $(($(number acked) + 1))"
	ok "$name: message" grep -q "^kafka-publish: in: line 4: $reason" err
	rm -f dead.json unsent
	publish -t "$run-dies" "$@" --dead-letter dead.json --unsent unsent in
	is "$name: kept: exit" "$status" 3
	is "$name: kept: account" "$account" "$(account 10 9 1)"
	ok "$name: kept: message" grep -q "^kafka-publish: warning: in: line 4: $reason" err
	ok "$name: kept: reason" grep -q "^$reason" <<-EOS
	$(jq -r .reason dead.json)
	EOS
	is "$name: kept: line" "$(jq .line dead.json)" 4
	jq -r .record dead.json >dead
	sed -n 4p in | cmp - dead
	is "$name: can be piped back" $? 0
	is "$name: nothing is unsent" "$(cat unsent)" ""
}
dies "no JSON" 'oops' "not JSON: no value where one is due, byte 1"
dies "no key" '{"a":"\u00e9"}' "'product_id', the key, is missing"
dies "a header that is an array" '{"product_id":"a","side":[1]}' \
	"'side', the header, is an array or an object" --header side
dies "too large" "{\"product_id\":\"a\",\"y\":\"$(printf '%03000d' 1)\"}" \
	"Broker: Message size too large" --omit price
dies "a bad time" '{"product_id":"a","time":"noon"}' \
	"'time', the time, is neither RFC 3339 nor milliseconds since 1970" --timestamp time
dies "an expired time" '{"product_id":"a","time":"2024-11-13T01:56:21.831Z"}' \
	"its time, 2024-11-13T01:56:21.831Z, is older than the topic keeps records (retention.ms=86400000)" \
	--timestamp time
publish -t "$run-dies" --timestamp time --allow-expired in
is "--allow-expired" "$status $account" "0 $(account 10 10)"


{ echo 'oops "1"' && records 1 3 && printf '\377\n' && records 4 5; } >in
"$broker_topic" create "$run-letters" 1
publish -t "$run-dies" --dead-letter "topic:$run-letters" in
is "dead letters to a topic: exit and account" "$status $account" "3 $(account 7 5 2)"
consume "$run-letters" '%s\n' >dead.json
is "dead letters to a topic" "$(jq -c '[.line, .record, .record_base64]' dead.json)" \
	'[1,"oops \"1\"",null]
[5,null,"/w=="]'
publish -t "$run-dies" --dead-letter "topic:$run-nowhere" in
is "a topic for dead letters that is missing: exit" "$status" 2
ok "a topic for dead letters that is missing: message" \
	grep -q "cannot use dead-letter topic '$run-nowhere'" err
publish -t "$run-dies" --dead-letter discard in
is "dead letters discarded" "$status $account" "3 $(account 7 5 2)"
ok "each of them is named" same "$(grep -c 'warning: in: line [15]: not JSON' err)" 2
printf '%s\n' '{"product_id":"a"}' >dead.in
for name in fail skip; do
	publish -t "$run-dies" --dead-letter $name --header product_id --key nosuch dead.in
	is "a file named '$name'" "$(wc -l <$name)" 1
done

# --- where everything is --------------------------------------------------------------------------

records 1 3000 >first
{ records 3001 3010 && echo oops && records 3011 3500; } >second
publish -t "$run-tee" --create-topic 3 --tee --receipts receipts --dead-letter dead.json \
	--unsent unsent --unknown unknown first second >out
is "--tee, --receipts: account" "$status $account" "3 $(account 3501 3500 1)"
grep -hv oops first second | cmp - out
is "--tee: the lines, in input order" $? 0
is "--receipts: each line, in input order" \
	"$(jq -r '"\(.file) \(.line)"' receipts | cksum)" \
	"$({ seq 3000 | sed 's/^/first /' && seq 501 | grep -vx 11 | sed 's/^/second /'; } | cksum)"
jq -r '"\(.topic) \(.partition) \(.offset) \(.timestamp_ms)"' receipts | sort >claimed
consume "$run-tee" "$run-tee %p %o %T\n" | sort >held
ok "--receipts: where they lie" cmp claimed held
is "and the other files are empty" "$(cat unsent unknown)" ""
head -n 3 first | publish -t "$run-tee" --receipts piped
is "--receipts of a pipe name no file" "$(jq -c 'keys' piped | sort -u)" \
	'["line","offset","partition","timestamp_ms","topic"]'
{ kafka-publish -t "$run-tee" --tee first 2>err; echo $? >status; } | head -n 1 >out
is "a reader of --tee that goes away" "$(cat status) $(wc -l <out)" "141 1"

# --- files that are full --------------------------------------------------------------------------

# full ARG...: with a disk of one page; sets $status and $account, and leaves the disk's files.
full() {
	rm -f full.*
	# shellcheck disable=SC2016 # the inner shell's variables
	unshare -m sh -c '
		mount -t tmpfs -o size=4k none disk
		kafka-publish "$@" 2>err
		echo $? >status
		for file in disk/*; do cp "$file" "full.${file#disk/}"; done' sh "$@"
	status=$(cat status) account=$(sed -n 's/^kafka-publish: account: //p' err)
}
mkdir disk
if unshare -m true 2>err; then
	{ records 1 50 && for i in 1 2 3 4 5 6 7 8; do printf 'bad %01000d\n' $i; done &&
		records 51 60; } >in
	full -t "$run-full" --create-topic 1 --dead-letter disk/dead --unsent unsent.full in
	dead=$(number dead) unsent=$(number unsent)
	is "a full disk under the dead letters: exit" "$status" 1
	ok "a full disk under the dead letters: message" \
		grep -q "cannot write 'disk/dead': No space left on device" err
	is "the dead are those whose letters are there" "$dead" "$(jq -r .line full.dead | wc -l)"
	ok "and are not all" test "$dead" -gt 0 -a "$dead" -lt 8
	is "the others are unsent, and in their file" "$unsent" "$(wc -l <unsent.full)"
	is "and all is accounted for" "$(number read)" $(($(number acked) + dead + unsent))
	jq -r .record full.dead >found
	cat unsent.full >>found
	consume "$run-full" '%s\n' >>found
	sort -o found found
	head -n "$(number read)" in | sort | cmp - found
	is "each line is somewhere, once" $? 0
	full -t "$run-full" --receipts disk/receipts --limit 60 in
	is "a full disk under the receipts: exit" "$status" 1
	ok "a full disk under the receipts: message" \
		grep -q "cannot write 'disk/receipts': No space left on device" err
else
	skip "files that are full" "no rights to mount"
fi

# --- memory ---------------------------------------------------------------------------------------

records 1 200000 >in
publish -t "$run-bounded" --create-topic 1 --queue-bytes 64k --receipts receipts.bounded in
is "lines that are kept are bounded, and all goes on" "$status $account" "0 $(account 200000 200000)"
publish -t "$run-bounded" --queue-bytes 64k --tee --limit 3 large >out
is "a line longer than that as well" "$status $(wc -l <out)" "0 3"

done_testing
