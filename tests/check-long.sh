#!/bin/sh
# What takes too long for every change: `make check`, then ten million numbers compared with those of
# an independent implementation, then each fuzz target for $SECONDS_EACH seconds (300 where it is not
# set).
set -eu
cd "$(dirname "$0")/.."

tests/check.sh
DIFFERENTIAL=${DIFFERENTIAL:-10000000} prove -v tests/cli/differential.t
tests/fuzz/run.sh "${SECONDS_EACH:-300}"
