#!/bin/sh
# What takes too long for every change: `make check`, then $SECONDS_EACH seconds of fuzzing a target.
set -eu
cd "$(dirname "$0")/.."

tests/check.sh

make -s fuzz CC=clang B=build/fuzz SANITIZE=fuzzer-no-link,address,undefined \
	FUZZER=-fsanitize=fuzzer
for target in tests/fuzz/*.c; do
	name=$(basename "$target" .c)
	[ "$name" != main ] || continue
	printf '\n== fuzz: %s\n' "$name"
	mkdir -p "build/fuzz/corpus/$name"
	build/fuzz/tests/fuzz/"$name" -max_total_time="${SECONDS_EACH:-60}" -print_final_stats=1 \
		-artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" 2>&1 |
		tee "build/fuzz/$name.log" | tail -n 12
	if grep -q 'SUMMARY: ' "build/fuzz/$name.log"; then
		exit 1
	fi
done
