#!/bin/sh
# Starts libvirt in the namespaces of own-libvirt.sh: one daemon, or the modular ones of which it was made, with its
# configuration. Exit code 127 where none is installed.
set -eu

if command -v libvirtd >/dev/null; then exec libvirtd --daemon; fi
command -v virtqemud >/dev/null || exit 127
for part in virtlogd virtnetworkd virtstoraged virtnodedevd virtsecretd virtqemud; do
	[ "$part" = virtlogd ] || cp /etc/libvirt/libvirtd.conf "/etc/libvirt/$part.conf"
	! command -v "$part" >/dev/null || "$part" --daemon
done
