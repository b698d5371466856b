# shellcheck shell=sh
# What the tests of kafka-publish share; begins after tests/lib.sh. Topics of one run do not meet
# those of another, so that the tests can be run again on one broker.
KAFKA_BROKERS=${TEST_BROKERS:-}
# shellcheck disable=SC2034 # for the tests
run=publish-$$
export KAFKA_BROKERS

# records FIRST LAST: Trade records with these ids; product ids that need no shell quoting.
records() {
	awk -v i="$1" -v last="$2" 'BEGIN {
		split("BTC/USD ETH/USD SOL/USD XBT/EUR", pair, " ")
		for (; i <= last; i++)
			printf "{\"product_id\":\"%s\",\"price\":%d.%d0,\"quantity\":0.%08d," \
				"\"timestamp\":\"2026-09-30T01:34:50.331350Z\"," \
				"\"timestamp_ms\":1790732090331,\"trade_id\":%d," \
				"\"side\":\"buy\",\"exchange\":\"kraken\"}\n",
				pair[i % 4 + 1], 83000 + i % 1000, i % 10, i % 1e8, i
	}'
}

# publish ARG...: leaves $status, $account, and what was said in the file err.
# shellcheck disable=SC2034 # for the tests
publish() {
	kafka-publish "$@" 2>err
	status=$?
	account=$(sed -n 's/^kafka-publish: account: //p' err)
}

# account READ ACKED [DEAD [UNSENT [UNKNOWN]]]
account() {
	echo "read=$1 acked=$2 dead=${3:-0} skipped=0 unsent=${4:-0} unknown=${5:-0}"
}

# number NAME: a count of the last account in err.
number() { sed -n "s/.*account: .*\<$1=\([0-9]*\).*/\1/p" err | tail -n 1; }

# consume TOPIC FORMAT: all of a topic, from its beginning to its end.
consume() { kcat -b "$KAFKA_BROKERS" -C -t "$1" -e -q -X fetch.wait.max.ms=10 -f "$2"; }

count() { consume "$1" '\n' | wc -l; }
has_records() { [ "$(count "$1")" -ge "$2" ]; }
