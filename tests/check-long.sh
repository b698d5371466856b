#!/bin/sh
# What takes too long for every change: `make check`, then a minute of fuzzing a target.
set -eu
cd "$(dirname "$0")/.."

tests/check.sh
make -s fuzz CC=clang B=build/fuzz SANITIZE=fuzzer-no-link,address,undefined
