# Checks that the kernel argument systemd.unified_cgroup_hierarchy=0 took: hybrid cgroup v1. From Debian 13 on, the kernel
# has no memory controller for it.

make() { prove; }

prove() {
	kind=$(stat -f -c %T /sys/fs/cgroup)
	[ "$kind" != cgroup2fs ] ||
		fail "/sys/fs/cgroup is $kind: the kernel argument systemd.unified_cgroup_hierarchy=0 did not take"
}
