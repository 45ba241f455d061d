#!/bin/sh
# The box's Debian system. Called by build.sh, which sets work, codename, arch, distribution, release and here.
#   system.sh install       mmdebstrap into $work/root
#   system.sh early ROOT    (hook) before the kernel's package makes its initramfs
#   system.sh late ROOT     (hook) configuration, package cache
set -eu
. "$here/packages.sh"

install_system() {
	include=$(base_packages | tr ' ' ',')
	mmdebstrap --mode=root --variant=minbase --architectures="$arch" --include="$include" \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
		--skip=cleanup/apt,check/empty \
		--essential-hook='sh "$here/system.sh" early "$1"' --customize-hook='sh "$here/system.sh" late "$1"' \
		"$codename" "$work/root" "$work/sources.list"
}

# A small initramfs: the stock one takes seconds to unpack under emulation.
early() {
	mkdir -p "$root/etc/initramfs-tools/conf.d" "$root/etc/initramfs-tools/hooks"
	echo 'MODULES=list' >"$root/etc/initramfs-tools/conf.d/rdc"
	cat >"$root/etc/initramfs-tools/hooks/rdc" <<-'END'
		#!/bin/sh
		[ "$1" != prereqs ] || exit 0
		. /usr/share/initramfs-tools/hook-functions
		manual_add_modules virtio_pci virtio_blk virtio_net virtio_scsi sd_mod ahci ata_piix ext4
	END
	chmod 755 "$root/etc/initramfs-tools/hooks/rdc"
	printf 'do_symlinks = yes\nlink_in_boot = no\n' >"$root/etc/kernel-img.conf"
}

configure_network() {
	echo "$distribution-$release" >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost\n' "$distribution-$release" >"$root/etc/hosts"
	cat >"$root/etc/systemd/network/10-first.network" <<-'END'
		[Match]
		Name=en* eth*
		[Network]
		DHCP=ipv4
		IPv6AcceptRA=no
		[DHCPv4]
		ClientIdentifier=mac
	END
	chroot "$root" systemctl -q enable systemd-networkd.service
	chroot "$root" systemctl -q mask systemd-networkd-wait-online.service
	# Filled in at provisioning; now it is the build machine's.
	rm -f "$root/etc/resolv.conf"
	: >"$root/etc/resolv.conf"
}

configure_users() {
	chroot "$root" useradd -m -s /bin/bash vagrant
	mkdir -m 700 "$root/home/vagrant/.ssh"
	key=$(find /usr/share/rubygems-integration /usr/share/vagrant /usr/lib /usr/lib64 /opt/vagrant \
		-path '*/keys/vagrant.pub' 2>/dev/null | head -n 1)
	[ -n "$key" ] || { echo "vagrant's own public key is not on this machine: install vagrant" >&2; exit 3; }
	cp "$key" "$root/home/vagrant/.ssh/authorized_keys"
	chmod 600 "$root/home/vagrant/.ssh/authorized_keys"
	chroot "$root" chown -R vagrant:vagrant /home/vagrant/.ssh
	echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/vagrant"
	chmod 440 "$root/etc/sudoers.d/vagrant"
	# Each machine makes its keys at its first boot; RSA would take seconds under emulation.
	rm -f "$root"/etc/ssh/ssh_host_*
	cat >"$root/etc/systemd/system/rdc-host-keys.service" <<-'END'
		[Unit]
		Description=SSH host keys of this machine
		Before=ssh.service
		ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
		[Service]
		Type=oneshot
		ExecStart=/usr/bin/ssh-keygen -q -N "" -t ecdsa -f /etc/ssh/ssh_host_ecdsa_key
		ExecStart=/usr/bin/ssh-keygen -q -N "" -t ed25519 -f /etc/ssh/ssh_host_ed25519_key
		[Install]
		WantedBy=multi-user.target
	END
	chroot "$root" systemctl -q enable rdc-host-keys.service
}

configure_boot() {
	# Else packages make it again, half a minute under emulation.
	sed -i 's/^update_initramfs=.*/update_initramfs=no/' "$root/etc/initramfs-tools/update-initramfs.conf"
	echo 'LABEL=rdc-root / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
	for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
		dpkg-db-backup.timer man-db.timer getty@tty1.service systemd-pstore.service; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
}

# For apt-get install on a machine that reaches no mirror.
fill_package_cache() {
	rm -f "$root"/var/cache/apt/archives/*.deb "$root/etc/apt/apt.conf.d/docker-clean"
	printf 'APT::Keep-Downloaded-Packages "true";\nAPT::Install-Recommends "true";\nAcquire::Languages "none";\nAcquire::Check-Valid-Until "false";\n' \
		>"$root/etc/apt/apt.conf.d/80rdc-box"
	wanted=$(cached_packages)
	for package in $(cached_if_known); do
		if APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install --simulate "$package" >/dev/null 2>&1; then wanted="$wanted $package"; fi
	done
	# shellcheck disable=SC2086
	APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -y -q -o APT::Install-Recommends=true --download-only install $wanted
}

list_packages() {
	{
		printf '{"distribution":"%s","release":"%s","codename":"%s","arch":"%s","installed":{' \
			"$distribution" "$release" "$codename" "$arch"
		chroot "$root" dpkg-query -W -f '"${Package}":"${Version}",\n' | sed '$ s/,$//'
		printf '},"cached":['
		find "$root/var/cache/apt/archives" -name '*.deb' -printf '"%f",\n' | sort | sed '$ s/,$//'
		printf ']}\n'
	} >"$work/packages.json"
}

late() {
	configure_network
	configure_users
	configure_boot
	fill_package_cache
	list_packages
}

case ${1-} in
install) install_system ;;
early | late) root=$2; "$1" ;;
*) echo 'usage: system.sh install|early ROOT|late ROOT' >&2; exit 2 ;;
esac
