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

stat() { sed -n "s/^stat::$2: *//p" "build/fuzz/$1.log"; }

# Says what came of it, and leaves NAME.failed where that is a fault.
fuzz()
{
	rm -f "build/fuzz/$1.failed"
	mkdir -p "build/fuzz/corpus/$1"
	if "build/fuzz/tests/fuzz/$1" "$limit" -seed="$origin" -max_len=2048 \
		-artifact_prefix="tests/fuzz/$1-" -print_final_stats=1 \
		"build/fuzz/corpus/$1" "$seeds" 2>"build/fuzz/$1.log"; then
		echo "fuzz: $1: $(stat "$1" number_of_executed_units) executions," \
			"$(stat "$1" average_exec_per_sec) a second, $(stat "$1" peak_rss_mb) MB"
	else
		: >"build/fuzz/$1.failed"
		tail -n 40 "build/fuzz/$1.log" >&2
		echo "fuzz: $1: FAILED"
	fi
}

started=0
for target; do
	fuzz "$target" &
	started=$((started + 1))
	[ $((started % $(nproc))) -ne 0 ] || wait
done
wait
failed=
for target; do
	[ ! -e "build/fuzz/$target.failed" ] || failed="$failed $target"
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed" && exit 1; }
