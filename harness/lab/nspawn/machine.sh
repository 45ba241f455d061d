#!/bin/sh
# Machines that are containers, booted by systemd-nspawn. Run in the lab; all but `hold` also without one.
#   machine.sh hold             the machine of $RDC_NAME, until it powers off; a reboot is nspawn that ends with 133
#   machine.sh running PREFIX   the cgroups with that prefix that have processes
#   machine.sh stop CGROUP      ends every process of a cgroup, and removes it
#   machine.sh sweep PREFIX     the same for all with that prefix
# Every process of a machine is in a cgroup of its own, whoever dies first. Mounts are made in mount namespaces that end
# with the machine, so that none is ever left.
set -eu

see_cgroups() { mount -t cgroup2 rdc-cgroup /sys/fs/cgroup; }

remove_cgroups() { find "$@" -depth -type d -exec rmdir {} + 2>/dev/null || true; }

# Where the host has controllers on v1 hierarchies there are none to hand on.
hand_on_controllers() {
	for controller in $(cat "$1/cgroup.controllers"); do
		echo "+$controller" >"$1/cgroup.subtree_control" 2>/dev/null || true
	done
}

enter_cgroup() {
	see_cgroups
	group=/sys/fs/cgroup/$RDC_CGROUP
	hand_on_controllers /sys/fs/cgroup
	mkdir -p "$group/holder"
	echo "$1" >"$group/holder/cgroup.procs"
	hand_on_controllers "$group"
	# what the boot before this one left; a cgroup with others below it takes no process
	[ ! -d "$group/machine" ] || remove_cgroups "$group/machine"
	mkdir -p "$group/machine"
	echo $$ >"$group/machine/cgroup.procs"
}

# The setup tool of Docker looks up here what the kernel has; a kernel without modules has no such folder.
modules_folder() {
	[ ! -d "/lib/modules/$(uname -r)" ] || { echo /lib/modules; return; }
	made=$RDC_FOLDER/modules/$(uname -r)
	mkdir -p "$made"
	for module in net/ipv4/netfilter/ip_tables net/netfilter/nf_tables net/bridge/br_netfilter net/bridge/bridge \
		fs/overlayfs/overlay drivers/net/tun drivers/net/veth; do
		echo "kernel/$module.ko"
	done >"$made/modules.builtin"
	: >"$made/modules.order"
	: >"$made/modules.dep"
	echo "$RDC_FOLDER/modules"
}

# $1: the holder
boot() {
	enter_cgroup "$1"
	mount -t overlay overlay -o "lowerdir=$RDC_LAYERS,upperdir=$RDC_FOLDER/upper,workdir=$RDC_FOLDER/work" "$RDC_FOLDER/root"
	# as systemd has it as PID 1, if this machine may
	ulimit -Hn 524288 2>/dev/null || true
	# Its own clock and kernel modules are what a container does not have: both would be this machine's.
	# Where rootless Docker keeps its layers must not be an overlay itself: a VM has them on its disk.
	export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes
	exec systemd-nspawn --quiet --boot --directory="$RDC_FOLDER/root" --machine="$RDC_NAME" --register=no --keep-unit \
		--network-bridge="$RDC_BRIDGE" --resolv-conf=off --timezone=off --link-journal=no --console=read-only \
		--capability=all --drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE \
		--system-call-filter='@keyring bpf mount umount2 unshare setns @mount @privileged' \
		--rlimit="RLIMIT_NOFILE=1024:$(ulimit -Hn)" \
		--bind=/dev/net/tun --bind=/dev/fuse --bind=/dev/kmsg --bind-ro="$(modules_folder):/lib/modules" \
		--bind="$RDC_FOLDER/home:/home" --bind="$RDC_FOLDER/docker:/var/lib/docker" systemd.show_status=1
}

hold() {
	ip link add "$RDC_BRIDGE" type bridge 2>/dev/null || true
	ip address replace "$RDC_GATEWAY/24" dev "$RDC_BRIDGE"
	ip link set "$RDC_BRIDGE" up
	while :; do
		code=0
		setpriv --pdeathsig KILL unshare --mount --propagation private sh "$0" boot $$ || code=$?
		[ "$code" != 133 ] || continue
		# nspawn that is killed leaves the machine running, which nobody would start again after a reboot
		unshare --mount --propagation private sh "$0" stop "$RDC_CGROUP/machine"
		exit "$code"
	done
}

running() {
	see_cgroups
	for group in /sys/fs/cgroup/"$1"*; do
		! grep -qs '^populated 1' "$group/cgroup.events" || basename "$group"
	done
}

stop() {
	see_cgroups
	end_group "/sys/fs/cgroup/$1"
}

sweep() {
	see_cgroups
	for group in /sys/fs/cgroup/"$1"*; do end_group "$group"; done
}

end_group() {
	group=$1
	tries=0
	while [ -d "$group" ]; do
		# the kernel kills a PID namespace with its first process
		for pid in $(find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null); do kill -KILL "$pid" 2>/dev/null || true; done
		remove_cgroups "$group"
		[ -d "$group" ] || break
		tries=$((tries + 1))
		[ "$tries" -lt 150 ] || { echo "processes stay: $(find "$group" -name cgroup.procs -exec cat {} + | tr '\n' ' ')" >&2; exit 1; }
		sleep 0.1
	done
}

case ${1-} in
hold) hold ;;
boot) boot "$2" ;;
running | stop | sweep) "$1" "$2" ;;
*) echo 'usage: machine.sh hold|running PREFIX|stop CGROUP|sweep PREFIX' >&2; exit 2 ;;
esac
