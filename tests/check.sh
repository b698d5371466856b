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

say "tests"
BUILD=$PWD/build tests/servers/broker -- prove -j"$jobs" -r tests
say "tests under the sanitizers"
BUILD=$PWD/build/asan tests/servers/broker -- prove -j"$jobs" -r tests
