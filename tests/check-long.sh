#!/bin/sh
# What takes too long for every change: `make check`, and then the parts below; with operands these
# parts alone.
#
# usage: check-long.sh [check|numbers|fuzz|chaos|kafka4|bookworm|trixie]...
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
	set -- check numbers fuzz chaos kafka4 bookworm trixie
else
	make -s -j"$(nproc)" tests fuzz
fi
for part; do
	case $part in
	check | numbers | fuzz | chaos | kafka4 | bookworm | trixie) "$part" ;;
	*) echo "check-long.sh: there is no part '$part'" >&2 && exit 2 ;;
	esac
done
