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
	--since)
		return
		;;
	--resume)
		return
		;;
	--limit)
		return
		;;
	--for)
		return
		;;
	--output)
		return
		;;
	--url)
		return
		;;
	--rest-url)
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
	--mute-timeout)
		return
		;;
	--repair-timeout)
		return
		;;
	--hold-bytes)
		return
		;;
	--pace)
		return
		;;
	--budget-file)
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
		mapfile -t COMPREPLY < <(compgen -W '--last --since --resume --limit --for --all --list --frames --stamp --output --url --rest-url --cacert --connect-timeout --ack-timeout --idle-timeout --mute-timeout --repair-timeout --hold-bytes --pace --budget-file --progress --drain-timeout --metrics-file --log-format --log-level --quiet --verbose --help --version' -- "$word")
	fi
}
complete -o default -F _kraken_ws_tail kraken-ws-tail
