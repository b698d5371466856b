# shellcheck shell=sh
# What tests share that strike at random moments; begins after tests/lib.sh. The moments come from a
# seed, which is shown; TEST_SEED and TEST_SPAN repeat them.
seed=${TEST_SEED:-$(($(date +%s) % 1000000 * 1000 + $$ % 1000))}
round_of=0

# next_round: a round's moments are its own, however many of them those before it have drawn.
next_round() {
	round_of=$((round_of + 1))
	awk -v seed="$((seed + 314159 * round_of))" 'BEGIN {
		srand(seed)
		for (i = 0; i < 100; i++)
			print int(rand() * 1e6)
	}' >drawn
	exec 9<drawn
}

# draw LOW HIGH: sets $drawn to the round's next whole number of that range.
draw() {
	read -r drawn <&9 || return
	drawn=$(($1 + drawn * ($2 - $1 + 1) / 1000000))
}

# The moment itself is what is tested.
pause_ms() { sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }

milliseconds() { awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime; }

# streams FIRST LAST: Trade records of four products, each with consecutive ids.
streams() {
	awk -v i="$1" -v last="$2" 'BEGIN {
		split("BTC/USD ETH/USD SOL/USD XBT/EUR", pair, " ")
		for (; i <= last; i++)
			printf "{\"product_id\":\"%s\",\"price\":%d.%d0,\"quantity\":0.%08d," \
				"\"timestamp\":\"2026-09-30T01:%02d:%02d.331350Z\"," \
				"\"trade_id\":%d,\"side\":\"buy\",\"exchange\":\"kraken\"}\n",
				pair[i % 4 + 1], 83000 + i % 1000, i % 10, i % 1e8,
				i / 6000 % 60, i / 100 % 60, 1 + i / 4
	}'
}

# by_key FILE: its records as read_back writes them.
by_key() { sed 's/^{"product_id":"\([^"]*\)"/\1 &/' "$1" | sort -s -k 1,1; }

# read_back TOPIC: what readers of committed records see, key by key, each in the topic's order.
read_back() {
	kcat -b "$KAFKA_BROKERS" -C -t "$1" -e -q -X isolation.level=read_committed \
		-X fetch.wait.max.ms=10 -f '%k %s\n' | sort -s -k 1,1
}

# holds TOPIC FILE: each record of FILE, which by_key wrote, once and in order, to the byte.
holds() { read_back "$1" >there && cmp there "$2"; }
