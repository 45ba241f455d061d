#!/bin/sh
# Adds arguments to the kernel's command line for the next boot.
set -eu

arguments=${1:?usage: kernel-args.sh ARGUMENTS}
if [ -f /boot/extlinux/extlinux.conf ]; then
	grep -qF -- " $arguments" /boot/extlinux/extlinux.conf || sed -i "s|^\([ \t]*append .*\)|\1 $arguments|" /boot/extlinux/extlinux.conf
elif [ -f /etc/default/grub ]; then
	grep -qF -- "$arguments" /etc/default/grub || sed -i "s|^GRUB_CMDLINE_LINUX=\"\(.*\)\"|GRUB_CMDLINE_LINUX=\"\1 $arguments\"|" /etc/default/grub
	if command -v update-grub >/dev/null; then update-grub; else grub2-mkconfig -o /boot/grub2/grub.cfg; fi
else
	echo 'no boot loader configuration known here: neither extlinux nor GRUB' >&2
	exit 2
fi
