# Checks that the kernel argument ipv6.disable=1 took.

make() { prove; }

prove() {
	[ ! -e /proc/net/if_inet6 ] || fail 'the kernel has IPv6: its argument ipv6.disable=1 did not take'
}
