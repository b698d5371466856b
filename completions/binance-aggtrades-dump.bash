# shellcheck shell=bash
_binance_aggtrades_dump()
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
	--since)
		return
		;;
	--until)
		return
		;;
	--last-days)
		return
		;;
	--resume)
		return
		;;
	--ids)
		return
		;;
	--limit)
		return
		;;
	--page-size)
		return
		;;
	--source)
		mapfile -t COMPREPLY < <(compgen -W 'auto archive api' -- "$word")
		return
		;;
	--market)
		mapfile -t COMPREPLY < <(compgen -W 'spot um cm' -- "$word")
		return
		;;
	--archive-dir)
		return
		;;
	--url)
		return
		;;
	--archive-url)
		return
		;;
	--weight-per-minute)
		return
		;;
	--output)
		return
		;;
	--cacert)
		return
		;;
	--jobs)
		return
		;;
	--max-retry-time)
		return
		;;
	--connect-timeout)
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
		mapfile -t COMPREPLY < <(compgen -W '--since --until --last-days --resume --ids --limit --page-size --source --market --archive-dir --url --archive-url --weight-per-minute --output --cacert --jobs --max-retry-time --connect-timeout --budget-file --progress --drain-timeout --metrics-file --log-format --log-level --quiet --verbose --help --version' -- "$word")
	fi
}
complete -o default -F _binance_aggtrades_dump binance-aggtrades-dump
