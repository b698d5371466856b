# shellcheck shell=sh
# What the tests of the dump programs share; begins after tests/lib.sh. $program is the one that is
# tested; tell PRODUCT PIECE... prints what the exchange's tape has of a product ($printed says how), in
# records that begin with the member named $member.
# shellcheck disable=SC2034,SC2154 # for the tests, and theirs
tape=$ROOT/tests/servers/tape
PATIENCE=120 # seconds, for what takes a few where the machine is not busy

control() { # METHOD PATH [BODY]
	curl -sf --cacert "$TRADEPIPE_CACERT" -X "$1" ${3:+-d "$3"} "$KRAKEN_REST_URL/_control/$2"
}
# faults SPEC...: these, and no others.
faults() {
	control DELETE faults >state || return
	for spec; do control POST faults "$spec" >state || { echo "$spec" && return 1; }; done
}
# Whether the last fault has struck as often as it may: the request that never ends has been made, say.
struck() { control GET state | jq -e '.faults[-1].left == 0' >struck.state; }

# run STATUS ARG...: one dump; leaves out and err. Ends by itself, or has failed.
run() {
	wanted_status=$1
	shift
	finish run "$@"
	judge run "$wanted_status"
}
finish() { # NAME ARG...
	whose=$1 status=0
	shift
	timeout -s KILL $PATIENCE "$program" "$@" >"$whose.out" 2>"$whose.err" || status=$?
	echo $status >"$whose.status"
}
judge() { # NAME STATUS
	mv "$1.out" out && mv "$1.err" err && cat err
	same "$(cat "$1.status")" "$2" && adds_up
}
# begin NAME ARG...: a dump beside what comes; ended STATUS NAME: waits for it, and is as run then.
begin() {
	rm -f "$1.status"
	finish "$@" &
}
ended() { await $PATIENCE test -s "$2.status" && judge "$2" "$1"; }
# caught ARG...: a dump up to the moment at which the last fault has struck; it goes on as $!.
caught() {
	"$program" "$@" >out 2>err &
	await $PATIENCE struck
}
# killed ARG...: the same, and it is killed there.
killed() {
	caught "$@" && was_caught=true || was_caught=false
	kill -KILL $!
	wait $! 2>wait.err
	[ $? -eq 137 ] && $was_caught
}

adds_up() {
	sed -n 's/.*account: //p' err | tail -n 1 | tr ' ' '\n' | awk -F= '
		$1 == "read" { sum += $2 }
		$1 ~ /^(written|repeated|passed|bad|unwritten)$/ { sum -= $2 }
		END { exit sum != 0 }'
}
account() { sed -n "s/^$program: account: //p" err; }
count() { account | tr ' ' '\n' | sed -n "s/^$1=//p"; }
counts() { # NAME=N..., or NAME= for none
	for each; do same "${each%=*}=$(count "${each%=*}")" "$each" || return; done
}
says() { grep -q -e "$1" err || { cat err && false; }; }

# told PRODUCT PIECE...: the name of a file with that, which is made once.
told() {
	tale=tale.$(echo "$* ${printed:-}" | tr -c 'A-Za-z0-9\n-' .)
	[ -e "$tale" ] || tell "$@" >"$tale"
	echo "$tale"
}
# holds FILE PRODUCT PIECE...: the file's records of the product are exactly these.
holds() {
	file=$1
	shift
	grep -F "{\"$member\":\"$1\"" "$file" >got
	cmp "$(told "$@")" got
}
# goes_on WANTED FILE BYTES ARG...: with so much of it written before, a dump makes all of it again.
goes_on() {
	whole=$1 part=$2
	head -c "$3" "$whole" >cut.part && mv cut.part "$part"
	shift 3
	run 0 --output "$part" "$@" && cmp "$whole" "$part"
}
