#!/bin/sh
# From history to live through the whole pipeline into a real broker, exactly once, while one process
# after another is killed and all are started again: the topic is whole in the end. TEST_KILLS says
# how many are killed, TEST_SEED when.
# shellcheck disable=SC2154 # run is set by publish.sh, drawn by chaos.sh
[ -n "${TEST_BROKERS:-}" ] || exec "$(dirname -- "$0")/../servers/broker" -- "$0"
. "$(dirname -- "$0")/../lib.sh"
. "$ROOT/tests/kafka/publish.sh"
. "$ROOT/tests/kafka/chaos.sh"
kills=${TEST_KILLS:-4} history=3000 rate=200
topic=$run id=$run
first=$((history + 1)) last=$((history + rate * (3 + 4 * kills)))
export KAFKA_BROKERS="$TEST_BROKERS"

cut() {
	printf '{"do":"drop","at":{"product":"%s","trade":%s},"how":"%s","gap":%s,"products":"all"}' "$@"
}
start_exchange --products BTC/USD,ETH/USD --first $first --history $history --rate $rate \
	--trades $((last - history)) --max-life $((120 + 20 * kills)) \
	--fault "$(cut BTC/USD $((first + 300)) rst 30)" \
	--fault "$(cut ETH/USD $((first + 900)) close 51)" \
	--fault "$(cut BTC/USD $((first + 1400)) fin 0)"

# process NAME CMD...: leaves its id in NAME.pid, and its exit in NAME.exit.
process() {
	name_of=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	sh -c 'echo $$ >"$0.pid" && exec "$@"' "$name_of" "$@" 2>>"$name_of.err"
	echo $? >"$name_of.exit"
}
pipeline() {
	process last kafka-last -q -t "$topic" --exactly-once "$id" |
		process tail kraken-ws-tail -v --resume - --since 2024-01-01 --pace 20 \
			BTC/USD ETH/USD |
		process normalize trade-normalize |
		process publish kafka-publish -v -t "$topic" --create-topic 3 --exactly-once "$id"
}
# What a case that failed has left would keep the output of this test open.
kill_rest() {
	for left in last tail normalize publish; do
		[ ! -s "$left.pid" ] || [ -s "$left.exit" ] || strike KILL "$left"
	done
}
trap 'kill_rest; cleanup' EXIT
# begin: all of it, in the background.
begin() {
	kill_rest
	rm -f ./*.exit ./*.pid
	pipeline &
	await 10 have_begun
}
begin_last() { # as soon as that can be struck
	kill_rest
	rm -f ./*.exit ./*.pid
	pipeline &
	until [ -s last.pid ]; do :; done
}
have_begun() { [ -s last.pid ] && [ -s tail.pid ] && [ -s normalize.pid ] && [ -s publish.pid ]; }
have_ended() {
	[ -s last.exit ] && [ -s tail.exit ] && [ -s normalize.exit ] && [ -s publish.exit ]
}
strike() { kill -s "$1" "$(cat "$2.pid")" 2>killed; }

# kill_one NAME: in a run of its own, at a moment that is drawn; kafka-last does not live for long.
kill_one() {
	case $1 in
	last)
		begin_last
		draw 0 60
		;;
	*)
		begin || return
		draw 0 2500
		;;
	esac
	pause_ms "$drawn"
	strike KILL "$1"
	# Without a cursor the tail begins anew, and all that is there is skipped.
	[ "$1" != last ] || { await 10 have_begun && pause_ms 1000 && strike TERM tail; }
	# Those before it end when they write, those behind when they have read all.
	await 30 have_ended || return
	cat ./*.exit
	[ "$1" = last ] || was_killed "$1"
}
was_killed() { [ "$(cat "$1.exit")" = 137 ]; }

echo "# TEST_SEED=$seed repeats the moments"
next_round
killed=0
for round in $(seq "$kills"); do
	case $((round % 4)) in
	1) victim="tail" ;;
	2) victim=publish ;;
	3) victim=normalize ;;
	0) victim=last ;;
	esac
	ok "$victim is killed: all end" kill_one "$victim"
	tries=5
	until was_killed "$victim" || [ $((tries -= 1)) -eq 0 ]; do
		ok "$victim had ended before: again" kill_one "$victim"
	done
	killed=$((killed + $(was_killed "$victim" && echo 1 || echo 0)))
done
is "so many were killed" "$killed" "$kills"

ends() { # all is there
	kafka-last -q -t "$topic" --exactly-once "$id" 2>>ends.err | jq -r .trade_id | uniq -c |
		grep -qx " *2 $last"
}
ok "nobody is killed: it begins" begin
ok "it comes to the end, and stays" await $((30 + 4 * kills)) ends
strike TERM tail
ok "the pipeline ends behind the tail" await 20 have_ended
is "exits" "$(cat tail.exit normalize.exit publish.exit | xargs)" "143 0 0"

kcat -b "$TEST_BROKERS" -C -t "$topic" -e -q -X isolation.level=read_committed >topic.json
ok "trade-verify calls the topic whole" trade-verify --quiet-stdout \
	--expect BTC/USD=1-$last --expect ETH/USD=1-$last topic.json
ok "each trade is there once, in order, as the tape says" "$ROOT/tests/servers/tape" check --any-way \
	--product BTC/USD=1-$last --product ETH/USD=1-$last topic.json
is "no trade was lost on the way" "$(grep -h "lost trades" tail.err)" ""
done_testing
