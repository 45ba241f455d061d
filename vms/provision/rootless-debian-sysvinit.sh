#!/bin/sh
# Rootless Docker on Debian without systemd, by what docs.docker.com/engine/security/rootless says of such hosts and
# what the setup tool prints there: the daemon is started by hand, in the foreground, with a runtime directory that
# somebody has to make. No limits are to be expected: nobody delegates a cgroup to the user.
# Run as root after base.sh.
set -eu

recipe=rootless-debian-sysvinit
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

runtime=/run/user/$uid
daemon=$home/.config/rdc/daemon

# Debian mounts cgroups without systemd only where fstab says so; else the system-wide daemon's script mounts what is
# left of v1 when it starts, which is as soon as its package is installed.
mount_cgroups() {
	as_root 'unified cgroups' \
		"echo 'cgroup2 /sys/fs/cgroup cgroup2 nosuid,nodev,noexec,nsdelegate 0 0' >>/etc/fstab && mount /sys/fs/cgroup"
}

install_packages() {
	mount_cgroups
	as_root packages \
		'DEBIAN_FRONTEND=noninteractive apt-get install -y docker.io docker-cli rootlesskit uidmap slirp4netns fuse-overlayfs'
}

# By the administrator, at each boot; and the user says where it is, as the setup tool tells him to.
make_runtime_directory() {
	printf '#!/bin/sh\ninstall -d -m 755 /run/user && install -d -m 700 -o %s -g %s %s\n' "$user" "$(id -gn "$user")" "$runtime" >/etc/rc.local
	as_root 'runtime directory' 'chmod 755 /etc/rc.local && /etc/rc.local'
	# before the line at which it ends for a shell that is not interactive
	as_user 'environment' "{ echo 'export XDG_RUNTIME_DIR=/run/user/\$(id -u)'; cat ~/.bashrc; } >~/.bashrc.new && mv ~/.bashrc.new ~/.bashrc"
}

# What a unit is elsewhere: one program of the user that starts and stops the daemon. bash, for its ulimit -u.
write_daemon_script() {
	install -d -o "$user" -g "$(id -gn "$user")" "$home/.config" "${daemon%/*}"
	cat >"$daemon" <<-END
		#!/bin/bash
		# start, stop or status of the user's rootless daemon; it runs in the foreground of a session of its own
		export XDG_RUNTIME_DIR=$runtime PATH=$contrib:/sbin:/usr/sbin:\$PATH
		pidfile=\$XDG_RUNTIME_DIR/rootlesskit.pid
		# this program's child becomes setsid, the script and then RootlessKit; its number stays
		pid() { read -r pid 2>/dev/null <"\$pidfile" && grep -qsx "\${0##*/}\|setsid\|dockerd-rootles\|rootlesskit" "/proc/\$pid/comm"; }
		case \$1 in
		start)
		  pid && exit
		  [ ! -r "\$0.settings" ] || . "\$0.settings"
		  setsid dockerd-rootless.sh >>"\$HOME/.config/rdc/daemon.log" 2>&1 </dev/null &
		  echo \$! >"\$pidfile"
		  ;;
		stop)
		  pid || exit 0
		  kill "\$pid"
		  for ((i = 0; i < 600; i++)); do pid || exit 0; sleep 0.1; done
		  exit 1
		  ;;
		status) if pid; then echo active; else echo inactive; fi ;;
		*) echo "usage: \$0 start|stop|status" >&2; exit 2 ;;
		esac
	END
	chown "$user:$(id -gn "$user")" "$daemon"
	chmod 755 "$daemon"
}

setup_daemon() {
	as_root 'system-wide daemon off' 'service docker stop && update-rc.d docker disable' || true
	as_root 'system-wide socket away' 'rm -f /var/run/docker.sock'
	make_runtime_directory
	setuptool check
	# which asks for a module that iptables of Debian does not use (moby#49020); with systemd it was found loaded
	as_root 'module that it asks for' \
		'modprobe ip_tables && mkdir -p /etc/modules-load.d && echo ip_tables >/etc/modules-load.d/rootless-docker.conf' || true
	setuptool install
	write_daemon_script
	as_user 'daemon in the foreground' "$daemon start"
	ensure_context
	# the socket appears some seconds after the start
	as_user socket "timeout 120 sh -c 'until [ -S $runtime/docker.sock ]; do sleep 1; done'"
}

install_rootless_docker
