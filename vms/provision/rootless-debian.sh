#!/bin/sh
# Rootless Docker the way a user of Debian who read docs.docker.com/engine/security/rootless would install it from
# the distribution's packages. Knows nothing of Vagrant; run as root after base.sh.
# Every step's command, exit code and output go to /var/lib/rdc/install.json, failures too: what the distribution
# gets wrong is for the checks to report. Success is decided by one thing only: the user's daemon runs at the end.
set -eu

user=tester
uid=$(id -u "$user")
contrib=/usr/share/docker.io/contrib
state=/var/lib/rdc
output_limit=4000

mkdir -p "$state"
: >"$state/steps.part"

# perl-base is essential on Debian; jq and python are not.
to_json_string() {
	perl -e 'undef $/; my $text = <STDIN> // ""; my $limit = shift;
		$text =~ s/\e\[[0-9;]*[A-Za-z]//g; $text =~ s/\r//g; my $cut = length($text) - $limit;
		$text = "[first $cut bytes left out]\n" . substr($text, $cut) if $cut > 0;
		$text =~ s/([\\"])/\\$1/g; $text =~ s/\n/\\n/g; $text =~ s/\t/\\t/g;
		$text =~ s/[^\x20-\x7e]/?/g; print "\"$text\""' "$output_limit"
}

# record NAME COMMAND-AS-A-USER-TYPES-IT EXIT-CODE < OUTPUT
record() {
	[ ! -s "$state/steps.part" ] || printf ',\n' >>"$state/steps.part"
	{
		printf '{"name":%s,' "$(printf %s "$1" | to_json_string)"
		printf '"command":%s,"exitCode":%d,' "$(printf %s "$2" | to_json_string)" "$3"
		printf '"output":%s}' "$(to_json_string)"
	} >>"$state/steps.part"
	echo "$1: exit code $3"
}

as_root() {
	code=0
	sh -c "$2" >"$state/output" 2>&1 </dev/null || code=$?
	record "$1" "# $2" "$code" <"$state/output"
	return "$code"
}

# A login through sshd, because only pam_systemd gives XDG_RUNTIME_DIR and the user's bus: su and sudo do not.
as_user() {
	code=0
	ssh -q -i "$state/login" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		"$user@localhost" "$2" >"$state/output" 2>&1 </dev/null || code=$?
	record "$1" "\$ $2" "$code" <"$state/output"
	return "$code"
}

open_login() {
	rm -f "$state/login" "$state/login.pub"
	ssh-keygen -q -N '' -t ed25519 -C rdc-provisioning -f "$state/login"
	cat "$state/login.pub" >>"/home/$user/.ssh/authorized_keys"
}

close_login() {
	sed -i '/ rdc-provisioning$/d' "/home/$user/.ssh/authorized_keys"
	rm -f "$state/login" "$state/login.pub" "$state/output"
}

install_packages() {
	packages='docker.io uidmap dbus-user-session slirp4netns fuse-overlayfs'
	# Newer releases split these off docker.io.
	for extra in docker-cli rootlesskit; do
		if apt-cache show "$extra" >/dev/null 2>&1; then packages="$packages $extra"; fi
	done
	as_root packages "DEBIAN_FRONTEND=noninteractive apt-get install -y $packages"
}

# adduser gives every user a range; only a user made by other means lacks one.
ensure_subordinate_ids() {
	for kind in uid gid; do
		if grep -q "^$user:" "/etc/sub$kind" 2>/dev/null; then
			as_root "sub$kind" "grep '^$user:' /etc/sub$kind"
		else
			as_root "sub$kind" "usermod --add-sub${kind}s 100000-165535 $user"
		fi
	done
}

# First as the documentation says. Debian keeps the tool off PATH, in a directory that it does not look into itself:
# who knows that puts the directory on PATH.
setuptool() {
	as_user "setuptool $1" "dockerd-rootless-setuptool.sh $1" ||
		as_user "setuptool $1 by hand" "PATH=$contrib:\$PATH dockerd-rootless-setuptool.sh $1" || true
}

setup_daemon() {
	setuptool check
	setuptool install
	as_user 'user unit' 'systemctl --user enable --now docker.service' || true
	# Where the setuptool ended early, the client has no context for the user's daemon.
	if ! as_user 'client context' 'docker context inspect rootless'; then
		as_user 'client context by hand' \
			'docker context create rootless --docker "host=unix://$XDG_RUNTIME_DIR/docker.sock" && docker context use rootless' || true
	fi
}

finish() {
	code=$?
	close_login
	{
		printf '{"recipe":"rootless-debian","user":"%s","steps":[\n' "$user"
		cat "$state/steps.part"
		printf '\n]}\n'
	} >"$state/install.json.part"
	mv "$state/install.json.part" "$state/install.json"
	rm -f "$state/steps.part"
	[ "$code" = 0 ] || echo "rootless Docker does not run: see $state/install.json" >&2
	exit "$code"
}

open_login
trap finish EXIT
install_packages
ensure_subordinate_ids
as_root 'system-wide daemon off' 'systemctl disable --now docker.service docker.socket' || true
as_root 'system-wide socket away' 'rm -f /var/run/docker.sock'
as_root lingering "loginctl enable-linger $user"
setup_daemon
as_user daemon "docker --host unix:///run/user/$uid/docker.sock version"
