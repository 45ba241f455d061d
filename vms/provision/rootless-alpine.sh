#!/bin/sh
# By the package docker-rootless-extras of Alpine 3.23, with an OpenRC service: without systemd there is no user unit, no
# runtime directory, and no delegation, so that there are no limits. Run as root after base.sh.
set -eu

recipe=rootless-alpine
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

install_packages() {
	as_root packages "apk add docker docker-rootless-extras slirp4netns fuse-overlayfs shadow-subids iptables ip6tables"
	as_root "unified cgroups" "sed -i \"s/^#* *rc_cgroup_mode=.*/rc_cgroup_mode=unified/\" /etc/rc.conf && rc-update add cgroups && rc-service cgroups start" || true
	as_root modules "modprobe tun && modprobe ip_tables && printf \"tun\\nip_tables\\n\" >>/etc/modules" || true
}

setup_daemon() {
	as_root "system-wide daemon off" "rc-service docker stop; rc-update del docker" || true
	setuptool check
	cat >/etc/init.d/docker-rootless <<-END
		#!/sbin/openrc-run
		supervisor=supervise-daemon
		command=/usr/bin/dockerd-rootless.sh
		command_user=$user
		export HOME=$home XDG_RUNTIME_DIR=/run/user/$uid
		depend() { need net cgroups; }
		start_pre() { checkpath -d -m 0700 -o $user /run/user/$uid; }
	END
	chmod 755 /etc/init.d/docker-rootless
	as_root service "rc-update add docker-rootless && rc-service docker-rootless start"
	ensure_context
	tries=0
	until [ -S "/run/user/$uid/docker.sock" ] || [ "$tries" = 60 ]; do tries=$((tries + 1)); sleep 1; done
}

# Without PAM, sshd refuses users whose password is locked.
for name in root tester other; do sed -i "s/^$name:!!*:/$name:*:/" /etc/shadow; done
install_rootless_docker
