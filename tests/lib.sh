# shellcheck shell=sh
# What tests in shell share. A test tests/AREA/NAME.t begins with
#     . "$(dirname -- "$0")/../lib.sh"
# and goes on in a folder of its own, which goes away at the end with all that the test has started.
# $BUILD is where the programs are; they are on the PATH. $ROOT is the repository.
set -u
LC_ALL=C TZ=UTC
ROOT=$(cd -- "$(dirname -- "$0")/../.." && pwd)
case ${BUILD:=build} in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
PATH=$BUILD:$PATH
export LC_ALL TZ ROOT BUILD PATH
unset KRAKEN_WS_URL KRAKEN_REST_URL BINANCE_API_URL BINANCE_ARCHIVE_URL TRADEPIPE_CACERT \
	TRADEPIPE_ACCOUNT_FD KAFKA_BROKERS \
	KAFKA_BOOTSTRAP_SERVERS KAFKA_SECURITY_PROTOCOL KAFKA_SASL_MECHANISM KAFKA_SASL_USERNAME \
	KAFKA_SASL_PASSWORD KAFKA_SASL_PASSWORD_FILE KAFKA_CA_FILE KAFKA_CERT_FILE KAFKA_KEY_FILE \
	KAFKA_KEY_PASSWORD KAFKA_KEY_PASSWORD_FILE
TMP=$(mktemp -d) && cd "$TMP" || exit 1
XDG_RUNTIME_DIR=$TMP && export XDG_RUNTIME_DIR # budgets of requests
# kill_jobs: all that this shell has started in the background. (Behind a pipe it would not know them.)
kill_jobs() {
	jobs -p >running.pids
	xargs -r kill -KILL <running.pids
}
cleanup() {
	cd "$TMP" && kill_jobs
	wait
	cd / && rm -rf -- "$TMP"
} 2>/dev/null
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
tests=0 failures=0

# ok NAME CMD...: passes where the command succeeds; where it does not, what it prints is shown, and the
# ends of the files out and err, where tests keep what a program wrote last.
ok() {
	name=$1 tests=$((tests + 1))
	shift
	"$@" >"$TMP/ok.out" 2>&1 && echo "ok $tests - $name" && return
	echo "not ok $tests - $name" && sed 's/^/# /' "$TMP/ok.out" && failures=$((failures + 1))
	for file in out err; do
		[ ! -s "$file" ] || tail -n 12 "$file" | cut -c 1-300 | sed "s/^/# $file: /"
	done
}
is() { ok "$1" same "$2" "$3"; } # NAME GOT WANTED
same() { [ "$1" = "$2" ] || { printf 'got:    %s\nwanted: %s\n' "$1" "$2" && false; }; }
not() { ! "$@"; }
# exits STATUS CMD...
exits() { wanted=$1 && shift && { "$@" && got=0 || got=$?; } && same "$got" "$wanted"; }
skip() { tests=$((tests + 1)) && echo "ok $tests - $1 # SKIP $2"; }
done_testing() { echo "1..$tests" && [ "$failures" -eq 0 ]; exit; }

# await SECONDS CMD...: until the command succeeds. No other place sleeps.
await() {
	tries=$(($1 * 20)) && shift
	until "$@" 2>/dev/null; do
		[ $((tries -= 1)) -gt 0 ] && sleep 0.05 || return 1
	done
}
# start_exchange ARG... and start_mock_broker ARG...: see tests/servers.
start_exchange() {
	[ -e certs ] || "$ROOT/tests/servers/certs" certs && rm -f exchange.env
	"$ROOT/tests/servers/exchange" --tls certs/server.pem certs/server.key \
		--ready-file exchange.env "$@" >exchange.log 2>&1 &
	await 10 test -s exchange.env || { cat exchange.log >&2 && exit 1; }
	KRAKEN_WS_URL=$(sed -n s/WS_URL=//p exchange.env) TRADEPIPE_CACERT=$TMP/certs/ca.pem
	KRAKEN_REST_URL=$(sed -n s/^REST_URL=//p exchange.env)
	BINANCE_API_URL=$(sed -n s/^BINANCE_API_URL=//p exchange.env)
	BINANCE_ARCHIVE_URL=$(sed -n s/^BINANCE_ARCHIVE_URL=//p exchange.env)
	export KRAKEN_WS_URL KRAKEN_REST_URL BINANCE_API_URL BINANCE_ARCHIVE_URL TRADEPIPE_CACERT
}
start_mock_broker() {
	"$BUILD/tests/servers/mock-broker" --ready-file broker.address "$@" >broker.log 2>&1 &
	await 10 test -s broker.address || { cat broker.log >&2 && exit 1; }
	KAFKA_BROKERS=$(cat broker.address) && export KAFKA_BROKERS
}
