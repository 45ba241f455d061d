#!/bin/sh
# Checks that there is no systemd: the box has another init (vms/boxes/sysvinit.sh), and no package brought it back.
set -eu

case ${1-} in
make | prove)
	first=$(cat /proc/1/comm)
	[ "$first" != systemd ] || { echo 'PID 1 is systemd: the box is not the one without it' >&2; exit 1; }
	found=$(command -v systemctl loginctl || true; grep -lsx 'systemd\|systemd-logind' /proc/[0-9]*/comm || true)
	[ -z "$found" ] || { echo "PID 1 is $first, and systemd is here all the same: $found" >&2; exit 1; }
	;;
*) echo 'usage: no-systemd.sh make|prove' >&2; exit 2 ;;
esac
