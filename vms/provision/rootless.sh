#!/bin/sh
# Rootless Docker from packages, by docs.docker.com/engine/security/rootless. Run as root after base.sh.
# Environment: RDC_RECIPE and the entry of distributions.json: RDC_INSTALL, RDC_PACKAGES, RDC_PACKAGES_IF_KNOWN,
# RDC_KNOWS, RDC_MODULES.
set -eu

recipe=$RDC_RECIPE
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

install_packages() {
	packages=$RDC_PACKAGES
	# Newer releases split some packages.
	for extra in ${RDC_PACKAGES_IF_KNOWN-}; do
		if $RDC_KNOWS "$extra" >/dev/null 2>&1; then packages="$packages $extra"; fi
	done
	as_root packages "$RDC_INSTALL $packages"
	[ -z "${RDC_MODULES-}" ] || as_root modules "modprobe -a $RDC_MODULES" || true
}

install_rootless_docker
