#!/bin/sh
# Makes the image that proves `./rdc run --image`: a Debian cloud image with cloud-init and nothing of this project.
#   test-cloud-image.sh OUT.qcow2 [CODENAME]        e.g. test-cloud-image.sh /tmp/debian-cloud.qcow2 trixie
# Needs root, mmdebstrap, qemu-utils, GRUB for BIOS, dpkg-dev; takes the archive that this machine's apt uses.
# Unlike a published image it has the packages of rootless Docker in a repository of its own (/srv/packages), the only
# source of its apt: machines of the lab reach no mirror.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: test-cloud-image.sh OUT.qcow2 [CODENAME]}
codename=${2:-trixie}

if [ "${inside-}" != yes ]; then
	[ "$(id -u)" = 0 ] || { echo "making an image needs root: sudo $0 $out" >&2; exit 3; }
	work=$(mktemp -d "$out.XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	trap 'exit 130' INT TERM
	export work arch=amd64 disk_label=cloudimg-root disk_mib=2560 disk_arguments=
	inside=yes unshare --mount --pid --fork --kill-child --mount-proc sh "$0" "$out" "$codename"
	mv "$work/box.img" "$out"
	exit 0
fi

root=$work/root

# The cloud flavour of the kernel has fewer drivers than a machine of the lab.
sh "$here/apt-sources.sh" "$codename" >"$work/sources.list"
mmdebstrap --mode=root --variant=minbase --skip=check/empty,cleanup/apt --aptopt='Acquire::Languages "none"' \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
	--include=linux-image-cloud-amd64,initramfs-tools,systemd-sysv,udev,dbus,libpam-systemd,openssh-server,sudo,iproute2,iputils-ping,procps,kmod,apparmor,ca-certificates,e2fsprogs,netbase,libcap2-bin,acl,cloud-init,cloud-guest-utils,fdisk \
	--essential-hook='printf "do_symlinks = yes\nlink_in_boot = no\n" >"$1/etc/kernel-img.conf"' \
	--customize-hook='rm -f "$1"/var/cache/apt/archives/*.deb' \
	--customize-hook='APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -y -q -o APT::Keep-Downloaded-Packages=true -o APT::Install-Recommends=true --download-only install docker.io docker-cli rootlesskit uidmap slirp4netns fuse-overlayfs dbus-user-session' \
	"$codename" "$root" "$work/sources.list"

mkdir -p "$root/srv/packages"
mv "$root"/var/cache/apt/archives/*.deb "$root/srv/packages/"
(cd "$root/srv/packages" && dpkg-scanpackages --multiversion . /dev/null >Packages)
rm -rf "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/* "$root"/var/lib/apt/lists/*
echo 'deb [trusted=yes] file:/srv/packages ./' >"$root/etc/apt/sources.list"

# As in Debian's cloud images: networkd, keys and identity made at the first boot, no passwords.
echo 'LABEL=cloudimg-root / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
chroot "$root" systemctl -q enable systemd-networkd.service
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/etc/resolv.conf"
: >"$root/etc/resolv.conf"
: >"$root/etc/machine-id"
sh "$here/disk.sh" image
