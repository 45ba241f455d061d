# Users get the memory and pids controllers and not cpu, as before systemd 252.

make() {
	mkdir -p /etc/systemd/system/user@.service.d
	# lists add up: the empty one removes the distribution's
	printf '%s\n' '[Service]' 'Delegate=' 'Delegate=memory pids' >/etc/systemd/system/user@.service.d/no-cpu.conf
	systemctl daemon-reload
	# Who is logged in still has cpu, and so has the slice of all users, where dockerd looks. This ends no session.
	for unit in $(systemctl list-units --plain --no-legend --state=active 'user@*.service' | cut -d' ' -f1); do
		systemctl restart "$unit"
	done
}

prove() {
	uid=$(id -u "$user")
	controllers=$(cat "/sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service/cgroup.controllers")
	[ "$controllers" = 'memory pids' ] ||
		fail "user@$uid.service has the controllers '$controllers', not 'memory pids'"
}
