#!/bin/sh
# A system's libvirt for an ordinary user, in a network and a mount namespace of its own: run as root by
# `unshare --net --mount sh system-libvirt.sh FOLDER COMMAND...`. The command runs as a user in the group libvirt, in a home
# of mode 0700, and talks to the libvirt of the namespace; nothing of this machine's is seen or touched.
set -eu

hermetic=$(cd "$(dirname "$0")/../../harness/lab/hermetic" && pwd)
keep=$1
shift
user=rdc-someone
id=64999
mkdir -p "$keep/home"
chmod 711 "$keep"
chmod 700 "$keep/home"
chown "$id:$id" "$keep/home"

# a copy: a package that is installed meanwhile replaces files, and a mount on one is gone with it
rm -rf "$keep/system"
cp -a /etc "$keep/system"
mount --bind "$keep/system" /etc
echo "$user:x:$id:$id::$keep/home:/bin/sh" >>/etc/passwd
echo "$user:x:$id:" >>/etc/group
getent group libvirt >/dev/null || echo "libvirt:x:64998:" >>/etc/group
echo "$user:2000000:65536" | tee -a /etc/subuid >>/etc/subgid

. "$hermetic/own-libvirt.sh"
cat >/etc/libvirt/libvirtd.conf <<-'END'
	unix_sock_group = "libvirt"
	unix_sock_rw_perms = "0770"
	auth_unix_rw = "none"
	log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
END
# no virtlogd runs here, and the cgroups of this machine may be of either kind
cat >/etc/libvirt/qemu.conf <<-'END'
	stdio_handler = "file"
	security_driver = "none"
	namespaces = []
	cgroup_controllers = []
END
sh "$hermetic/start-libvirt.sh"
trap 'kill $(cat /run/libvirtd.pid /run/virt*d.pid 2>/dev/null)' EXIT
export HOME="$keep/home" USER="$user"
unset XDG_CACHE_HOME XDG_RUNTIME_DIR TMPDIR
setpriv --reuid "$id" --regid "$id" --groups "$(getent group libvirt | cut -d: -f3)" "$@"
