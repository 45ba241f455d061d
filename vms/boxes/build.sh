#!/bin/sh
# Builds a bootable Debian box for vagrant-libvirt unless it is there, and prints its path.
#   build.sh [--path | --can-build] DISTRIBUTION RELEASE        e.g. build.sh debian 13, build.sh debian 13-sysvinit
# --path: only its path; --can-build: exit code 0 where this user can build one.
# Environment: RDC_ARCH (amd64), XDG_CACHE_HOME, RDC_APT_ETC (apt's folder with entries of the Debian archive; /etc/apt), RDC_OWNER (uid:gid of what is left).
# Needs mmdebstrap, qemu-utils, GRUB for BIOS, and root, or a user with subordinate IDs who may make namespaces. Docker's packages lie in the box's package cache, so that
# the machine installs them with its distribution's tools, without a network.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
asked=''
case ${1-} in --path | --can-build) asked=$1; shift ;; esac
distribution=${1:?usage: build.sh [--path | --can-build] DISTRIBUTION RELEASE}
release=${2:?usage: build.sh [--path | --can-build] DISTRIBUTION RELEASE}
arch=${RDC_ARCH:-$(uname -m | sed 's/^x86_64$/amd64/; s/^aarch64$/arm64/')}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/rdc/boxes

case $distribution-$release in
	debian-11) codename=bullseye ;;
	debian-12) codename=bookworm ;;
	debian-13 | debian-13-sysvinit) codename=trixie ;;
	debian-testing) codename=testing ;;
	*) echo "no recipe for a box of $distribution $release: debian 11, 12, 13, 13-sysvinit or testing" >&2; exit 2 ;;
esac

# Another init replaces functions of system.sh; it is no part of the digest of boxes with systemd.
init=$(expr "$release" : '[^-]*-\(.*\)' || true)
digest=$(cat "$here/system.sh" "$here/disk.sh" "$here/packages.sh" ${init:+"$here/$init.sh"} | sha256sum | cut -c1-12)
name=$distribution-$release-$arch-$digest
box=$cache/$name.box

# The build mounts /proc and /dev. Its namespaces end with it, so that nobody who removes the directory, here or later,
# finds a mount in it. An ordinary user is root there, with his subordinate IDs for the rest.
enclosed() {
	if [ "$(id -u)" = 0 ]; then set -- unshare --mount --pid --fork --kill-child --mount-proc "$@"
	else set -- unshare --map-root-user --map-auto --mount --pid --fork --kill-child --mount-proc "$@"; fi
	exec "$@"
}
# Where users may not make namespaces, unshare of util-linux 2.41 leaves a child with --map-auto that waits for ever.
can_enclose() { { [ "$(id -u)" = 0 ] || unshare --user true; } && (enclosed true); }
if [ "$asked" = --can-build ]; then can_enclose; exit; fi
if [ -n "$asked" ] || [ -s "$box" ]; then echo "$box"; exit 0; fi

[ "$arch" = amd64 ] || { echo "boxes are built for amd64 only, not for $arch" >&2; exit 2; }
can_enclose || { echo "this user cannot build a box: sudo $0 $distribution $release" >&2; exit 3; }
mkdir -p "$cache"
# made as root in the folder of a user
owned() { [ -z "${RDC_OWNER-}" ] || chown "$RDC_OWNER" "$@"; }
lock=$cache/.build-$distribution-$release-$arch.lock
exec 9>"$lock"
owned "$lock"
flock -w 1800 9 || { echo "another build of $name holds $lock" >&2; exit 3; }
if [ -s "$box" ]; then echo "$box"; exit 0; fi

# Left by a killed build: under the lock nobody else owns it.
(enclosed rm -rf --one-file-system "$cache/.tmp-$distribution-$release-$arch"-*)
work=$(mktemp -d "$cache/.tmp-$distribution-$release-$arch-XXXXXX")
if [ -n "$init" ]; then
	mkdir "$work/scripts"
	cp "$here/apt-sources.sh" "$here/disk.sh" "$here/packages.sh" "$work/scripts"
	# before the last lines, which call a function
	{ sed '/^case /,$d' "$here/system.sh"; cat "$here/$init.sh"; sed -n '/^case /,$p' "$here/system.sh"; } >"$work/scripts/system.sh"
	here=$work/scripts
fi
export work codename arch distribution release here

builder=''
finish() {
	if [ -n "$builder" ]; then
		kill -KILL "$builder" 2>/dev/null || true
		wait "$builder" 2>/dev/null || true
	fi
	(enclosed rm -rf --one-file-system "$work")
}
trap finish EXIT
trap 'exit 130' INT TERM

sh "$here/apt-sources.sh" "$codename" ${RDC_APT_ETC:+"$RDC_APT_ETC"} >"$work/sources.list"
enclosed sh -eu -c 'sh "$here/system.sh" install; sh "$here/disk.sh" box' >&2 &
builder=$!
wait "$builder"
builder=''

cp "$work/packages.json" "$cache/$name.json.part" && mv "$cache/$name.json.part" "$cache/$name.json"
# To find out whether KVM works.
cp "$work/vmlinuz" "$cache/vmlinuz-$arch.part" && mv "$cache/vmlinuz-$arch.part" "$cache/vmlinuz-$arch"
owned "$cache/$name.json" "$cache/vmlinuz-$arch" "$work/box.tar"
mv "$work/box.tar" "$box"
# Boxes of older versions of these scripts.
for old in "$cache/$distribution-$release-$arch"-*; do
	case $old in "$cache/$name".*) ;; *) rm -f "$old" ;; esac
done
echo "$box"
