# The package as it should be: Docker's scripts are on PATH. Only here is PRE-INSTALL green on Debian, so that its fault
# can show.

contrib=/usr/share/docker.io/contrib
scripts='dockerd-rootless.sh dockerd-rootless-setuptool.sh'

make() {
	for script in $scripts; do ln -s "$contrib/$script" "/usr/bin/$script"; done
}

prove() {
	for script in $scripts; do
		[ -x "/usr/bin/$script" ] || fail "/usr/bin/$script leads to no program: is it in $contrib?"
	done
}
