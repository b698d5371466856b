#!/bin/sh
# usage: options.sh [--update] PROGRAM...
#
# What is generated from the option tables of the programs in $BUILD: the OPTIONS of the manuals and
# the completions of three shells. Shows what of it differs from the files here, and fails then; with
# --update writes them.
set -eu
cd "$(dirname -- "$0")/../.."
: "${BUILD:=build}"
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
update=
if [ "${1:-}" = --update ]; then
	update=yes
	shift
fi
status=0

# put FILE COMMAND...: the file should hold what the command prints.
put() {
	file=$1
	shift
	"$@" >"$tmp/new"
	if [ -n "$update" ]; then
		cmp -s "$tmp/new" "$file" || cp -- "$tmp/new" "$file"
	else
		[ -e "$file" ] || file=/dev/null
		diff -u "$file" "$tmp/new" || status=1
	fi
}

# The manual with the list of options between its two marks.
# shellcheck disable=SC2317 # called by put
manual() {
	"$BUILD/$1" --dump-options=mdoc >"$tmp/list"
	awk -v list="$tmp/list" '
		!inside { print }
		$0 == ".\\\" OPTIONS BEGIN" { inside = 1; while ((getline line <list) > 0) print line }
		$0 == ".\\\" OPTIONS END" { inside = 0; print; marks++ }
		END { exit marks != 1 }' "man/$1.1"
}

for program; do
	put "man/$program.1" manual "$program"
	put "completions/$program.bash" "$BUILD/$program" --dump-options=bash
	put "completions/_$program" "$BUILD/$program" --dump-options=zsh
	put "completions/$program.fish" "$BUILD/$program" --dump-options=fish
done
exit "$status"
