#!/bin/sh
# No systemd, as PID 1 or for the user: the box has another init (vms/boxes/sysvinit.sh), and the recipe starts the
# daemon in the foreground of a session of its own. Here is only seen that it is so.
#   no-systemd.sh make     before rootless Docker is installed
#   no-systemd.sh prove    when it runs: no package brought systemd back
set -eu

case ${1-} in
make | prove)
	first=$(cat /proc/1/comm)
	[ "$first" != systemd ] || {
		echo 'PID 1 is systemd: the box is not the one without it' >&2
		exit 1
	}
	# systemctl, logind and the user's manager, whoever runs them
	found=$(command -v systemctl loginctl || true; grep -lsx 'systemd\|systemd-logind' /proc/[0-9]*/comm || true)
	[ -z "$found" ] || {
		echo "PID 1 is $first, and systemd is here all the same: $found" >&2
		exit 1
	}
	;;
*) echo 'usage: no-systemd.sh make|prove' >&2; exit 2 ;;
esac
