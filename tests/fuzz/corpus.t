#!/bin/sh
# The fuzz targets on the inputs of the golden cases: each file as a whole, and each of its lines.
. "$(dirname -- "$0")/../lib.sh"

for source in "$ROOT"/tests/fuzz/*.c; do
	target=$(basename -- "$source" .c)
	[ "$target" = main ] && continue
	ok "$target" "$BUILD/tests/fuzz/$target" "$ROOT"/tests/data/*/*.in
done
done_testing
