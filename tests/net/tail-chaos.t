#!/bin/sh
# kraken-ws-tail against an exchange that fails at random: see tail_chaos.py. TEST_SEEDS="FIRST LAST" says
# which seeds.
. "$(dirname -- "$0")/../lib.sh"
seeds=${TEST_SEEDS:-1 50}
[ -z "${SANITIZE:-}" ] || seeds="1 15"
# shellcheck disable=SC2086 # two words
"$ROOT/tests/net/tail_chaos.py" $seeds
