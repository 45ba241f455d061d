#!/bin/sh
# A system's libvirt for an ordinary user, in a network and a mount namespace of its own: run as root by
# `unshare --net --mount sh system-libvirt.sh FOLDER COMMAND...`. The command runs as a user in the group libvirt, in a home
# of mode 0700, and talks to the libvirt of the namespace; nothing of this machine's is seen or touched.
set -eu

keep=$1
shift
user=rdc-someone
id=64999
for part in var etc cache log home; do mkdir -p "$keep/$part"; done
chmod 711 "$keep"
chmod 700 "$keep/home"
chown "$id:$id" "$keep/home"

{ cat /etc/passwd; echo "$user:x:$id:$id::$keep/home:/bin/sh"; } >"$keep/passwd"
group=$(getent group libvirt | cut -d: -f3)
{
	cat /etc/group
	echo "$user:x:$id:"
	[ -n "$group" ] || echo "libvirt:x:64998:"
} >"$keep/group"
mount --bind "$keep/group" /etc/group
mount --bind "$keep/passwd" /etc/passwd

cat >"$keep/etc/libvirtd.conf" <<-'END'
	unix_sock_group = "libvirt"
	unix_sock_rw_perms = "0770"
	auth_unix_rw = "none"
	log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
END
# no virtlogd runs here, and the cgroups of this machine may be of either kind
cat >"$keep/etc/qemu.conf" <<-'END'
	stdio_handler = "file"
	security_driver = "none"
	namespaces = []
	cgroup_controllers = []
END
ip link set lo up
mount -t tmpfs -o mode=755 rdc-run /run
mount --bind "$keep/var" /var/lib/libvirt
mount --bind "$keep/etc" /etc/libvirt
mount --bind "$keep/cache" /var/cache/libvirt
mount --bind "$keep/log" /var/log/libvirt
libvirtd --daemon
trap 'kill "$(cat /run/libvirtd.pid)"' EXIT
export HOME="$keep/home" USER="$user"
unset XDG_CACHE_HOME XDG_RUNTIME_DIR
setpriv --reuid "$id" --regid "$id" --groups "${group:-64998}" "$@"
