#!/bin/sh
# Makes the image that proves `./rdc run --image`: a Debian cloud image as a maintainer's release job leaves it, with
# cloud-init and nothing of this project in it: no user, no key, no marker.
#   build-cloud-image.sh OUT.qcow2 [CODENAME]        e.g. build-cloud-image.sh /tmp/debian-cloud.qcow2 trixie
# Needs root (loop mount), mmdebstrap, qemu-utils, extlinux, dpkg-dev; the archive that this machine's own apt uses.
# What a published image does not have: the lab's machines reach no mirror, so the packages of rootless Docker lie in a
# repository inside the image (/srv/packages), which is the only source that its apt knows.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build-cloud-image.sh OUT.qcow2 [CODENAME]}
codename=${2:-trixie}
size_mib=2560
start=1048576

if [ "${inside-}" != yes ]; then
	[ "$(id -u)" = 0 ] || { echo "making an image needs root: sudo $0 $out" >&2; exit 3; }
	work=$(mktemp -d "$out.XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	trap 'exit 130' INT TERM
	export work
	inside=yes unshare --mount --pid --fork --kill-child --mount-proc sh "$0" "$out" "$codename"
	mv "$work/image.qcow2" "$out"
	exit 0
fi

make_disk() {
	truncate -s "${size_mib}M" "$work/disk.raw"
	echo 'start=2048, type=83, bootable' | sfdisk --quiet "$work/disk.raw"
	# extlinux's ext4 reader knows neither 64-bit nor checksum seeds.
	mkfs.ext4 -q -F -L cloudimg-root -O '^64bit,^metadata_csum' -E "offset=$start,nodiscard" \
		"$work/disk.raw" "$((size_mib * 1024 - start / 1024))k"
	mkdir "$work/root"
	mount -o "loop,offset=$start" "$work/disk.raw" "$work/root"
}

# The cloud flavour of the kernel, as in the images that Debian publishes: fewer drivers than a machine of the lab has.
install_system() {
	sh "$here/../boxes/apt-sources.sh" "$codename" >"$work/sources.list"
	mmdebstrap --mode=root --variant=minbase --skip=check/empty,cleanup/apt --aptopt='Acquire::Languages "none"' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
		--include=linux-image-cloud-amd64,initramfs-tools,systemd-sysv,udev,dbus,libpam-systemd,openssh-server,sudo,iproute2,iputils-ping,procps,kmod,apparmor,ca-certificates,e2fsprogs,netbase,libcap2-bin,acl,cloud-init,cloud-guest-utils,fdisk \
		--essential-hook='printf "do_symlinks = yes\nlink_in_boot = no\n" >"$1/etc/kernel-img.conf"' \
		--customize-hook='rm -f "$1"/var/cache/apt/archives/*.deb' \
		--customize-hook='APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -y -q -o APT::Keep-Downloaded-Packages=true -o APT::Install-Recommends=true --download-only install docker.io docker-cli rootlesskit uidmap slirp4netns fuse-overlayfs dbus-user-session' \
		"$codename" "$work/root" "$work/sources.list"
}

make_repository() {
	mkdir -p "$root/srv/packages"
	mv "$root"/var/cache/apt/archives/*.deb "$root/srv/packages/"
	(cd "$root/srv/packages" && dpkg-scanpackages --multiversion . /dev/null >Packages)
	rm -rf "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/* "$root"/var/lib/apt/lists/*
	echo 'deb [trusted=yes] file:/srv/packages ./' >"$root/etc/apt/sources.list"
}

# As the Debian cloud team's images: networkd, keys and identity made at the first boot, no password for anybody.
configure() {
	echo 'LABEL=cloudimg-root / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
	chroot "$root" systemctl -q enable systemd-networkd.service
	rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/etc/resolv.conf"
	: >"$root/etc/resolv.conf"
	: >"$root/etc/machine-id"
}

install_loader() {
	mkdir -p "$root/boot/extlinux"
	extlinux --install "$root/boot/extlinux"
	for mbr in /usr/lib/syslinux/mbr/mbr.bin /usr/lib/EXTLINUX/mbr.bin /usr/share/syslinux/mbr.bin; do
		[ ! -f "$mbr" ] || break
	done
	dd if="$mbr" of="$work/disk.raw" bs=440 count=1 conv=notrunc status=none
	cat >"$root/boot/extlinux/extlinux.conf" <<-'END'
		default linux
		prompt 0
		timeout 1
		label linux
		  kernel /vmlinuz
		  initrd /initrd.img
		  append root=LABEL=cloudimg-root ro console=tty0 console=ttyS0,115200
	END
}

root=$work/root
make_disk
install_system
make_repository
configure
install_loader
fstrim "$root"
umount "$root"
qemu-img convert -f raw -O qcow2 "$work/disk.raw" "$work/image.qcow2"
