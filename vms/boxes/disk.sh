#!/bin/sh
# The disk of a box or image, made of the system in $work/root. Environment: work, arch; optional: disk_label, disk_mib,
# disk_arguments (of the kernel).
#   disk.sh image     $work/box.img
#   disk.sh box       the same as a box of vagrant-libvirt, $work/box.tar, and its kernel, $work/vmlinuz
# Nothing is mounted and no device is opened: that would take root.
set -eu

disk=$work/disk.raw
label=${disk_label:-rdc-root}
size_mib=${disk_mib:-10240}
# Linux distrusts the time stamp counters of two emulated processors, although both are the host's, and would ask a slow
# emulated clock.
arguments=${disk_arguments-net.ifnames=1 tsc=reliable}
start=1048576

image() {
	[ "$arch" = amd64 ] || { echo "no boot loader for $arch yet: arm64 wants an EFI partition" >&2; exit 2; }
	mkdir -p "$work/root/boot/grub"
	cat >"$work/root/boot/grub/grub.cfg" <<-END
		linux /vmlinuz root=LABEL=$label ro console=tty0 console=ttyS0,115200${arguments:+ $arguments}
		initrd /initrd.img
		boot
	END
	truncate -s "${size_mib}M" "$disk"
	echo 'start=2048, type=83, bootable' | sfdisk --quiet "$disk" >&2
	mkfs.ext4 -q -F -L "$label" -d "$work/root" -O '^64bit,^metadata_csum' -E "offset=$start,lazy_itable_init=0,nodiscard" \
		"$disk" "$((size_mib * 1024 - start / 1024))k" >&2
	rm -rf --one-file-system "$work/root"
	install_boot_loader
	qemu-img convert -f raw -O qcow2 "$disk" "$work/box.img"
	rm "$disk"
}

# What grub-install does to a disk with one partition: the first sector loads those that follow it.
install_boot_loader() {
	mkimage=$(command -v grub-mkimage || command -v grub2-mkimage)
	for modules in /usr/lib/grub/i386-pc /usr/share/grub2/i386-pc /usr/lib/grub2/i386-pc; do
		[ ! -f "$modules/boot.img" ] || break
	done
	"$mkimage" -d "$modules" -O i386-pc -p '(hd0,msdos1)/boot/grub' -o "$work/core.img" biosdisk part_msdos ext2 linux boot normal
	[ "$(stat -c %s "$work/core.img")" -lt $((start - 512)) ] || { echo 'the boot loader is too large for its place' >&2; exit 3; }
	dd if="$modules/boot.img" of="$disk" bs=440 count=1 conv=notrunc status=none
	dd if="$work/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none
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
image | box) "$1" ;;
*) echo 'usage: disk.sh image|box' >&2; exit 2 ;;
esac
