#!/bin/sh
# The examples for Kubernetes, systemd, cron and containers, as far as they can be checked on a
# machine that has none of these: that what they start is there, takes these arguments and
# variables, and is the pipeline that is meant; that their probes tell a process that hangs; that a
# container has the libraries. Where a tool is not installed, its part is skipped.
. "$(dirname -- "$0")/../lib.sh"

examples=$ROOT/examples

# Programs that would reach Kafka show their pipeline instead.
mkdir dry
for program in trades loader-api-trades kafka-job; do
	printf '#!/bin/sh\nexec "%s/%s" --dry-run "$@"\n' "$BUILD" "$program" >dry/$program
done
chmod +x dry/*
dry() { env "PATH=$TMP/dry:$PATH" "$@" >out 2>err; }

# What is the same for all stages left out; a stage a line.
essence() {
	sed -e 's/ --log-[a-z]*[ =][a-z]*//g' -e 's/ --drain-timeout [0-9]*ms//g' \
		-e 's/ --metrics-file[ =][^ ]*//g' -e 's/ | /\n/g'
}
# shows WHAT WANTED: the pipeline, and not a word of complaint.
shows() { is "$1: its pipeline" "$(essence <out)" "$2" && is "$1: no warnings" "$(warnings)" ''; }
# says WHAT STAGES WORD...: of these programs, with these words among others.
says() {
	is "$1: its stages" "$(essence <out | sed 's/ .*//' | xargs)" "$2"
	is "$1: no warnings" "$(warnings)" ''
	what=$1 && shift 2
	ok "$what: its words" has "$@"
}
has() {
	for word; do
		case " $(tr '\n' ' ' <out)" in
		*" $word "*) ;;
		*) echo "not there: $word" && return 1 ;;
		esac
	done
}
warnings() { grep -Ev '"level":"(info|debug)"' err; }

# dry_pod NAME [VARIABLE=VALUE]...
dry_pod() {
	name=$1 && shift
	dry sh "k/pods/$name/run" "$@"
}
probe() { sh "k/pods/$1/probe"; }

kubernetes() {
	ok "the manifests can be taken apart" "$ROOT/tests/docs/manifests.py" "$TMP/k"
	for file in k/faults/*; do
		is "Kubernetes: $(basename "$file")" "$(cat "$file")" ''
	done
	is "Kubernetes: there are pods, four of them of one Job" "$(find k/pods/* -prune | wc -l)" 7
	kubernetes_pipelines
	kubernetes_probes
}

# loads WHAT SINCE UNTIL SYMBOL TOPIC ID
loads() {
	says "$1" "binance-aggtrades-dump trade-normalize kafka-publish" "--since=$2" "--until=$3" "$4" \
		"--topic=$5" "--exactly-once=$6.$4.$2.$3" --stream=@binance,symbol
}
# goes_live WHAT PAIRS
goes_live() {
	says "$1" "kraken-ws-tail trade-normalize kafka-publish" "--resume=- $2" --topic=trades \
		--create-topic=2:1 --exactly-once=trades-trades-live
}

kubernetes_pipelines() {
	dry_pod load-btcusdt-2024-01
	loads "Job" 2024-01-01 2024-02-01 BTCUSDT load-btcusdt-2024-01-data load-btcusdt-2024-01
	index=0
	for symbol in BTCUSDT ETHUSDT SOLUSDT XRPUSDT; do
		dry_pod "backfill-2024-$index"
		loads "Indexed Job, index $index" 2024-01-01 2025-01-01 $symbol binance-trades-2024 \
			backfill-2024-$symbol
		index=$((index + 1))
	done
	dry_pod backfill-2024-0 JOB_COMPLETION_INDEX=4
	ok "Indexed Job: an index without a symbol is a fault that no attempt cures" \
		grep -qx 'no symbol has index 4' err
	dry_pod trades
	goes_live "Deployment" "BTC/USD ETH/USD SOL/USD XRP/USD"
	dry_pod kraken-nightly
	shows "CronJob" "$(cat <<-'EOF'
	kraken-rest-dump --last-days=3 BTC/USD ETH/USD
	trade-normalize
	kafka-publish --topic=kraken-history --create-topic=6:3 --exactly-once=kraken-nightly
	EOF
	)"
}

# The live pod itself, but for the exchange and the broker.
kubernetes_probes() {
	metrics=$TMP/k/pods/trades/root/run/tradepipe
	ok "Deployment: what has not begun does not live" not probe trades
	sh k/pods/trades/run "TRADES_KAFKA_BROKER_ADDRESS=$KAFKA_BROKERS" \
		"KRAKEN_WS_URL=$KRAKEN_WS_URL" "KRAKEN_REST_URL=$KRAKEN_REST_URL" \
		"TRADEPIPE_CACERT=$TRADEPIPE_CACERT" "XDG_RUNTIME_DIR=$TMP" >out 2>err &
	running=$!
	ok "Deployment: it lives" await 30 probe trades
	kill "$running"
	wait "$running" 2>/dev/null
	is "Deployment: stopped, exit code" $? 143
	is "Deployment: the stages and their runner have their accounts" \
		"$(grep -c 'account: ' err)" 4
	for stage in '' .kraken-ws-tail .trade-normalize .kafka-publish; do
		touch "$metrics"/*.prom
		touch -d '4 minutes ago' "$metrics/trades$stage.prom"
		ok "Deployment: it does not live where one hangs: trades$stage" not probe trades
	done
}

# timer and service: what systemd itself says of them.
systemd() {
	mkdir units
	for unit in "$examples"/systemd/*.service "$examples"/systemd/*.timer; do
		sed "s|/usr/local/bin/|$BUILD/|" "$unit" >"units/$(basename "$unit")"
	done
	for unit in units/*; do
		if command -v systemd-analyze >/dev/null; then
			ok "systemd: $(basename "$unit") is in order" silent systemd-analyze verify --man=no "$unit"
		else
			skip "systemd: $(basename "$unit")" "there is no systemd-analyze"
		fi
	done
	for unit in units/*.service; do
		if command -v systemd-analyze >/dev/null; then
			ok "systemd: $(basename "$unit") may do little" \
				systemd-analyze security --offline=yes --threshold=20 "$unit"
		fi
		ok "systemd: $(basename "$unit") does not try again what cannot help" \
			grep -q '^RestartPreventExitStatus=2' "$unit"
	done
	for unit in units/*.timer; do
		ok "systemd: $(basename "$unit") has a service" test -e "${unit%.timer}.service"
	done
	systemd_pipelines
}
silent() { same "$("$@" 2>&1; echo "exit code $?")" "exit code 0"; }

# start UNIT: what its ExecStart says, as systemd splits it: at blanks, with no shell.
start() {
	sed -n -e '/^ExecStart=/{:more' -e '/\\$/{N;s/\\\n//;b more' -e '}' -e 's/^ExecStart=//p}' \
		"$examples/systemd/$1.service" | sed -e 's|/usr/local/bin/||' -e "s|%[tS]|$TMP|" |
		dry xargs -n 1000 env
}
systemd_pipelines() {
	# shellcheck disable=SC1091 # not known before
	(set -a && . "$examples/systemd/trades.env" && start trades)
	goes_live "trades.service" "BTC/USD ETH/USD"
	start kraken-publish
	shows "kraken-publish.service" "$(cat <<-'EOF'
	kraken-rest-dump --last-days 3 BTC/USD ETH/USD
	trade-normalize
	kafka-publish --topic kraken-history --create-topic 6:3 --exactly-once kraken-nightly
	EOF
	)"
	mkdir kraken-history
	start kraken-history
	for pair in BTC/USD ETH/USD; do
		is "kraken-history.service: $pair is in the file" \
			"$(grep -c "$pair" kraken-history/trades.ndjson)" 200
	done
	is "kraken-history.service: no messages" "$(cat err)" ''
}

# line PROGRAM: the crontab's line that starts with it, without its times.
line() {
	sed -nE "s|^([-*/0-9,]+ ){5}($1 .*)|\2|p" "$examples/cron/tradepipe" |
		sed "s|/var/lib/trades|$TMP/data|"
}
variables() { sed -nE 's/^([A-Z_]+)=(.*)/\1=\2/p' "$examples/cron/tradepipe"; }

cron() {
	is "cron: lines and variables are all there is" \
		"$(grep -cEv '^(#.*|[A-Z_]+=.*|([-*/0-9,]+ ){5}[a-z].*)?$' "$examples/cron/tradepipe")" 0
	ok "cron: no percent sign, which cron makes a new line of" \
		not grep -q '^[^#].*%' "$examples/cron/tradepipe"
	dry sh -c "$(line kafka-job)"
	shows "cron, kafka-job" "$(cat <<-'EOF'
	kraken-rest-dump -q --last-days 3 BTC/USD ETH/USD
	trade-normalize -q
	kafka-publish -q --topic kraken-history --create-topic 6 --exactly-once kraken-nightly
	EOF
	)"
	mkdir data
	for turn in first second; do
		sh -c "$(line kraken-rest-dump)" >out 2>&1
		is "cron, a file: the $turn time, exit code" $? 0
		is "cron, a file: the $turn time, no mail" "$(cat out)" ''
	done
	is "cron, a file: each trade once" "$(sort -u data/btc.ndjson | wc -l)" \
		"$(wc -l <data/btc.ndjson)"
	ok "cron, a file: there are some" test -s data/btc.ndjson
}

# packages STAGE: what a stage of the Containerfile installs, sorted.
packages() {
	sed -n "/ AS $1\$/,/^FROM/p" "$ROOT/Containerfile" |
		sed -n '/apt-get install/,/[^\\]$/p' | sed '/&& rm/d' | tr -s '\\\t ' '\n' |
		grep -Evx 'RUN|apt-get|update|&&|install|-y|--no-install-recommends|' | sort | xargs
}
build_packages() {
	# shellcheck disable=SC2016 # make's variable
	printf 'include Makefile\nprint:\n\t@echo make $(BUILD_DEPS)\n' |
		make -s -C "$ROOT" -f - print | xargs -n 1 | sort | xargs
}
# The packages of the libraries that programs name. Debian 13 has some under names that end in t64.
needed() {
	for file in "$ROOT"/cmd/*.c; do
		readelf -d "$BUILD/$(basename "$file" .c)"
	done | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u | while read -r name; do
		dpkg -S "*/$name" | sed -n '1s/:.*//p'
	done | sed 's/t64$//' | sort -u
}
# Names that other packages provide are good, too: Debian 13 has some.
can_be_installed() { apt-get -s -o Debug::NoLocking=1 --no-install-recommends install "$@"; }

container() {
	is "Containerfile: it builds with what make deps names" "$(packages build)" "$(build_packages)"
	if [ -n "${SANITIZE:-}" ]; then
		skip "Containerfile: libraries" "those of the sanitizers are among them"
	else
		is "Containerfile: it has the libraries that programs need, and no others" \
			"$(packages suite | xargs -n 1 | sort)" \
			"$( (echo ca-certificates && needed | grep -vx libc6) | sort)"
	fi
	if apt-cache policy libc6 2>/dev/null | grep -q '://'; then
		# shellcheck disable=SC2046 # a word each
		ok "Containerfile: there are such packages" \
			can_be_installed $(packages build) $(packages suite)
	else
		skip "Containerfile: there are such packages" "apt has no lists"
	fi
	ok "Containerfile: no entry point hides programs" not grep -q ENTRYPOINT "$ROOT/Containerfile"
}

now=$(date +%s)
start_exchange --products BTC/USD,ETH/USD,SOL/USD,XRP/USD --rate 20 --epoch $((now - 86400)) \
	--first 201 --history 200
start_mock_broker -t trades:2
systemd
cron
container
# The last: who subscribes starts the exchange's clock, and a history without end.
if /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	kubernetes
else
	skip "Kubernetes" "there is no python3-yaml"
fi
done_testing
