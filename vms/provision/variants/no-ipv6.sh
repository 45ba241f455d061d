#!/bin/sh
# Checks that the kernel argument ipv6.disable=1 took.
set -eu

case ${1-} in
make | prove)
	[ ! -e /proc/net/if_inet6 ] || { echo 'the kernel has IPv6: its argument ipv6.disable=1 did not take' >&2; exit 1; }
	;;
*) echo 'usage: no-ipv6.sh make|prove' >&2; exit 2 ;;
esac
