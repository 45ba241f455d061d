#!/bin/sh
# Rootless Docker on Debian without systemd, by docs.docker.com/engine/security/rootless and what the setup tool prints:
# the user starts the daemon in the foreground and the administrator makes the runtime directory. No cgroup is
# delegated, so there are no limits. Run as root after base.sh.
set -eu

recipe=rootless-debian-sysvinit
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

runtime=/run/user/$uid
daemon=$home/.config/rdc/daemon

# Cgroups first: else the script of the system-wide daemon mounts v1 as soon as its package is installed.
install_packages() {
	as_root 'unified cgroups' \
		"echo 'cgroup2 /sys/fs/cgroup cgroup2 nosuid,nodev,noexec,nsdelegate 0 0' >>/etc/fstab && mount /sys/fs/cgroup"
	as_root packages \
		'DEBIAN_FRONTEND=noninteractive apt-get install -y docker.io docker-cli docker-compose rootlesskit uidmap slirp4netns fuse-overlayfs'
}

# By the administrator at each boot; the setup tool tells the user to set the variable.
make_runtime_directory() {
	printf '#!/bin/sh\ninstall -d -m 755 /run/user && install -d -m 700 -o %s -g %s %s\n' "$user" "$(id -gn "$user")" "$runtime" >/etc/rc.local
	as_root 'runtime directory' 'chmod 755 /etc/rc.local && /etc/rc.local'
	# at the top: below, it ends for a shell that is not interactive
	as_user 'environment' "{ echo 'export XDG_RUNTIME_DIR=/run/user/\$(id -u)'; cat ~/.bashrc; } >~/.bashrc.new && mv ~/.bashrc.new ~/.bashrc"
}

# In the place of a unit. bash, for its ulimit -u.
write_daemon_script() {
	install -d -o "$user" -g "$(id -gn "$user")" "$home/.config" "${daemon%/*}"
	cat >"$daemon" <<-END
		#!/bin/bash
		# start, stop or status of the user's rootless daemon; it runs in the foreground of a session of its own
		export XDG_RUNTIME_DIR=$runtime PATH=$contrib:/sbin:/usr/sbin:\$PATH
		pidfile=\$XDG_RUNTIME_DIR/rootlesskit.pid
		# one PID: this script's child becomes setsid, the daemon's script and then RootlessKit
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
	# the setup tool asks for a module that Debian's iptables does not use (moby#49020)
	as_root 'module that it asks for' \
		'modprobe ip_tables && mkdir -p /etc/modules-load.d && echo ip_tables >/etc/modules-load.d/rootless-docker.conf' || true
	setuptool install
	write_daemon_script
	as_user 'daemon in the foreground' "$daemon start"
	ensure_context
	as_user socket "timeout 120 sh -c 'until [ -S $runtime/docker.sock ]; do sleep 1; done'"
}

install_rootless_docker
