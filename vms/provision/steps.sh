# Sourced by the recipes; runs on a minimal system (no perl, no python).
# A recipe sets `recipe` (and `channel` where it is not the distribution's) and defines install_packages, and setup_daemon where the one below does not fit.
# Each step's command, exit code and output go to /var/lib/rdc/install.json: a failure is for the checks to report.
# Success is that the user's daemon runs at the end.

user=tester
uid=$(id -u "$user")
home=$(getent passwd "$user" | cut -d: -f6)
contrib=/usr/share/docker.io/contrib
state=${RDC_STATE:-/var/lib/rdc}
output_limit=4000

mkdir -p "$state"
: >"$state/steps.part"

to_json_string() {
	cat >"$state/text"
	size=$(wc -c <"$state/text")
	{
		[ "$size" -le "$output_limit" ] || printf '[first %d bytes left out]\n' "$((size - output_limit))"
		tail -c "$output_limit" "$state/text"
	} | LC_ALL=C sed "s/$(printf '\033')\[[0-9;]*[A-Za-z]//g" | LC_ALL=C tr '\t' ' ' | LC_ALL=C tr -d '\r' |
		LC_ALL=C tr -c '\n\040-\176' '?' | LC_ALL=C sed 's/[\\"]/\\&/g' |
		awk 'BEGIN { printf "\"" } NR > 1 { printf "\\n" } { printf "%s", $0 } END { printf "\"" }'
}

# record NAME COMMAND-AS-A-USER-TYPES-IT EXIT-CODE < OUTPUT
record() {
	cat >"$state/recorded"
	[ ! -s "$state/steps.part" ] || printf ',\n' >>"$state/steps.part"
	{
		printf '{"name":%s,' "$(printf %s "$1" | to_json_string)"
		printf '"command":%s,"exitCode":%d,' "$(printf %s "$2" | to_json_string)" "$3"
		printf '"output":%s}' "$(to_json_string <"$state/recorded")"
	} >>"$state/steps.part"
	echo "$1: exit code $3"
}

# run NAME COMMAND-AS-A-USER-TYPES-IT COMMAND...
run() {
	step=$1 typed=$2 code=0
	shift 2
	"$@" >"$state/output" 2>&1 </dev/null || code=$?
	record "$step" "$typed" "$code" <"$state/output"
	return "$code"
}

as_root() { run "$1" "# $2" sh -c "$2"; }

# Through sshd: su and sudo open no session.
as_user() {
	run "$1" "\$ $2" ssh -q -i "$state/login" -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null "$user@localhost" "$2"
}

# Not every tool that makes users gives them a range.
ensure_subordinate_ids() {
	for kind in uid gid; do
		if grep -q "^$user:" "/etc/sub$kind" 2>/dev/null; then
			as_root "sub$kind" "grep '^$user:' /etc/sub$kind"
		elif usermod --help 2>&1 | grep -q add-subuids; then
			as_root "sub$kind" "usermod --add-sub${kind}s 100000-165535 $user"
		else
			as_root "sub$kind" "echo $user:100000:65536 >>/etc/sub$kind"
		fi
	done
}

# First as documented; Debian and Ubuntu keep the tool off PATH.
setuptool() {
	as_user "setuptool $1" "dockerd-rootless-setuptool.sh $1" && return 0
	[ -d "$contrib" ] || return 0
	as_user "setuptool $1 by hand" "PATH=$contrib:\$PATH dockerd-rootless-setuptool.sh $1" || true
}

ensure_context() {
	as_user 'client context' 'docker context inspect rootless' && return 0
	as_user 'client context by hand' \
		"docker context create rootless --docker host=unix:///run/user/$uid/docker.sock && docker context use rootless" || true
}

# For a login and for a command of ssh: at the end of ~/.bashrc, a shell that is not interactive does not come by.
put_on_path() {
	as_user 'environment' "{ echo 'export PATH=$1:\$PATH'; cat ~/.bashrc; } >~/.bashrc.new && mv ~/.bashrc.new ~/.bashrc"
}

# Packages start one; binaries do not.
stop_rootful_daemon() {
	# a variant: both side by side
	[ ! -e "$state/rootful-stays" ] || return 0
	[ -n "$(find /lib/systemd/system /usr/lib/systemd/system -name docker.service 2>/dev/null)" ] || return 0
	as_root 'system-wide daemon off' 'systemctl disable --now docker.service docker.socket' || true
	as_root 'system-wide socket away' 'rm -f /var/run/docker.sock'
}

setup_daemon() {
	stop_rootful_daemon
	as_root lingering "loginctl enable-linger $user"
	setuptool check
	setuptool install
	as_user 'user unit' 'systemctl --user enable --now docker.service' || true
	ensure_context
}

close_login() {
	sed -i '/ rdc-provisioning$/d' "$home/.ssh/authorized_keys"
	rm -f "$state/login" "$state/login.pub" "$state/output" "$state/recorded" "$state/text"
}

finish() {
	code=$?
	close_login
	{
		printf '{"recipe":"%s","channel":"%s","user":"%s","steps":[\n' "$recipe" "${channel:-distro}" "$user"
		cat "$state/steps.part"
		printf '\n]}\n'
	} >"$state/install.json.part"
	mv "$state/install.json.part" "$state/install.json"
	rm -f "$state/steps.part"
	[ "$code" = 0 ] || echo "rootless Docker does not run: see $state/install.json" >&2
	exit "$code"
}

install_rootless_docker() {
	# for as_user, until close_login
	rm -f "$state/login" "$state/login.pub"
	ssh-keygen -q -N '' -t ed25519 -C rdc-provisioning -f "$state/login"
	cat "$state/login.pub" >>"$home/.ssh/authorized_keys"
	trap finish EXIT
	install_packages
	ensure_subordinate_ids
	setup_daemon
	as_user daemon "docker --host unix:///run/user/$uid/docker.sock version"
}
