#!/bin/sh
# Users are given the memory and pids controllers and not cpu, as before systemd 252 and where an administrator says so.
#   no-cpu-delegation.sh make     before rootless Docker is installed
#   no-cpu-delegation.sh prove    when it runs
set -eu

user=tester

make() {
	mkdir -p /etc/systemd/system/user@.service.d
	# lists of Delegate= add up: only an empty one takes the distribution's away
	printf '%s\n' '[Service]' 'Delegate=' 'Delegate=memory pids' >/etc/systemd/system/user@.service.d/no-cpu.conf
	systemctl daemon-reload
	# Whoever is logged in now has cpu, and with it the slice of all users: dockerd looks there and would take it for
	# its own. The sessions themselves are not part of these units.
	for unit in $(systemctl list-units --plain --no-legend --state=active 'user@*.service' | cut -d' ' -f1); do
		systemctl restart "$unit"
	done
}

prove() {
	uid=$(id -u "$user")
	controllers=$(cat "/sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service/cgroup.controllers")
	[ "$controllers" = 'memory pids' ] || {
		echo "user@$uid.service has the controllers '$controllers', not 'memory pids'" >&2
		exit 1
	}
}

case ${1-} in
make | prove) "$1" ;;
*) echo 'usage: no-cpu-delegation.sh make|prove' >&2; exit 2 ;;
esac
