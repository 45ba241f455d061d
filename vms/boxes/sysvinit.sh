# A box without systemd: what stands in the place of functions of system.sh and packages.sh. Put into system.sh by
# build.sh for a release called "...-sysvinit"; a file of its own, so that the other boxes stay what they are.

# The same machine with another PID 1. No logind either: nothing makes a runtime directory at log-in.
with_systemd=$(base_packages)
base_packages() {
	for package in $with_systemd; do
		case $package in
		systemd-sysv) echo sysvinit-core orphan-sysvinit-scripts systemd-standalone-sysusers systemd-standalone-tmpfiles ifupdown dhcpcd-base ;;
		libpam-systemd) ;;
		*) echo "$package" ;;
		esac
	done
}

# The user's bus of Debian is a user unit: its package wants systemd.
cached_packages() {
	echo docker.io uidmap slirp4netns fuse-overlayfs
}

# Recommendations of docker.io bring systemd back, beside the other init: as Debian's wiki keeps it out (page Init).
keep_systemd_out() {
	root=$1
	printf 'Package: systemd systemd-sysv\nPin: release *\nPin-Priority: -1\n' >"$root/etc/apt/preferences.d/no-systemd"
}

# What system.sh says to systemd is for nobody here.
chroot() {
	[ "$2" = systemctl ] || command chroot "$@"
}

bring_up_network() {
	root=$1
	printf 'auto lo\niface lo inet loopback\n\nauto /en*=first\niface first inet dhcp\n' >"$root/etc/network/interfaces"
}

# As rdc-host-keys.service of system.sh, and the machine's ID, which systemd would make at the first boot.
make_identity_at_boot() {
	root=$1
	rm -f "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
	cat >"$root/etc/init.d/rdc-identity" <<-'END'
		#!/bin/sh
		### BEGIN INIT INFO
		# Provides:          rdc-identity
		# Required-Start:    $local_fs
		# Required-Stop:
		# X-Start-Before:    ssh dbus
		# Default-Start:     2 3 4 5
		# Default-Stop:
		# Short-Description: SSH host keys and ID of this machine
		### END INIT INFO
		[ "${1-}" = start ] || exit 0
		[ -s /etc/machine-id ] || dbus-uuidgen --ensure=/etc/machine-id
		for type in ecdsa ed25519; do
			file=/etc/ssh/ssh_host_${type}_key
			[ -e "$file" ] || ssh-keygen -q -N "" -t "$type" -f "$file"
		done
	END
	chmod 755 "$root/etc/init.d/rdc-identity"
	command chroot "$root" update-rc.d rdc-identity defaults
}

late() {
	root=$1
	mkdir -p "$root/etc/systemd/network" "$root/etc/systemd/system"
	configure_network "$root"
	configure_users "$root"
	configure_boot "$root"
	rm -r "$root/etc/systemd/network" "$root/etc/systemd/system"
	bring_up_network "$root"
	make_identity_at_boot "$root"
	# nobody sits at the machine's consoles
	sed -i '/getty/d' "$root/etc/inittab"
	keep_systemd_out "$root"
	fill_package_cache "$root"
	list_packages "$root"
}
