#!/bin/sh
# What takes too long for every change: `make check`, then ten million numbers compared with those of
# an independent implementation, then a million executions of each fuzz target (or, where it is set,
# $SECONDS_EACH seconds of each).
set -eu
cd "$(dirname "$0")/.."

tests/check.sh
DIFFERENTIAL=${DIFFERENTIAL:-10000000} prove -v tests/cli/differential.t
tests/fuzz/run.sh "${SECONDS_EACH:--runs=1000000}"
