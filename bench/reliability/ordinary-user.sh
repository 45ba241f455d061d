#!/bin/sh
# ./rdc as an ordinary user on a system's libvirt, from a clone to nothing left: run as root by
# `sh bench/reliability/ordinary-user.sh`, after a run of debian-13, whose box it takes from the cache; with --empty-cache
# that user builds the box. Prints each step; exit code 1 where one fails or something of others' is left.
set -eu

cd "$(dirname "$0")/../.."
boxes=${XDG_CACHE_HOME:-$HOME/.cache}/rdc/boxes
keep=$(mktemp -d)
trap 'rm -rf --one-file-system "$keep"' EXIT
mkdir "$keep/home"
git clone -q --no-hardlinks . "$keep/home/rdc"
cp -a node_modules "$keep/home/rdc"
if [ "${1-}" = --empty-cache ]; then
	# what reaches the package archive from a namespace without a network: apt's requests, through a socket
	node_modules/.bin/node bench/reliability/archive-relay.ts "$keep/archive" &
	trap 'kill "$!"; rm -rf --one-file-system "$keep"' EXIT
else
	mkdir -p "$keep/home/.cache/rdc/boxes"
	cp "$boxes"/debian-13-amd64-*.box "$boxes"/vmlinuz-amd64 "$keep/home/.cache/rdc/boxes"
fi
chown -R 64999:64999 "$keep/home"

cat >"$keep/steps.sh" <<'END'
set -eux
cd "$HOME/rdc"
export RDC_LAB=system
checks=DEV-IO,SOCK-MODE,NS-UIDMAP
if [ -S "$HOME/../archive" ]; then
	node_modules/.bin/node bench/reliability/archive-relay.ts "$HOME/../archive" 3142 &
	trap "kill $!" EXIT
	export http_proxy=http://127.0.0.1:3142
fi
./rdc doctor >/dev/null
./rdc run debian-13 --check $checks --out "$HOME/fresh"
./rdc run debian-13 --check $checks --out "$HOME/restored" --keep
[ "$(./rdc ssh debian-13 -- id -un)" = tester ]
./rdc selftest debian-13 --as-is --check SOCK-MODE,DEV-GROUP
grep -q 'Linux version' "$HOME/fresh/debian-13/console.log"
./rdc down debian-13
for kind in list net-list pool-list; do [ -z "$(virsh -q -c qemu:///system $kind --all)" ]; done
[ -z "$(find "$HOME" ! -user "$(id -u)")" ]
END
unshare --net --mount sh bench/e2e/system-libvirt.sh "$keep" sh "$keep/steps.sh" || {
	tail -n 60 "$keep"/home/.cache/rdc/logs/*.log >&2
	exit 1
}
left=$(find "$keep/var" -name '*rdc*')
[ -z "$left" ] || { echo "left: $left" >&2; exit 1; }
echo 'nothing left'
