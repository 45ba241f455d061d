#!/bin/sh
# By the AUR package docker-rootless-extras, from aur.archlinux.org. Run as root after base.sh.
set -eu

recipe=rootless-arch
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

# Arch supports full upgrades only; a new kernel would take the modules of the running one away.
install_packages() {
	as_root packages "pacman -Syu --noconfirm --needed --ignore linux docker slirp4netns fuse-overlayfs base-devel git"
	as_user "AUR package" "git clone https://aur.archlinux.org/docker-rootless-extras.git && cd docker-rootless-extras && makepkg --nodeps --noconfirm"
	as_root "AUR package installed" "pacman -U --noconfirm $home/docker-rootless-extras/*.pkg.tar.*"
}

# The AUR package brings the user unit, so that the setuptool has nothing to do.
setup_daemon() {
	as_root "system-wide daemon off" "systemctl disable --now docker.service docker.socket" || true
	as_root lingering "loginctl enable-linger $user"
	as_user "user unit" "systemctl --user enable --now docker.service" || true
	ensure_context
}

install_rootless_docker
