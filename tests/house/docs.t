#!/bin/sh
# What is generated from the option tables is as committed, and the completions complete.
. "$(dirname -- "$0")/../lib.sh"

programs=$(cd "$ROOT" && for file in cmd/*.c; do basename "$file" .c; done)

# offers PROGRAM WORD...: what bash offers for the last word, on one line.
offers() {
	# shellcheck disable=SC2016 # the inner shell's variables
	bash -c 'set -eu
		. "$ROOT/completions/$1.bash"
		function=$(complete -p "$1" | sed "s/.* -F //; s/ .*//")
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		COMPREPLY=()
		"$function"
		echo "${COMPREPLY[*]-}"' bash "$@"
}

long_options() { "$1" --help | sed -n 's/^ .*\(--[a-z][a-z-]*\).*/\1/p'; }

# zsh as users have it: the words of the completion, with what _arguments would be given.
zsh_specs() {
	zsh -fc '_arguments() { print -rl -- "$@" }; . "$1"' zsh "$ROOT/completions/_$1"
}

fish_offers() {
	# shellcheck disable=SC2016 # the inner shell's variables
	fish --no-config -c 'source $argv[1]; complete -C"$argv[2] --"' \
		"$ROOT/completions/$1.fish" "$1" | cut -f 1
}

for program in $programs; do
	ok "$program: its manual and completions are those of its options" \
		"$ROOT/tests/house/options.sh" "$program"
	ok "$program: the contract is tested" grep -q "^$program " "$ROOT/tests/cli/programs"

	ok "$program: the completion for bash is well-formed" bash -n "$ROOT/completions/$program.bash"
	is "$program: it offers all options" "$(offers "$program" -- | tr ' ' '\n' | sort)" \
		"$(long_options "$program" | sort)"
	is "$program: those that begin so" "$(offers "$program" x --log-f)" --log-format
	is "$program: values to choose from" "$(offers "$program" --log-format '')" "text json"
	is "$program: the one that begins so" "$(offers "$program" --log-format j)" json
	is "$program: values behind =" "$(offers "$program" --log-format =)" "text json"
	is "$program: the beginning of one behind =" "$(offers "$program" --log-format = j)" json
	is "$program: the shell's own files elsewhere" "$(offers "$program" --metrics-file --)" ""

	if command -v zsh >/dev/null; then
		is "$program: the completion for zsh has all options" \
			"$(zsh_specs "$program" | sed -n 's/^\**\(--[a-z-]*\)[=[].*/\1/p' | sort)" \
			"$(long_options "$program" | sort)"
	else
		skip "$program: the completion for zsh" "there is no zsh"
	fi
	if command -v fish >/dev/null; then
		is "$program: the completion for fish offers all options" \
			"$(fish_offers "$program" | sort)" "$(long_options "$program" | sort)"
	else
		skip "$program: the completion for fish" "there is no fish"
	fi
done
done_testing
