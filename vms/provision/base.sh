#!/bin/sh
# The machine before Docker: two ordinary users and the keys to reach it. Knows nothing of Vagrant; run as root.
# Environment: RDC_PUBLIC_KEY (one OpenSSH public key line), RDC_HOSTNAME (optional), RDC_ACCEL (tcg: emulated).
set -eu

: "${RDC_PUBLIC_KEY:?the public key that may log in as root, tester and other}"

# An emulator translates code anew wherever in memory it meets it: with random addresses that is each program at each
# start, and took half of a run's time (docs/benchmarks.md). Nothing that is judged here depends on them.
fix_addresses() {
	[ "${RDC_ACCEL-}" = tcg ] || return 0
	echo 'kernel.randomize_va_space = 0' >/etc/sysctl.d/60-rdc-emulated.conf
	echo 0 >/proc/sys/kernel/randomize_va_space
}

add_user() {
	if ! id "$1" >/dev/null 2>&1; then
		if command -v adduser >/dev/null && [ -f /etc/debian_version ]; then
			adduser --quiet --disabled-password --gecos '' "$1"
		else
			useradd -m -s /bin/bash "$1"
		fi
	fi
	authorize "$1" "$(getent passwd "$1" | cut -d: -f6)"
}

authorize() {
	install -d -m 700 -o "$1" -g "$(id -gn "$1")" "$2/.ssh"
	keys=$2/.ssh/authorized_keys
	touch "$keys"
	grep -qxF "$RDC_PUBLIC_KEY" "$keys" || printf '%s\n' "$RDC_PUBLIC_KEY" >>"$keys"
	chown "$1:$(id -gn "$1")" "$keys"
	chmod 600 "$keys"
}

set_hostname() {
	[ -n "${RDC_HOSTNAME-}" ] && [ "$(cat /proc/sys/kernel/hostname)" != "$RDC_HOSTNAME" ] || return 0
	printf '%s\n' "$RDC_HOSTNAME" >/etc/hostname
	printf '%s\n' "$RDC_HOSTNAME" >/proc/sys/kernel/hostname
	grep -qw "$RDC_HOSTNAME" /etc/hosts || printf '127.0.1.1 %s\n' "$RDC_HOSTNAME" >>/etc/hosts
}

# networkd alone writes no resolv.conf; without one Docker falls back to servers on the internet.
set_resolver() {
	[ ! -s /etc/resolv.conf ] || return 0
	gateway=$(ip -4 route show default | sed -n 's/^default via \([0-9.]*\).*/\1/p' | head -n 1)
	[ -z "$gateway" ] || printf 'nameserver %s\n' "$gateway" >/etc/resolv.conf
}

fix_addresses
set_hostname
set_resolver
add_user tester
add_user other
# Serial ports belong to this group; whether a rootless container may use them is one of the checks.
usermod -aG dialout tester
authorize root /root
