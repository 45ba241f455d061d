# A box without systemd: replaces functions of system.sh and packages.sh. build.sh puts it into system.sh for a release
# called "...-sysvinit".

# No logind either: nothing makes a runtime directory at login.
with_systemd=$(base_packages)
base_packages() {
	init='sysvinit-core orphan-sysvinit-scripts systemd-standalone-sysusers systemd-standalone-tmpfiles ifupdown dhcpcd-base'
	echo "$with_systemd" | sed "s/ systemd-sysv / $init /; s/ libpam-systemd / /"
}

# Without dbus-user-session, which needs systemd.
cached_packages() {
	echo docker.io uidmap slirp4netns fuse-overlayfs
}

# Without the systemctl commands of system.sh.
chroot() {
	[ "$2" = systemctl ] || command chroot "$@"
}

# As rdc-host-keys.service of system.sh, with the machine's ID, which systemd would make.
make_identity_at_boot() {
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
	mkdir -p "$root/etc/systemd/network" "$root/etc/systemd/system"
	configure_network
	configure_users
	configure_boot
	rm -r "$root/etc/systemd/network" "$root/etc/systemd/system"
	printf 'auto lo\niface lo inet loopback\n\nauto /en*=first\niface first inet dhcp\n' >"$root/etc/network/interfaces"
	make_identity_at_boot
	sed -i '/getty/d' "$root/etc/inittab"
	# docker.io recommends packages that bring systemd back; as in Debian's wiki, page Init
	printf 'Package: systemd systemd-sysv\nPin: release *\nPin-Priority: -1\n' >"$root/etc/apt/preferences.d/no-systemd"
	fill_package_cache
	list_packages
}
