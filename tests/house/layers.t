#!/bin/sh
# The house keeps its shape: who may include whom, headers that stand alone, files of a size to read.
. "$(dirname -- "$0")/../lib.sh"
cd "$ROOT" || exit 1

# may LAYER LAYER...: headers of the first are included by nothing in lib/ but these; cmd/ may have all.
# The arrows: venue to market and net, job to net and json, market to json to base, net to base.
may() {
	layer=$1
	shift
	for user in lib/*; do
		[ -d "$user" ] || continue
		case " $* " in *" ${user#lib/} "*) continue ;; esac
		grep -rn "^ *# *include *[\"<]$layer/" "$user" && return 1
	done
	return 0
}

# Every header of our own is named with its layer, so that the arrows above see it.
named_in_full() {
	! grep -rnE '^ *# *include *"' lib cmd | grep -vE '"(base|job|json|market|net|venue)/[a-z_0-9]+\.h"'
}

# A third-party header has one includer; one that is a header itself is not seen outside its folder.
one_includer() {
	includers=$(grep -rlE "^ *# *include *<$1" lib cmd)
	[ "$(echo "$includers" | wc -w)" -le 1 ] || { echo "$includers" && return 1; }
	case $includers in
	cmd/*) echo "$includers" && return 1 ;;
	*.h)
		grep -rl "\"${includers#lib/}\"" lib cmd | grep -v "^$(dirname "$includers")/" &&
			return 1
		;;
	esac
	return 0
}

# base, json, market, venue and job know nobody but the C library, but for the two files that own a library.
no_third_party() {
	! grep -roE '^ *# *include *<[^>]*>' lib/base lib/json lib/market lib/venue lib/job | grep -vE \
		'^lib/base/digest\.c:.*<openssl/evp\.h>|^lib/json/query_compile\.h:.*<jq\.h>' | grep -vE \
		'<(errno|fcntl|fnmatch|inttypes|limits|malloc|poll|pthread|setjmp|signal|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|time|unistd|sys/[a-z]+)\.h>'
}

alone() { # COMPILER HEADER
	echo "#include \"$2\"" | "$1" -std=c17 -D_POSIX_C_SOURCE=200809L -I. -Ilib -Wall -Wextra \
		-Wpedantic -Werror -fsyntax-only -x c -
}

# One that is left over names its issue: TODO(#12).
no_left_overs() { ! grep -rnE '\b(TODO|FIXME|XXX|HACK)\b' lib cmd tests/unit | grep -v 'TODO(#[0-9]'; }

# file:length, of the files and of the functions in them that are too long to read.
too_long() {
	find lib cmd tests -name '*.[ch]' -exec wc -l {} + |
		awk -v max="$1" '$1 > max && $2 != "total" { print $2 ":" $1 }'
	find lib cmd tests -name '*.c' -exec awk -v max="$2" '
		/^[a-z_].*\(/ { head = FNR; name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
		/^\{$/ { inside = 1 }
		/^\}$/ && inside { n = FNR - head + 1; inside = 0
			if (n > max) print FILENAME ":" name ":" n }' {} +
}

# Those that may be longer, and why: FILE or FILE:FUNCTION, one a line.
exceptions='
'
short_enough() {
	too_long 500 60 | sed 's/:[0-9]*$/ &/' | while read -r which length; do
		echo "$exceptions" | grep -qx "$which" || echo "$which: ${length#:} lines"
	done >"$TMP/long"
	cat "$TMP/long"
	[ ! -s "$TMP/long" ]
}

ok "base is for all" may base base json net market venue job
ok "json is for market and job" may json json market venue job
ok "market is for venue" may market market venue
ok "net is for venue and job" may net net venue job
ok "venue is for cmd" may venue venue
ok "job is for cmd" may job job
ok "headers are named with their layer" named_in_full
ok "base, json, market, venue and job need the C library alone" no_third_party
for library in curl/ librdkafka/ openssl/evp 'openssl/(e[^v]|[^e])' 'j[qv]' archive; do
	ok "<$library...> has one includer" one_includer "$library"
done
for compiler in gcc clang; do
	command -v "$compiler" >/dev/null ||
		{ skip "headers under $compiler" "there is no $compiler" && continue; }
	for header in lib/*.h lib/*/*.h; do
		ok "$header compiles alone under $compiler" alone "$compiler" "$header"
	done
done
ok "nothing is left over without an issue" no_left_overs
ok "files and functions are short enough to read" short_enough
done_testing
