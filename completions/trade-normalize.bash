# shellcheck shell=bash
_trade_normalize()
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
	--source)
		return
		;;
	--product)
		return
		;;
	--exchange)
		return
		;;
	--schema)
		mapfile -t COMPREPLY < <(compgen -W 'full strict aggtrade' -- "$word")
		return
		;;
	--fields)
		return
		;;
	--numbers)
		mapfile -t COMPREPLY < <(compgen -W 'canonical string literal' -- "$word")
		return
		;;
	--product-map)
		return
		;;
	--where)
		return
		;;
	--jq-timeout)
		return
		;;
	--output)
		return
		;;
	--on-bad)
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
		mapfile -t COMPREPLY < <(compgen -W '--source --product --exchange --schema --fields --numbers --product-map --where --jq-timeout --output --on-bad --drain-timeout --metrics-file --log-format --log-level --quiet --verbose --help --version' -- "$word")
	fi
}
complete -o default -F _trade_normalize trade-normalize
