#!/bin/sh
# Fuzzes each target with clang's libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, seeded
# from the lines of the golden cases, and says how many executions a second it made. What it finds is
# left in tests/fuzz/ as TARGET-crash-...: make a test of it.
#
# A number of executions makes the same inputs each time, so that `make check` depends on the change
# alone; SECONDS makes others each time.
#
# usage: run.sh [-runs=N|SECONDS [TARGET ...]]      a million executions each if not said
set -eu
cd "$(dirname "$0")/../.."
limit=${1:--runs=1000000}
origin=0
case $limit in
-runs=*) origin=1 ;;
*) limit=-max_total_time=$limit ;;
esac
[ $# -gt 0 ] && shift
if [ $# -eq 0 ]; then
	for source in tests/fuzz/*.c; do
		target=$(basename "$source" .c)
		[ "$target" = main ] || set -- "$@" "$target"
	done
fi
make -s -j"$(nproc)" fuzz CC=clang B=build/fuzz SANITIZE=fuzzer,address,undefined

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
cat tests/data/*/*.in | sort -u | split -l 1 -a 4 - "$seeds/"
grep -aohE '[-+0-9.eE]+|[0-9-]{10}[Tt][0-9:.]+[Zz0-9:+-]+' tests/data/*/*.in | sort -u |
	split -l 1 -a 4 - "$seeds/literal-"
for seed in "$seeds"/*; do # the newline is no part of a line
	printf %s "$(cat "$seed")" >"$seed"
done 2>/dev/null

stat() { sed -n "s/^stat::$1: *//p" "build/fuzz/$target.log"; }
failed=
for target; do
	mkdir -p "build/fuzz/corpus/$target"
	if "build/fuzz/tests/fuzz/$target" "$limit" -seed="$origin" -max_len=2048 \
		-artifact_prefix="tests/fuzz/$target-" -print_final_stats=1 \
		"build/fuzz/corpus/$target" "$seeds" 2>"build/fuzz/$target.log"; then
		echo "fuzz: $target: $(stat number_of_executed_units) executions," \
			"$(stat average_exec_per_sec) a second, $(stat peak_rss_mb) MB"
	else
		failed="$failed $target"
		tail -n 40 "build/fuzz/$target.log" >&2
		echo "fuzz: $target: FAILED"
	fi
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed" && exit 1; }
