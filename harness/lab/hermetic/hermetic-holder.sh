#!/bin/sh
# Holds the hermetic lab: started by `unshare --net --mount`, it gives libvirt a world of its own, says `ready`
# and sleeps. $1 is libvirt's folder in the cache; nothing of a libvirt on the host is seen or touched.
set -eu

keep=$1
for part in var etc cache log; do mkdir -p "$keep/$part"; done
mkdir -p /var/lib/libvirt /etc/libvirt /var/cache/libvirt /var/log/libvirt

cat >"$keep/etc/libvirtd.conf" <<-'END'
	auth_unix_ro = "none"
	auth_unix_rw = "none"
	log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
END
for part in virtqemud virtnetworkd virtstoraged virtnodedevd virtsecretd; do cp "$keep/etc/libvirtd.conf" "$keep/etc/$part.conf"; done
# Root and no confinement: the VMs' files lie in a cache of root's. No cgroups: the host's may be of either kind.
cat >"$keep/etc/qemu.conf" <<-'END'
	user = "root"
	group = "root"
	dynamic_ownership = 0
	remember_owner = 0
	security_driver = "none"
	stdio_handler = "file"
	namespaces = []
	cgroup_controllers = []
END

ip link set lo up
mount -t tmpfs -o mode=755 rdc-run /run
mount --bind "$keep/var" /var/lib/libvirt
mount --bind "$keep/etc" /etc/libvirt
mount --bind "$keep/cache" /var/cache/libvirt
mount --bind "$keep/log" /var/log/libvirt
# containers need none
if command -v libvirtd >/dev/null; then
	libvirtd --daemon
else
	for part in virtlogd virtnetworkd virtstoraged virtnodedevd virtsecretd virtqemud; do
		! command -v "$part" >/dev/null || "$part" --daemon
	done
fi
echo ready
exec sleep infinity >/dev/null 2>&1
