#!/bin/sh
# Adds arguments to the kernel's command line for the next boot.
set -eu

arguments=${1:?usage: kernel-args.sh ARGUMENTS}
if [ -f /etc/default/grub ]; then
	grep -qF -- "$arguments" /etc/default/grub || sed -i "s|^GRUB_CMDLINE_LINUX=\"\(.*\)\"|GRUB_CMDLINE_LINUX=\"\1 $arguments\"|" /etc/default/grub
	if command -v update-grub >/dev/null; then update-grub; else grub2-mkconfig -o /boot/grub2/grub.cfg; fi
elif [ -f /boot/grub/grub.cfg ]; then
	# of a box that was built here
	grep -qF -- " $arguments" /boot/grub/grub.cfg || sed -i "s|^\(linux .*\)|\1 $arguments|" /boot/grub/grub.cfg
else
	echo 'no boot loader configuration known here: no GRUB' >&2
	exit 2
fi
