#!/bin/sh
# What takes too long for every change: `make check`, and then the parts below; with operands these
# parts alone.
#
# usage: check-long.sh [check|numbers|fuzz|chaos|tail|jobs|readers|kafka4|bookworm|trixie]...
set -eu
cd "$(dirname "$0")/.."

say()
{
	printf '\n== %s\n' "$*"
}

# with_broker CMD...: whoever runs this may ignore signals (nohup); the tests send them.
with_broker()
{
	env --default-signal=HUP,INT tests/servers/broker -- "$@"
}

check()
{
	tests/check.sh
}

numbers()
{
	say "ten million numbers compared with those of an independent implementation"
	DIFFERENTIAL=${DIFFERENTIAL:-10000000} prove -v tests/cli/differential.t
}

fuzz()
{
	say "fuzz: each target for ${SECONDS_EACH:-300} seconds"
	tests/fuzz/run.sh "${SECONDS_EACH:-300}"
}

chaos()
{
	say "exactly once, 100 rounds of each blow"
	TEST_ROUNDS=${TEST_ROUNDS:-100} prove -v tests/kafka/once-chaos.t
	say "signals at any moment, 50 rounds"
	TEST_ROUNDS=${TEST_ROUNDS:-50} with_broker prove -v tests/kafka/publish-signals.t
}

tail()
{
	say "the live tail of an exchange that fails at random: seeds ${TEST_SEEDS:=1 1000}"
	TEST_SEEDS=$TEST_SEEDS prove -v tests/net/tail-chaos.t
	say "from history to live, exactly once, every process killed in turn, twenty times"
	TEST_KILLS=${TEST_KILLS:-20} prove -v tests/kafka/live-once.t
	say "the live tail for ${SOAK_SECONDS:=3600} seconds at 5,000 trades a second"
	prove -v tests/net/tail-soak.sh :: "$SOAK_SECONDS"
}

jobs()
{
	say "jobs struck at random moments, 50 loads"
	TEST_ROUNDS=${TEST_ROUNDS:-50} prove -v tests/kafka/job-chaos.t
}

readers()
{
	say "consumers with libraries from PyPI, as the services' documented readers are"
	TEST_READERS=1 prove -v tests/kafka/readers.t
}

kafka4()
{
	say "the Kafka tests on Kafka 4.1.0"
	TEST_BROKER_VERSION=4.1.0 with_broker prove -j"$(nproc)" tests/kafka
}

bookworm()
{
	say "make check on a clean Debian 12"
	tests/distro/check bookworm
}

trixie()
{
	say "make check on a clean Debian 13"
	tests/distro/check trixie
}

if [ $# -eq 0 ]; then
	set -- check numbers fuzz chaos tail jobs readers kafka4 bookworm trixie
else
	make -s -j"$(nproc)" tests fuzz
fi
for part; do
	case $part in
	check | numbers | fuzz | chaos | tail | jobs | readers | kafka4 | bookworm | trixie) "$part" ;;
	*) echo "check-long.sh: there is no part '$part'" >&2 && exit 2 ;;
	esac
done
