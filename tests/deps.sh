#!/bin/sh
# Installs the Debian packages named as operands that are missing: as root, or through sudo;
# otherwise prints the one command to run.
set -eu

missing=
for package; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -eq 0 ]; then
	sudo='env'
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	sudo='sudo env'
else
	echo "These Debian packages are missing. Please run, as root:" >&2
	echo "    apt-get update && $install" >&2
	exit 1
fi
echo "installing:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086  # one word a package
$sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
