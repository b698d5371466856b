# shellcheck shell=bash
_kafka_publish()
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
	--topic | -t)
		return
		;;
	--create-topic)
		return
		;;
	--topic-config)
		return
		;;
	--compression | -z)
		mapfile -t COMPREPLY < <(compgen -W 'none gzip snappy lz4 zstd' -- "$word")
		return
		;;
	--delivery-timeout)
		return
		;;
	--partition)
		return
		;;
	--key | -k)
		return
		;;
	--header)
		return
		;;
	--timestamp)
		return
		;;
	--omit)
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
	--dead-letter)
		return
		;;
	--unsent)
		return
		;;
	--unknown)
		return
		;;
	--receipts)
		return
		;;
	--limit)
		return
		;;
	--queue-bytes)
		return
		;;
	--exactly-once)
		return
		;;
	--txn-records)
		return
		;;
	--txn-interval)
		return
		;;
	--cursor-renewal)
		return
		;;
	--stream)
		return
		;;
	--id)
		return
		;;
	--time)
		return
		;;
	--adopt)
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
		mapfile -t COMPREPLY < <(compgen -W '--topic --create-topic --topic-config --compression --delivery-timeout --partition --allow-expired --key --header --timestamp --omit --brokers --property --config --connect-timeout --print-config --dead-letter --unsent --unknown --receipts --tee --dry-run --limit --queue-bytes --exactly-once --txn-records --txn-interval --cursor-renewal --stream --id --time --allow-gaps --begin --adopt --progress --drain-timeout --metrics-file --log-format --log-level --quiet --verbose --help --version' -- "$word")
	fi
}
complete -o default -F _kafka_publish kafka-publish
