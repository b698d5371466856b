#!/bin/sh
# All that `make check` runs: two compilers, lint, every test with the plain build and again under
# AddressSanitizer and UndefinedBehaviorSanitizer, and 200,000 executions of each fuzz target
# (check-long.sh goes on with each for minutes). The tests share one Kafka broker.
set -eu
cd "$(dirname "$0")/.."

say()
{
	printf '\n== %s\n' "$*"
}

jobs=$(nproc)
say "build: gcc"
make -s -j"$jobs" tests fuzz CC=gcc WERROR=1
say "build: clang"
make -s -j"$jobs" tests fuzz CC=clang WERROR=1 B=build/clang
say "build: gcc, sanitizers"
make -s -j"$jobs" tests fuzz CC=gcc WERROR=1 B=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g'
say "lint"
make -s lint

# run_tests BUILD TEST...: these scripts or folders, and the unit tests of that build.
run_tests()
{
	build=$1
	shift
	for unit in tests/unit/*.c; do
		set -- "$@" "$build/tests/unit/$(basename "$unit" .c)"
	done
	# Whoever runs this may ignore signals (nohup); the tests send them.
	BUILD=$PWD/$build env --default-signal=HUP,INT \
		tests/servers/broker -- prove --failures --comments -j"$((jobs + 2))" -r "$@" # they mostly wait
}

say "tests"
run_tests build tests
say "tests under the sanitizers"
SANITIZE=address,undefined
export SANITIZE
run_tests build/asan tests/cli tests/docs tests/fuzz tests/kafka/[!b]*.t tests/net/[!e]*.t

say "fuzz: 200,000 executions of each target"
tests/fuzz/run.sh -runs=200000
