#!/bin/sh
# Golden cases: tests/data/PROGRAM/CASE.in goes to the program's standard input, with the arguments
# of CASE.args (words of the shell); what comes out must be CASE.out, CASE.err and CASE.exit. A file
# that is not there stands for nothing, or for 0. Cases may name each other's files as operands.
#
# GOLDEN_UPDATE=1 writes what comes out in place of what was expected: review it like code.
. "$(dirname -- "$0")/../lib.sh"

# A file that holds nothing of note is not kept.
update() { # FILE DEFAULT
	if printf '%s' "$2" | cmp -s - "$1"; then rm -f -- "$data/$1"; else cp -- "$1" "$data"; fi
}

golden() { # PROGRAM CASE
	eval "set -- \"\$1\" \"\$2\" $(cat "$2.args" 2>>missing)"
	program=$1 case=$2
	shift 2
	for kind in in out err exit; do
		cat -- "$case.$kind" >"wanted.$kind" 2>>missing
	done
	[ -s wanted.exit ] || echo 0 >wanted.exit
	"$program" "$@" <wanted.in >"$case.out" 2>"$case.err"
	echo "$?" >"$case.exit"
	if [ -n "${GOLDEN_UPDATE:-}" ]; then
		update "$case.out" '' && update "$case.err" '' && update "$case.exit" "0
"
		return
	fi
	diff -u wanted.out "$case.out" && diff -u wanted.err "$case.err" &&
		diff -u wanted.exit "$case.exit"
}

for data in "$ROOT"/tests/data/*/; do
	program=$(basename -- "$data")
	[ -x "$BUILD/$program" ] || continue
	cp -r -- "$data" "$TMP/$program" && cd "$TMP/$program" || exit 1
	for case in $(find . -type f | sed 's,^\./,,; s,\.[a-z]*$,,' | sort -u); do
		ok "$program: $case" golden "$program" "$case"
	done
	cd "$TMP" || exit 1
done
done_testing
