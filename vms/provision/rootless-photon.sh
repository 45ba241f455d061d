#!/bin/sh
# NOT VERIFIED: written from the spec files of Photon OS (docker-rootless brings the scripts); no Photon machine ran it here.
# Run as root after base.sh.
set -eu

recipe=rootless-photon
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

install_packages() {
	as_root packages "tdnf install -y docker docker-rootless"
}

install_rootless_docker
