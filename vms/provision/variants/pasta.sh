#!/bin/sh
# pasta instead of slirp4netns, by a drop-in of the user unit as dockerd-rootless.sh describes it. Needs Docker 25.
set -eu

user=tester

make() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y passt
	home=$(getent passwd "$user" | cut -d: -f6)
	group=$(id -gn "$user")
	folder=$home/.config/systemd/user/docker.service.d
	install -d -o "$user" -g "$group" "$home/.config" "$home/.config/systemd" "$home/.config/systemd/user" "$folder"
	printf '%s\n' '[Service]' 'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_NET=pasta"' \
		'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=implicit"' >"$folder/override.conf"
	chown "$user:$group" "$folder/override.conf"
}

prove() {
	pgrep -u "$user" '^pas(ta|st)(\.avx2)?$' >/dev/null || { echo "no pasta runs for $user" >&2; exit 1; }
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: pasta.sh make|prove' >&2; exit 2 ;;
esac
