#!/bin/sh
# Checks that the kernel argument systemd.unified_cgroup_hierarchy=0 took: hybrid cgroup v1. From Debian 13 on, the kernel
# has no memory controller for it.
set -eu

case ${1-} in
make | prove)
	kind=$(stat -f -c %T /sys/fs/cgroup)
	[ "$kind" != cgroup2fs ] ||
		{ echo "/sys/fs/cgroup is $kind: the kernel argument systemd.unified_cgroup_hierarchy=0 did not take" >&2; exit 1; }
	;;
*) echo 'usage: cgroup-v1.sh make|prove' >&2; exit 2 ;;
esac
