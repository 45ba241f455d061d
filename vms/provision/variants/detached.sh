#!/bin/sh
# RootlessKit detaches its network namespace: the daemon stays in that of the host.
set -eu

user=tester

make() {
	home=$(getent passwd "$user" | cut -d: -f6)
	group=$(id -gn "$user")
	folder=$home/.config/systemd/user/docker.service.d
	install -d -o "$user" -g "$group" "$home/.config" "$home/.config/systemd" "$home/.config/systemd/user" "$folder"
	# the variable of newer scripts; the flag is for those that do not know it
	printf '%s\n' '[Service]' 'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS=true"' \
		'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=--detach-netns"' >"$folder/override.conf"
	chown "$user:$group" "$folder/override.conf"
}

prove() {
	for pid in $(pgrep -u "$user" dockerd); do
		[ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/1/ns/net)" ] || exit 0
	done
	echo "no dockerd of $user is in the network namespace of the host" >&2
	exit 1
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: detached.sh make|prove' >&2; exit 2 ;;
esac
