#!/bin/sh
# What takes too long for every change: `make check`, then $SECONDS_EACH seconds of fuzzing a target.
set -eu
cd "$(dirname "$0")/.."

tests/check.sh
tests/fuzz/run.sh "${SECONDS_EACH:-60}"
