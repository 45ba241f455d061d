#!/bin/sh
# NOT VERIFIED: written from docs.docker.com and the packages of openSUSE Leap; no openSUSE machine ran it here.
# Run as root after base.sh.
set -eu

recipe=rootless-opensuse
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

# The manual asks for the modules on openSUSE: a rootless daemon cannot load them.
install_packages() {
	as_root packages "zypper --non-interactive install docker docker-rootless-extras"
	as_root modules "modprobe -a ip_tables iptable_mangle iptable_nat iptable_filter" || true
}

install_rootless_docker
