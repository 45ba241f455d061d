#!/bin/sh
# Cgroup v1 in its hybrid form, by the kernel argument systemd.unified_cgroup_hierarchy=0 of the machine's entry; here
# is only seen that it took. Not from Debian 13 on: its kernel has no memory controller for v1.
#   cgroup-v1.sh make     before rootless Docker is installed
#   cgroup-v1.sh prove    when it runs
set -eu

case ${1-} in
make | prove)
	kind=$(stat -f -c %T /sys/fs/cgroup)
	[ "$kind" != cgroup2fs ] || {
		echo "/sys/fs/cgroup is $kind: the kernel argument systemd.unified_cgroup_hierarchy=0 did not take" >&2
		exit 1
	}
	;;
*) echo 'usage: cgroup-v1.sh make|prove' >&2; exit 2 ;;
esac
