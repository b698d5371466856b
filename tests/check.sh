#!/bin/sh
# All that `make check` runs: two compilers, lint, every test with the plain build and again under
# AddressSanitizer and UndefinedBehaviorSanitizer. The tests share one Kafka broker.
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

# run_tests BUILD: the scripts, and the unit tests of that build.
run_tests()
{
	units=
	for unit in tests/unit/*.c; do
		units="$units $1/tests/unit/$(basename "$unit" .c)"
	done
	# shellcheck disable=SC2086  # one word a test
	BUILD=$PWD/$1 tests/servers/broker -- prove -j"$jobs" -r tests $units
}

say "tests"
run_tests build
say "tests under the sanitizers"
run_tests build/asan
