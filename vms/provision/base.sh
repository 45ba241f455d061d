#!/bin/sh
# The machine before Docker: two ordinary users and the key to reach it. Run as root.
# Environment: RDC_PUBLIC_KEY (an OpenSSH public key line), RDC_HOSTNAME (optional), RDC_ACCEL (tcg: emulated).
set -eu

: "${RDC_PUBLIC_KEY:?the public key that may log in as root, tester and other}"

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

# With random addresses, an emulator translates each program anew at each start: half of a run's time
# (docs/benchmarks.md). No check depends on them.
if [ "${RDC_ACCEL-}" = tcg ]; then
	echo 'kernel.randomize_va_space = 0' >/etc/sysctl.d/60-rdc-emulated.conf
	echo 0 >/proc/sys/kernel/randomize_va_space
fi

if [ -n "${RDC_HOSTNAME-}" ] && [ "$(cat /proc/sys/kernel/hostname)" != "$RDC_HOSTNAME" ]; then
	printf '%s\n' "$RDC_HOSTNAME" | tee /etc/hostname >/proc/sys/kernel/hostname
	grep -qw "$RDC_HOSTNAME" /etc/hosts || printf '127.0.1.1 %s\n' "$RDC_HOSTNAME" >>/etc/hosts
fi

# networkd alone writes no resolv.conf; without one, Docker takes servers on the internet.
if [ ! -s /etc/resolv.conf ]; then
	gateway=$(ip -4 route show default | sed -n 's/^default via \([0-9.]*\).*/\1/p' | head -n 1)
	[ -z "$gateway" ] || printf 'nameserver %s\n' "$gateway" >/etc/resolv.conf
fi

add_user tester
add_user other
# The group of serial ports.
usermod -aG dialout tester
authorize root /root
