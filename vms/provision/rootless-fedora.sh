#!/bin/sh
# NOT VERIFIED: written from the packages of Fedora 44 (Docker is called moby-engine there); no Fedora machine ran it here.
# Run as root after base.sh.
set -eu

recipe=rootless-fedora
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

install_packages() {
	as_root packages "dnf install -y moby-engine moby-engine-rootless-extras docker-cli slirp4netns fuse-overlayfs"
}

install_rootless_docker
