# shellcheck shell=sh
# What the scripts of the contract share. Each case is a function that is called for every program,
# with the columns of its line in tests/cli/programs as $program, $kind, $reads and $args.

grep -v '^#' "$ROOT/tests/cli/programs" >programs
for form in native trade; do
	"$ROOT/tests/servers/tape" print BTC/USD 1 1000 --as $form >records.$form
	split -l 20 -d -a 2 records.$form few.$form.
	cp few.$form.00 few.$form
done

# each KINDS TITLE CASE: the case for all programs of these kinds.
each() {
	while read -r program kind reads args <&8; do
		case " $1 " in *" $kind "*) ok "$program: $2" "$3" ;; esac
	done 8<programs
}

# run [ARG...]: the program with its least arguments and these.
# shellcheck disable=SC2086 # words
run() { "$program" $args "$@"; }

# drive [ARG...]: an ordinary run over 20 records; with redirections.
drive() {
	if [ "$kind" = source ]; then run --limit 20 "$@"; else run "$@" <"few.$reads"; fi
}

# ends STATUS [PATTERN]: the last run ended so, and said so in `err`. Written: CMD; ends ...
ends() {
	set -- $? "$@"
	[ "$1" = "$2" ] && { [ $# -eq 2 ] || grep -q -e "$3" err; } && return
	echo "status $1, not $2; err:" && cat err
	return 1
}

# count NAME: a value of the last account in `err`.
count() { sed -n 's/.*account: //p' err | tail -n 1 | tr ' ' '\n' | sed -n "s/^$1=//p"; }

# The last account in `err`: what came in is what the fates add up to. Others may stand beside it.
adds_up() {
	sed -n 's/.*account: //p' err | tail -n 1 | tr ' ' '\n' | awk -F= '
		$1 == "read" { seen = 1; sum += $2 }
		$1 ~ /^(written|repeated|passed|void|filtered|judged|bad|unwritten)$/ { sum -= $2 }
		$1 ~ /^(acked|dead|skipped|unsent|unknown|pending)$/ { sum -= $2 }
		END { exit !seen || sum != 0 }' || { cat err; false; }
}

# Whether the program has this option.
has() { "$program" --help | grep -q -e "  --$1 "; }

# No byte that could drive a terminal.
is_clean() { ! grep -q '[[:cntrl:]]' "$1"; }
