#!/bin/sh
# Fuzzes each target for a while with clang's libFuzzer, seeded from the lines of the golden cases.
# What it finds is left in tests/fuzz/ as TARGET-crash-...: make a test of it.
#
# usage: run.sh [SECONDS [TARGET ...]]
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- json decimal stamp kraken
make -s fuzz CC=clang B=build/fuzz SANITIZE=fuzzer,address,undefined

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
cat tests/data/*/*.in | sort -u | split -l 1 -a 4 - "$seeds/"
grep -aohE '[-+0-9.eE]+|[0-9-]{10}[Tt][0-9:.]+[Zz0-9:+-]+' tests/data/*/*.in | sort -u |
	split -l 1 -a 4 - "$seeds/literal-"
for seed in "$seeds"/*; do # the newline is no part of a line
	printf %s "$(cat "$seed")" >"$seed"
done 2>/dev/null

for target; do
	echo "fuzz: $target, $seconds s"
	mkdir -p "build/fuzz/corpus/$target"
	"build/fuzz/tests/fuzz/$target" -max_total_time="$seconds" -max_len=2048 \
		-artifact_prefix="tests/fuzz/$target-" -print_final_stats=1 \
		"build/fuzz/corpus/$target" "$seeds" 2>build/fuzz/"$target".log || {
		tail -n 40 build/fuzz/"$target".log >&2
		exit 1
	}
	grep -E 'number_of_executed_units|peak_rss' build/fuzz/"$target".log
done
