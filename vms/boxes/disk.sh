#!/bin/sh
# The disk of a box or image. Environment: work, arch; optional: disk_label, disk_mib, disk_arguments (of the kernel).
#   disk.sh create    an empty ext4 in the one partition, mounted at $work/root
#   disk.sh image     boot loader, unmounted: $work/box.img
#   disk.sh box       the same as a box of vagrant-libvirt, $work/box.tar, and its kernel, $work/vmlinuz
# The partition is reached by its offset: hosts may lack device-mapper, which kpartx needs.
set -eu

disk=$work/disk.raw
label=${disk_label:-rdc-root}
size_mib=${disk_mib:-10240}
# Linux distrusts the time stamp counters of two emulated processors, although both are the host's, and would ask a slow
# emulated clock.
arguments=${disk_arguments-net.ifnames=1 tsc=reliable}
start=1048576

create() {
	truncate -s "${size_mib}M" "$disk"
	echo 'start=2048, type=83, bootable' | sfdisk --quiet "$disk" >&2
	# extlinux's ext4 reader knows neither 64-bit nor checksum seeds.
	mkfs.ext4 -q -F -L "$label" -O '^64bit,^metadata_csum' -E "offset=$start,lazy_itable_init=0,nodiscard" \
		"$disk" "$((size_mib * 1024 - start / 1024))k" >&2
	mkdir "$work/root"
	mount -o "loop,offset=$start" "$disk" "$work/root"
}

image() {
	[ "$arch" = amd64 ] || { echo "no boot loader for $arch yet: arm64 wants an EFI partition" >&2; exit 2; }
	mkdir -p "$work/root/boot/extlinux"
	extlinux --install "$work/root/boot/extlinux" >&2
	for mbr in /usr/lib/syslinux/mbr/mbr.bin /usr/lib/EXTLINUX/mbr.bin /usr/share/syslinux/mbr.bin; do
		[ ! -f "$mbr" ] || break
	done
	dd if="$mbr" of="$disk" bs=440 count=1 conv=notrunc status=none
	cat >"$work/root/boot/extlinux/extlinux.conf" <<-END
		default linux
		prompt 0
		timeout 1
		label linux
		  kernel /vmlinuz
		  initrd /initrd.img
		  append root=LABEL=$label ro console=tty0 console=ttyS0,115200${arguments:+ $arguments}
	END
	# What was downloaded and deleted must not travel in the image.
	fstrim "$work/root"
	umount "$work/root"
	qemu-img convert -f raw -O qcow2 "$disk" "$work/box.img"
	rm "$disk"
}

box() {
	cp -L "$work/root/vmlinuz" "$work/vmlinuz"
	image
	printf '{"provider":"libvirt","format":"qcow2","virtual_size":%d}\n' $(((size_mib + 1023) / 1024)) >"$work/metadata.json"
	printf "Vagrant.configure('2') { |config| config.ssh.insert_key = false }\n" >"$work/Vagrantfile"
	# Not compressed: it is unpacked once, on the same disk.
	tar -C "$work" -cf "$work/box.tar" metadata.json Vagrantfile box.img
	rm "$work/box.img"
}

case ${1-} in
create | image | box) "$1" ;;
*) echo 'usage: disk.sh create|image|box' >&2; exit 2 ;;
esac
