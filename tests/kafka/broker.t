#!/bin/sh
# The brokers that tests use: they serve each protocol, and are gone at the end, however it comes.
set -u

LC_ALL=C TZ=UTC
export LC_ALL TZ
# Within a run that has a broker already, the ones made here are still others.
unset TEST_BROKERS
root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
broker=$root/tests/servers/broker
topic=$root/tests/servers/broker-topic
mock=${B:-$root/build}/tests/servers/mock-broker
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
# Their folders are then the only ones there.
TMPDIR=$tmp/tmp
export TMPDIR
mkdir "$TMPDIR"
cd "$tmp" || exit 1

tests=0

# usage: ok NAME CMD [ARG]...
ok() {
	name=$1
	shift
	tests=$((tests + 1))
	if "$@" >out 2>&1; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		sed 's/^/# /' out
	fi
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# usage: await SECONDS CMD [ARG]...
await() {
	tries=$(($1 * 20))
	shift
	until "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# usage: gone PID
# A dead process that nobody has waited for yet is gone too: not every machine's process 1 is quick.
gone() {
	! grep '^State:' "/proc/$1/status" 2>/dev/null | grep -qv '[ZX] ('
}

not() {
	! "$@"
}

# usage: is STATUS CMD [ARG]...
is() {
	wanted=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" -eq "$wanted" ] || { echo "status $got, not $wanted"; return 1; }
}

no_folder() {
	[ -z "$(ls -A "$TMPDIR")" ]
}

# usage: consume BROKERS KCAT-OPTION...
consume() {
	address=$1
	shift
	# At a partition's end a broker waits for more as long as it is asked to.
	timeout 10 kcat -q -C -t t -b "$address" -o beginning -e -X fetch.wait.max.ms=20 "$@"
}

# usage: there_and_back BROKERS KCAT-OPTION...
# What is produced there with these options comes back with them.
there_and_back() {
	record=record-$tests
	address=$1
	shift
	echo "$record" | timeout 10 kcat -q -P -t t -b "$address" -X message.timeout.ms=5000 "$@" &&
		consume "$address" "$@" | grep -qx "$record"
}

# usage: sasl MECHANISM USER PASSWORD
sasl() {
	there_and_back "$TEST_BROKERS_SASL" -X security.protocol=sasl_ssl \
		-X "ssl.ca.location=$TEST_BROKER_CA" -X "sasl.mechanisms=$1" \
		-X "sasl.username=$2" -X "sasl.password=$3"
}

# usage: ssl BROKERS KCAT-OPTION...
ssl() {
	address=$1
	shift
	there_and_back "$address" -X security.protocol=ssl \
		-X "ssl.ca.location=$TEST_BROKER_CA" "$@"
}

read_env() {
	# shellcheck disable=SC1091 # written by the broker's start
	. "$tmp/kept/env"
}

has_record() {
	consume "$TEST_BROKERS" | grep -qx record-kept
}

# usage: one_topic NAME LINE
one_topic() {
	[ "$("$topic" list "$1")" = "$2" ]
}

# usage: background_run
# Leaves a broker with a command that would not end by itself: $run, $pid, $folder.
background_run() {
	rm -f ready
	# shellcheck disable=SC2016 # CMD's variables
	"$broker" -- sh -c 'echo "$TEST_BROKER_PID $TEST_BROKER_DIR" >ready.new
		mv ready.new ready; exec sleep 60' >run.log 2>&1 &
	run=$!
	await 60 test -e ready || { cat run.log; return 1; }
	read -r pid folder <ready
}

"$broker" fetch 2>fetch.log || {
	sed 's/^/# /' fetch.log
	echo "1..0 # SKIP Kafka cannot be fetched"
	# Without its broker this test proves nothing.
	exit 1
}

# A broker that is started and stopped.
ok "start" "$broker" start --parent $$ kept
read_env
ok "a topic is created" "$topic" create t 3 retention.ms=86400000
ok "a topic is listed" one_topic t "t	3"
ok "PLAINTEXT" there_and_back "$TEST_BROKERS"
cert="-X ssl.certificate.location=$TEST_BROKER_CLIENT_CERT"
key="-X ssl.key.location=$TEST_BROKER_CLIENT_KEY"
# shellcheck disable=SC2086 # two words each, and no blank in the path
{
	ok "SSL with a client certificate" ssl "$TEST_BROKERS_SSL" $cert $key
	ok "SSL with an encrypted key" ssl "$TEST_BROKERS_SSL" $cert \
		${key%.key}-encrypted.key -X ssl.key.password=client-secret
	ok "SSL without a client certificate is refused" not ssl "$TEST_BROKERS_SSL"
	# An address that the system takes for 127.0.0.1, and TLS for a name.
	ok "SSL under another host name is refused" not ssl "127.1:${TEST_BROKERS_SSL##*:}" \
		$cert $key
}
ok "SASL PLAIN" sasl PLAIN alice alice-secret
ok "SASL PLAIN with a wrong password is refused" not sasl PLAIN alice wrong
lib=$(kcat -V | sed -n 's/.*librdkafka \([0-9.]*\).*/\1/p')
for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
	if [ "${TEST_BROKER_VERSION%%.*}" -ge 4 ] &&
		[ "$(printf '%s\n' "$lib" 2.6.1 | sort -V | head -n 1)" != 2.6.1 ]; then
		skip "SASL $mechanism" "Kafka $TEST_BROKER_VERSION refuses it from librdkafka $lib"
		continue
	fi
	ok "SASL $mechanism" sasl "$mechanism" alice alice-secret
done
echo record-kept | kcat -q -P -t t -b "$TEST_BROKERS"
before=$TEST_BROKERS:$TEST_BROKER_PID
ok "restart" "$broker" restart kept
read_env
ok "restart keeps the ports" test "${before%:*}" = "$TEST_BROKERS"
ok "restart is another process" test "${before##*:}" != "$TEST_BROKER_PID"
ok "restart keeps the data" has_record
kill -9 "$TEST_BROKER_PID"
ok "a killed broker starts again" "$broker" start --parent $$ kept
read_env
ok "a killed broker keeps the data" has_record
ok "a topic is deleted" "$topic" delete t
ok "a deleted topic is not listed" is 1 "$topic" list t
kill -STOP "$TEST_BROKER_PID"
ok "a frozen broker is stopped" "$broker" stop kept
ok "stop ends the broker" gone "$TEST_BROKER_PID"
ok "stop removes the folder" not test -e kept
mkdir other && touch other/file
ok "a folder with other files is refused" is 1 "$broker" start other
ok "a folder with other files is not removed" is 1 "$broker" stop other
ok "its files stay" test -e other/file
unset TEST_BROKERS

# shellcheck disable=SC2016 # CMD's variables
{
	ok "a caller that starts a broker and is killed" is 137 sh -c '
		"$0" start "$TMPDIR/orphan" && cp "$TMPDIR/orphan/pid" . && kill -9 $$' "$broker"
	ok "takes its broker with it" await 10 gone "$(cat pid)"
	ok "and the broker's folder" await 10 no_folder

	# A broker for one command.
	ok "a command that is killed gives its status" is 137 "$broker" -- sh -c '
		echo "$TEST_BROKER_PID" >pid
		kcat -L -b "$TEST_BROKERS" >/dev/null || exit
		kill -9 $$'
	ok "its broker is gone" gone "$(cat pid)"
	ok "its folder is gone" no_folder
	ok "a command within a run uses its broker" env TEST_BROKERS=outer:1 "$broker" -- sh -c '
		[ "$TEST_BROKERS" = outer:1 ]'
}

ok "a run to be killed" background_run
kill -9 "$run"
wait "$run" 2>/dev/null
ok "takes its broker with it" await 10 gone "$pid"
ok "and its folder" await 10 no_folder

ok "a run to be killed with its supervisor" background_run
read -r supervisor _ <"$folder/supervisor"
kill -9 "$run" "$supervisor"
wait "$run" 2>/dev/null
ok "takes its broker with it, too" await 10 gone "$pid"
ok "but leaves its folder" test -d "$folder"
await 10 gone "$supervisor"
left=$folder

ok "a run to be ended by SIGTERM" background_run
ok "removes what a killed one left" not test -e "$left"
kill -TERM "$run"
ok "ends so" is 143 wait "$run"
ok "without its broker" gone "$pid"
ok "without its folder" no_folder

# The embedded broker.
[ -x "$mock" ] || make -s -C "$root" "$mock" >make.log 2>&1 || sed 's/^/# /' make.log
"$mock" -t t:3 --missing none --ready-file address >first &
mock_pid=$!
ok "the embedded broker starts" await 10 test -s address
TEST_BROKERS=$(cat address)
ok "its first line is its address" grep -qx "$TEST_BROKERS" first
ok "it serves kcat" there_and_back "$TEST_BROKERS"
metadata() {
	timeout 10 kcat -L -t "$1" -b "$TEST_BROKERS" -X allow.auto.create.topics=false
}
metadata none >none.out 2>&1
metadata unheard-of >unheard-of.out 2>&1
ok "a topic can be missing there" grep -q 'Unknown topic' none.out
ok "and is not created when the client says so" grep -q 'Unknown topic' unheard-of.out
kill -TERM "$mock_pid"
ok "SIGTERM ends it with 0" wait "$mock_pid"
ok "the end of its input ends it with 0" timeout 10 "$mock" --stdin </dev/null
# shellcheck disable=SC2016 # the inner shell's variables
sh -c '"$0" >last & echo $! >pid; until [ -s last ]; do sleep 0.05; done; kill -9 $$' "$mock" \
	2>/dev/null
ok "it dies with its parent" await 10 gone "$(cat pid)"

echo "1..$tests"
