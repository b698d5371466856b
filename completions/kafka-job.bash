# shellcheck shell=bash
_kafka_job()
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
	--queue-id)
		return
		;;
	--symbol)
		return
		;;
	--type)
		return
		;;
	--producer)
		return
		;;
	--events-topic)
		return
		;;
	--control-topic)
		return
		;;
	--events-format)
		mapfile -t COMPREPLY < <(compgen -W 'plain streamforge' -- "$word")
		return
		;;
	--telemetry-interval)
		return
		;;
	--brokers | -b)
		return
		;;
	--property | -X)
		return
		;;
	--config | -F)
		return
		;;
	--connect-timeout)
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
		mapfile -t COMPREPLY < <(compgen -W '--queue-id --symbol --type --producer --events-topic --control-topic --events-format --telemetry-interval --dry-run --brokers --property --config --connect-timeout --print-config --drain-timeout --metrics-file --log-format --log-level --quiet --verbose --help --version' -- "$word")
	fi
}
complete -o default -F _kafka_job kafka-job
