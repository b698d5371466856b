# shellcheck shell=bash
_kraken_ws_tail()
{
	local word=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]}

	# The shell takes = for a word of its own.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $before in
	--last | -n)
		return
		;;
	--limit)
		return
		;;
	--output)
		return
		;;
	--url)
		return
		;;
	--cacert)
		return
		;;
	--connect-timeout)
		return
		;;
	--ack-timeout)
		return
		;;
	--idle-timeout)
		return
		;;
	--drain-timeout)
		return
		;;
	--metrics-file)
		return
		;;
	--log-format)
		mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$word")
		return
		;;
	--log-level)
		mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$word")
		return
		;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--last --limit --output --url --cacert --connect-timeout --ack-timeout --idle-timeout --drain-timeout --metrics-file --log-format --log-level --quiet --verbose --help --version' -- "$word")
	fi
}
complete -o default -F _kraken_ws_tail kraken-ws-tail
