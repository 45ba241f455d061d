#!/bin/sh
# No IPv6 in the kernel, by its argument ipv6.disable=1 of the machine's entry; here is only seen that it took.
#   no-ipv6.sh make     before rootless Docker is installed
#   no-ipv6.sh prove    when it runs
set -eu

case ${1-} in
make | prove)
	[ ! -e /proc/net/if_inet6 ] || {
		echo 'the kernel has IPv6: its argument ipv6.disable=1 did not take' >&2
		exit 1
	}
	;;
*) echo 'usage: no-ipv6.sh make|prove' >&2; exit 2 ;;
esac
