# Checks that there is no systemd: the box has another init (vms/boxes/sysvinit.sh), and no package brought it back.

make() { prove; }

prove() {
	first=$(cat /proc/1/comm)
	[ "$first" != systemd ] || fail 'PID 1 is systemd: the box is not the one without it'
	found=$(command -v systemctl loginctl || true; grep -lsx 'systemd\|systemd-logind' /proc/[0-9]*/comm || true)
	[ -z "$found" ] || fail "PID 1 is $first, and systemd is here all the same: $found"
}
