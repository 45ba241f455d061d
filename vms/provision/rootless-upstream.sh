#!/bin/sh
# Rootless Docker from upstream's package repository, by docs.docker.com/engine/install and engine/security/rootless.
# Run as root after base.sh. Environment: RDC_RECIPE, RDC_INSTALL, RDC_PREREQUISITES and RDC_UPSTREAM, the repository:
# for apt its address, else that of its .repo file.
set -eu

recipe=$RDC_RECIPE
channel=upstream
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

packages='docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin docker-ce-rootless-extras'

add_repository() {
	case $RDC_INSTALL in
	*apt-get*)
		as_root 'tools for the repository' "apt-get update && $RDC_INSTALL ca-certificates curl"
		as_root 'key of the repository' "install -m 755 -d /etc/apt/keyrings && curl -fsSL $RDC_UPSTREAM/gpg -o /etc/apt/keyrings/docker.asc && chmod a+r /etc/apt/keyrings/docker.asc"
		as_root repository ". /etc/os-release && printf '%s\\n' 'Types: deb' 'URIs: $RDC_UPSTREAM' \"Suites: \$VERSION_CODENAME\" 'Components: stable' \"Architectures: \$(dpkg --print-architecture)\" 'Signed-By: /etc/apt/keyrings/docker.asc' >/etc/apt/sources.list.d/docker.sources && apt-get update"
		;;
	*zypper*) as_root repository "zypper --non-interactive addrepo $RDC_UPSTREAM && zypper --gpg-auto-import-keys refresh" ;;
	*)
		as_root 'tools for the repository' "$RDC_INSTALL dnf-plugins-core"
		# the first is that of dnf 5
		as_root repository "dnf config-manager addrepo --from-repofile $RDC_UPSTREAM || dnf config-manager --add-repo $RDC_UPSTREAM"
		;;
	esac
}

install_packages() {
	add_repository
	as_root packages "$RDC_INSTALL $packages $RDC_PREREQUISITES"
}

install_rootless_docker
