#!/bin/sh
# What trade-normalize does with files, long lines and refused records; the rest is golden.
. "$(dirname -- "$0")/../lib.sh"

record='{"symbol":"BTC/USD","side":"buy","price":83320.6,"qty":0.00034127,'
record=$record'"ord_type":"limit","trade_id":1,"timestamp":"2026-09-30T01:34:50.331350Z"}'
long_line() { printf '{"symbol":"' && head -c "$1" /dev/zero | tr '\0' 'x' && echo '"}'; }
records() { for _ in $(seq "$1"); do echo "$record"; done; }

# Refused records are kept so that jq gives the lines back.
{
	echo "$record"
	printf '%s\n' '{"symbol":"B\u0054C","price":"\ud83d\ude00 \\"}'
	printf '{"symbol":"\377"}\n'
	echo '{"channel":"trade","data":[{"side":1},'"$record"',{"side":2}]}'
} >mixed
ok "refused records go to a file" exits 3 trade-normalize --on-bad bad --output good mixed
is "the others are written" "$(grep -c . good)" 2
is "with reasons" "$(jq -r .reason bad | sort | uniq -c | tr -s ' ' | tr '\n' ',')" \
	" 1 not JSON: a string that is not UTF-8, 1 side is missing, 2 symbol is missing,"
is "with lines and places in them" "$(jq -c '[.line,.index]' bad | tr '\n' ' ')" \
	"[2,null] [3,null] [4,1] [4,3] "
ok "with times" jq -es 'all(.[].time; test("^2[0-9-]{9}T[0-9:]{8}\\.[0-9]{6}Z$"))' bad
jq -r 'select(.record_base64) | .record_base64' bad | base64 -d >kept
sed -n 3p mixed | tr -d '\n' >wanted
ok "bytes that are no UTF-8 come back" cmp kept wanted
jq -r 'select(.record) | .record' bad >kept
sed -n '2p; 4p; 4p' mixed >wanted
ok "text comes back" cmp kept wanted
ok "the file grows from run to run" exits 3 trade-normalize -q --on-bad bad --output good mixed
is "by as many lines" "$(grep -c . bad) $(grep -c . good)" "8 4"
ok "a file that takes nothing ends the run" exits 1 trade-normalize --on-bad /dev/full mixed
ok "a file in no folder is refused" not trade-normalize --on-bad nowhere/bad mixed

# No file is two things at once.
cp good both
ok "refused records where the good ones go" exits 2 trade-normalize --output both --on-bad ./both mixed
ok "good records where they are read" exits 2 trade-normalize --output both mixed both
ok "refused records where they are read" exits 2 trade-normalize --on-bad both mixed both
ok "metrics where refused records go" exits 2 trade-normalize --on-bad both --metrics-file both mixed
ok "... none of which touches it" cmp good both
ok "a device may be all of them" exits 3 trade-normalize --output /dev/null --on-bad /dev/null \
	/dev/null mixed

# A reader of refused records that goes away is missed: they would be lost without a word.
mkfifo gone
for _ in $(seq 2000); do sed -n 2,4p mixed; done >all-bad
head -c 1 gone >one &
trade-normalize -q --on-bad gone all-bad 2>said >good
is "a pipe for refused records that nobody reads any more ends the run" $? 1
ok "by name" grep -q "^trade-normalize: cannot write 'gone': its reader went away$" said

# Lines over the ceiling of 8 MiB.
{ echo "$record" && long_line 9000000 && echo "$record"; } >long
trade-normalize --on-bad skip --output out long 2>said
is "a line over the ceiling is refused" $? 3
ok "with its number" grep -q "long: line 2: a line of more than 8388608 bytes" said
is "what surrounds it is written" "$(grep -c . out)" 2
ok "by default it ends the run" exits 1 trade-normalize long
long_line 1000000 >long
trade-normalize long 2>said
is "a long line below the ceiling is read" $? 1
ok "and refused for what it is" grep -q "long: line 1: a trade of more than 65536 bytes" said

# Standard input that is the output would feed it for ever.
records 2000 >loop
cp loop kept
ok "records where they are read from standard input" exits 2 \
	sh -c 'trade-normalize --output loop <loop 2>said'
is "by name" "$(cat said)" \
	"trade-normalize: cannot use 'standard input' as well: it is where records go"
ok "records appended to where they are read" exits 2 sh -c 'trade-normalize <loop >>loop'
ok "metrics where records are read" exits 2 trade-normalize --metrics-file loop loop
ok "... none of which touches it" cmp loop kept
ok "a name that is none" exits 2 trade-normalize --exchange '' mixed
ok "a name that is not UTF-8" exits 2 trade-normalize --product "$(printf 'x\377')" mixed

# What a pipe has given is counted when a second signal ends the drain.
rm -f started
mkfifo slow
TRADEPIPE_ACCOUNT_FD=5 trade-normalize --where 'last(range(3000000)) > 0' --jq-timeout 60s \
	<slow >out 2>slow.err 5>started &
exec 3>slow
records 30 >&3
ok "it has begun" await 10 test -s started
ok "a first signal" kill "$!"
ok "a second one" kill "$!"
wait "$!"
is "leaves lines behind" $? 3
exec 3>&-
ok "and says so" grep -q 'left lines behind that were read and not used: ' slow.err
is "each has its place in the account" "$(sed -n 's/.*account: //p' slow.err | tr ' ' '\n' |
	awk -F= '$1 == "read" || $1 == "torn" { sum += $2 } END { print sum }')" 30

# The account is given also while the reader is stuck.
rm -f started
mkfifo stuck
exec 4<>stuck
records 3000 | TRADEPIPE_ACCOUNT_FD=5 trade-normalize >stuck 2>stuck.err 5>started &
ok "it has begun" await 10 test -s started
asked() { kill -USR1 "$1" && grep -q account: stuck.err; }
ok "SIGUSR1 while the reader is stuck" await 10 asked "$!"
kill "$!" && kill "$!"
wait "$!"
exec 4>&-

# Live: what was read is written before the next wait.
mkfifo pipe
trade-normalize <pipe >live 2>live.err &
exec 3>pipe
echo "$record" >&3
ok "a record is written while the input goes on" await 5 test -s live
exec 3>&-
wait $!
is "and once" "$(grep -c . live)" 1

# The program of a source and the condition of --where, one after the other on each record.
cat >elsewhere.jq <<'END'
.trades[] | if .slow then last(range(1e12)) else {
	product_id: .p, price: .x, quantity: .q, timestamp_ms: .t, trade_id: .id, exchange: "e"
} end
END
trade() { echo "{\"p\":\"A\",\"x\":$1,\"q\":0.10000000000000000001,\"t\":1790732090331,\"id\":$2}"; }
line() { printf '{"trades":[' && printf '%s,' "$@" | sed 's/,$//' && echo ']}'; }
{ line "$(trade 1 12345678901234567890)" "$(trade 2 7)" && line "$(trade 3 8)"; } >foreign
trade-normalize --source elsewhere.jq --where '.price != 2' foreign >got 2>said
is "a jq program and a condition together" $? 0
is "write what is chosen, exactly" "$(grep -o '"quantity":[^,]*\|"trade_id":[^,]*' got | tr '\n' ' ')" \
	'"quantity":0.10000000000000000001 "trade_id":12345678901234567890 "quantity":0.10000000000000000001 "trade_id":8 '
is "and count the others" "$(cat said)" \
	"trade-normalize: account: read=3 written=2 void=0 passed=0 bad=0 filtered=1"
is "a condition that nothing meets is exit code 0" \
	"$(trade-normalize --source elsewhere.jq --where false foreign 2>&1; echo $?)" \
	"$(printf 'trade-normalize: account: read=3 written=0 void=0 passed=0 bad=0 filtered=3\n0')"
{ line "$(trade 1 1)" && echo '{"trades":[{"slow":true}]}' && line "$(trade 3 3)"; } >foreign
trade-normalize --jq-timeout 100ms --on-bad skip --source elsewhere.jq foreign >got 2>said
is "a program that runs for too long ends the run" $? 1
is "after the records before" "$(grep -c . got)" 1
ok "by name" grep -q "^trade-normalize: foreign: line 2: .*elsewhere.jq: still running after 100 ms$" said
ok "with its account" grep -q "read=2 written=1 void=0 passed=0 bad=1$" said
slow='if .quantity == 4 then last(range(1e12)) else true end'
{ echo "$record" && echo "$record" | sed 's/"qty":[^,]*/"qty":4/' && echo "$record"; } >native
trade-normalize --jq-timeout 100ms --on-bad skip --where "$slow" native >got 2>said
is "a condition that computes for too long ends the run" $? 1
is "after the records before" "$(grep -c . got)" 1
ok "by name" grep -q "^trade-normalize: native: line 2: --where: still running after 100 ms$" said
ok "with its account" grep -q "read=2 written=1 void=0 passed=0 bad=1$" said
{ echo "$record" && line "$(trade 1 1)" '{}'; } >foreign
trade-normalize --on-bad skip --source elsewhere.jq foreign >got 2>said
is "what a program cannot map is refused" $? 3
ok "with its line" grep -q "warning: foreign: line 1: .*elsewhere.jq: Cannot iterate over null" said
ok "or its place in it" grep -q "warning: foreign: line 2, trade 2: product_id is not a string" said

# In bulk, in every split that a pipe can make.
records 3000 >bulk
trade-normalize bulk >whole 2>bulk.err
for size in 1 7 4096 65537; do
	dd if=bulk bs="$size" status=none | trade-normalize 2>split.err | cmp - whole >split.diff
	is "pieces of $size bytes" "$(cat split.err split.diff)" "$(cat bulk.err)"
done

# A machine without memory is told in words.
if [ -z "${SANITIZE:-}" ]; then
	long_line 7000000 >long
	is "memory that is exhausted ends it by name" \
		"$(prlimit --as=9000000 trade-normalize long 2>&1; echo $?)" \
		"$(printf 'trade-normalize: out of memory\n1')"
fi

done_testing
