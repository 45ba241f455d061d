#!/bin/sh
# Holds the hermetic lab: started by `unshare --net --mount`, it gives libvirt a world of its own, says `ready`
# and sleeps. $1 is libvirt's folder in the cache; nothing of a libvirt on the host is seen or touched.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
keep=$1
. "$here/own-libvirt.sh"
cat >/etc/libvirt/libvirtd.conf <<-'END'
	auth_unix_ro = "none"
	auth_unix_rw = "none"
	log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
END
# Root and no confinement: the VMs' files lie in a cache of root's. No cgroups: the host's may be of either kind.
cat >/etc/libvirt/qemu.conf <<-'END'
	user = "root"
	group = "root"
	dynamic_ownership = 0
	remember_owner = 0
	security_driver = "none"
	stdio_handler = "file"
	namespaces = []
	cgroup_controllers = []
END
# containers need none
sh "$here/start-libvirt.sh" || [ $? = 127 ]
echo ready
exec sleep infinity >/dev/null 2>&1
