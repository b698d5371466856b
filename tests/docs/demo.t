#!/bin/sh
# The demo shows what it says, within a minute, and leaves nothing behind, also when it is
# interrupted.
. "$(dirname -- "$0")/../lib.sh"

mkdir tmp
TMPDIR=$TMP/tmp
export TMPDIR

# usage: demo SECONDS: interrupted like by ^C after that time
demo() { timeout -s INT -k 10 "$1" "$ROOT/examples/demo.sh" >out 2>&1; }
nothing_runs() { ! readlink /proc/[0-9]*/cwd | grep "^$TMPDIR/"; }
nothing_is_left() { await 10 nothing_runs && same "$(ls tmp)" ''; }

ok "it runs to its end within a minute" demo 60
ok "it leaves nothing behind" nothing_is_left
is "all streams are whole" "$(grep -c 'missing=0 doubled=0 disordered=0 altered=0' out)" 4
is "every trade is acknowledged" "$(grep -c 'read=200000 acked=200000' out)" 1
is "the connection was cut" "$(grep -c 'lost=0 reconnects=1$' out)" 1
ok "a whole capture is called so" grep -q 'of kraken: whole: ' out
is "a removed record is named" "$(grep -c 'of kraken: id .* is missing' out)" 1
ok "it shows a throughput" grep -q 'trades a second' out
sed 's/^/# /' out

demo 1.5
ok "interrupted at once, it leaves nothing behind" nothing_is_left
demo 3
ok "interrupted later, it leaves nothing behind" nothing_is_left
done_testing
