# The distribution's own programs laid out in ~/bin as upstream's install script does, and nothing of Docker in /usr: they
# are taken out of its packages, and rootless-engine.sh installs them.

make() { take_programs /var/lib/rdc/engine; }

prove() {
	for program in docker dockerd containerd runc rootlesskit; do
		[ ! -e "/usr/bin/$program" ] && [ ! -e "/usr/sbin/$program" ] || fail "$program is in /usr: expected in ~/bin only"
	done
	prove_daemon_in "$home/bin"
}
