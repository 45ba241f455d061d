#!/bin/sh
# The box's disk. Called by build.sh with $work, $arch, $here set.
#   disk.sh create    an empty ext4 in the one partition, mounted at $work/root
#   disk.sh finish    boot loader, unmounted, wrapped as a vagrant-libvirt box: $work/box.tar
# There is no device-mapper on the machines this runs on, so no kpartx: the partition is reached by its offset.
set -eu

disk=$work/disk.raw
size_mib=10240
start=1048576

create() {
	truncate -s "${size_mib}M" "$disk"
	echo 'start=2048, type=83, bootable' | sfdisk --quiet "$disk" >&2
	# extlinux's ext4 reader knows neither 64-bit nor checksum seeds.
	mkfs.ext4 -q -F -L rdc-root -O '^64bit,^metadata_csum' -E "offset=$start,lazy_itable_init=0,nodiscard" \
		"$disk" "$((size_mib * 1024 - start / 1024))k" >&2
	mkdir "$work/root"
	mount -o "loop,offset=$start" "$disk" "$work/root"
}

install_loader() {
	case $arch in
	amd64)
		mkdir -p "$work/root/boot/extlinux"
		extlinux --install "$work/root/boot/extlinux" >&2
		for mbr in /usr/lib/syslinux/mbr/mbr.bin /usr/lib/EXTLINUX/mbr.bin /usr/share/syslinux/mbr.bin; do
			[ ! -f "$mbr" ] || break
		done
		dd if="$mbr" of="$disk" bs=440 count=1 conv=notrunc status=none
		;;
	*) echo "no boot loader for $arch yet: arm64 wants an EFI partition" >&2; exit 2 ;;
	esac
	# Linux distrusts the time stamp counters of an emulated machine with two processors, and then asks an emulated
	# device for every reading of the clock. They are in step: all are the host's.
	cat >"$work/root/boot/extlinux/extlinux.conf" <<-END
		default linux
		prompt 0
		timeout 1
		label linux
		  kernel /vmlinuz
		  initrd /initrd.img
		  append root=LABEL=rdc-root ro console=tty0 console=ttyS0,115200 net.ifnames=1 tsc=reliable
	END
}

finish() {
	install_loader
	cp -L "$work/root/vmlinuz" "$work/vmlinuz"
	# What was downloaded and deleted must not travel in the box.
	fstrim "$work/root"
	umount "$work/root"
	qemu-img convert -O qcow2 "$disk" "$work/box.img"
	rm "$disk"
	printf '{"provider":"libvirt","format":"qcow2","virtual_size":%d}\n' $(((size_mib + 1023) / 1024)) >"$work/metadata.json"
	printf "Vagrant.configure('2') { |config| config.ssh.insert_key = false }\n" >"$work/Vagrantfile"
	# Packed once and unpacked once on the same disk: compressing costs more than it saves.
	tar -C "$work" -cf "$work/box.tar" metadata.json Vagrantfile box.img
	rm "$work/box.img"
}

case ${1-} in
create | finish) "$1" ;;
*) echo 'usage: disk.sh create|finish' >&2; exit 2 ;;
esac
