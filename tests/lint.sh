#!/bin/sh
# What no compiler says: formatting, static analysis, manuals, shell scripts (named as operands).
set -eu
cd "$(dirname "$0")/.."

sources=$(git ls-files -co --exclude-standard 'cmd/*.c' 'lib/*.[ch]' 'tests/*.[ch]')

# Other releases of clang-format break some lines elsewhere.
if clang-format --version | grep -q ' 14\.'; then
	echo "clang-format"
	# shellcheck disable=SC2086  # one word a file
	clang-format --dry-run -Werror $sources
else
	echo "clang-format: skipped, it is not release 14"
fi

# Later releases of cppcheck than Debian 12's take an array that is filled in another argument of the
# same call for uninitialised, and expect tests to survive a malloc() that fails.
later=
if ! cppcheck --version | grep -q ' 2\.10'; then
	later='--suppress=uninitvar --suppress=nullPointerOutOfMemory
		--suppress=nullPointerArithmeticOutOfMemory --suppress=nullPointerOutOfResources
		--suppress=normalCheckLevelMaxBranches'
fi
echo "cppcheck"
# shellcheck disable=SC2046,SC2086
cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j2 \
	--enable=warning,performance,portability --suppress=missingIncludeSystem $later \
	-Ilib -DVERSION='"0"' $(printf '%s\n' $sources | grep '\.c$')

echo "mandoc"
mandoc -T lint -W warning man/*.[157]

echo "shellcheck"
shellcheck "$@"
