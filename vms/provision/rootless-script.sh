#!/bin/sh
# Rootless Docker by upstream's install script, as its manual says: the user runs it, the engine goes into ~/bin
# (docs.docker.com/engine/security/rootless, "without packages"). Run as root after base.sh.
# Environment: RDC_RECIPE, RDC_INSTALL, RDC_PREREQUISITES.
set -eu

recipe=$RDC_RECIPE
channel=script
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

install_packages() {
	packages=$RDC_PREREQUISITES
	command -v curl >/dev/null || packages="curl $packages"
	as_root 'packages that the script asks for' "$RDC_INSTALL $packages"
	# else the daemon that the script starts ends with its session
	as_root lingering "loginctl enable-linger $user"
}

# The script calls the setup tool itself, and prints what the user adds to ~/.bashrc.
setup_daemon() {
	as_user 'install script' 'curl -fsSL https://get.docker.com/rootless | sh'
	put_on_path "$home/bin"
	as_user 'user unit' 'systemctl --user enable --now docker.service' || true
	ensure_context
}

install_rootless_docker
