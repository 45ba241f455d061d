# pasta instead of slirp4netns, by a drop-in of the user unit as dockerd-rootless.sh describes it. Needs Docker 25.

make() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y passt
	printf '%s\n' '[Service]' 'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_NET=pasta"' \
		'Environment="DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER=implicit"' |
		user_file .config/systemd/user/docker.service.d/override.conf
}

prove() { pgrep -u "$user" '^pas(ta|st)(\.avx2)?$' >/dev/null || fail "no pasta runs for $user"; }
