#!/bin/sh
# The recipe of docs/recipes/debian by its own engine: Debian's autopkgtest (target null) on a container machine, which gets
# the packages and this checkout from here, because it reaches no mirror. Prints autopkgtest's summary, and ends as it does.
# usage: bench/recipes/autopkgtest.sh MACHINE [OPTION of autopkgtest, such as --test-name=sockets]
set -eu

machine=${1:?give a machine: bench/recipes/autopkgtest.sh debian-13}
shift
cd "$(dirname "$0")/../.."
as_root() { ./rdc ssh "$machine" --provider nspawn --root -- "$@"; }

./rdc up "$machine" --provider nspawn
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/parts"

# what the machine has, and where its packages come from: apt of this host fetches what is missing
as_root 'cat /var/lib/dpkg/status' >"$work/status"
as_root 'cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || :' >"$work/sources.list"
apt() {
	apt-get -qq -y -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts" \
		-o Dir::State::status="$work/status" -o Dir::State::lists="$work/lists" -o Dir::Cache="$work" \
		-o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false "$@"
}
apt update
apt --no-install-recommends --download-only install autopkgtest dpkg-dev nodejs npm gcc libc6-dev busybox-static
tar -C "$work/archives" -cf - . | as_root 'rm -rf /root/recipe && mkdir -p /root/recipe/archives && tar -xf - -C /root/recipe/archives'
# shellcheck disable=SC2016
as_root 'set -- /root/recipe/archives/*.deb; [ ! -e "$1" ] || DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io -i "$@" >/root/recipe/dpkg.log'

{ git ls-files -z; printf 'node_modules\0'; } | tar --null -T - -cf - |
	as_root 'mkdir /root/recipe/clone && tar -xf - -C /root/recipe/clone'

# A source package with nothing but the tests. The testbed is the machine (isolation-machine is true here, and null does not
# say so); node_modules came along (needs-internet).
as_root 'cd /root/recipe && mkdir -p package/debian && cp -R clone/docs/recipes/debian/tests package/debian/ &&
printf "Source: recipe\nSection: admin\nMaintainer: rdc <rdc@example.org>\n\nPackage: recipe\nArchitecture: all\nDescription: tests\n" >package/debian/control &&
printf "recipe (1) unstable; urgency=low\n\n  * Tests.\n\n -- rdc <rdc@example.org>  Mon, 30 Nov 2026 00:00:00 +0000\n" >package/debian/changelog'
# null cannot revert, so autopkgtest does not make the user a sudoer by itself
as_root 'sh /usr/share/autopkgtest/setup-commands/enable-sudo tester'
code=0
as_root "cd /root/recipe && autopkgtest --no-built-binaries --user tester --output-dir /root/recipe/out --copy /root/recipe/clone:/opt/rdc \
	--ignore-restrictions isolation-machine,needs-internet $* package/ -- null" >"$work/log" 2>&1 || code=$?
tail -n 40 "$work/log" >&2
as_root 'cat /root/recipe/out/summary'
exit "$code"
