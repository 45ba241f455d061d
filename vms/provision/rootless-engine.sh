#!/bin/sh
# Rootless Docker from binaries as upstream's static archives have them (docs.docker.com/engine/install/binaries and
# engine/security/rootless, "without packages"). Run as root after base.sh; the programs lie in /var/lib/rdc/engine.
# Environment: RDC_RECIPE, RDC_INSTALL, RDC_PREREQUISITES; RDC_ENGINE_PREFIX where they do not go into ~/bin.
set -eu

recipe=$RDC_RECIPE
channel=engine
. "${0%/*}/steps.sh" # beside it, or put in the place of this line

engine=$state/engine

# A loader that is missing, a library or its version: said before anything of it is installed.
programs_start() {
	for program in "$engine"/*; do
		case ${program##*/} in *.sh | docker-proxy) continue ;; esac
		code=0
		said=$("$program" --version 2>&1 </dev/null) || code=$?
		case $code:$said in
		126:* | 127:* | *'error while loading shared libraries'* | *"not found (required by"*)
			echo "${program##*/} does not start on this machine: $said"
			return 1
			;;
		esac
	done
}

install_packages() {
	as_root 'packages that Docker asks for' "$RDC_INSTALL $RDC_PREREQUISITES"
	run 'programs start' '# dockerd --version, and so on' programs_start || { cat "$state/output" >&2; return 1; }
	if [ -z "${RDC_ENGINE_PREFIX-}" ]; then
		as_user engine "mkdir -p ~/bin && cp $engine/* ~/bin/"
		folder=$home/bin
	else
		folder=$RDC_ENGINE_PREFIX
		as_root engine "install -d $folder && install -m 755 $engine/* $folder/"
	fi
	put_on_path "$folder"
	rm -rf "$engine"
}

install_rootless_docker
