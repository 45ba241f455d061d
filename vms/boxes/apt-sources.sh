#!/bin/sh
# Prints one-line apt sources for a Debian release, from this machine's own: entries of the Debian archive, no others.
# Where this machine names none (Ubuntu, Fedora), those that mmdebstrap takes by default. A folder that is named has to have some.
set -eu

release=${1:?usage: apt-sources.sh CODENAME [ETC_APT]}
etc=${2:-/etc/apt}
named=${2-}

# deb822 stanzas and classic lines, both as "URI SUITE COMPONENTS".
list_entries() {
	for file in "$etc"/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		awk -v RS='' -F '\n' '{
			split("", field)
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^#/) continue
				value = $i
				if ($i !~ /^[ \t]/) { key = tolower(substr($i, 1, index($i, ":") - 1)); sub(/^[^:]*:/, "", value) }
				field[key] = field[key] " " value
			}
			if (tolower(field["enabled"]) ~ /^[ \t]*(no|false)[ \t]*$/ || (field["types"] " ") !~ / deb /) next
			n = split(field["uris"], uris, " "); m = split(field["suites"], suites, " ")
			gsub(/[ \t]+/, " ", field["components"])
			for (a = 1; a <= n; a++) for (b = 1; b <= m; b++) print uris[a], suites[b] field["components"]
		}' "$file"
	done
	for file in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
		[ -f "$file" ] || continue
		sed -n -E 's/#.*//; s/^[ \t]*deb[ \t]+(\[[^]]*\][ \t]+)?//p' "$file"
	done
}

option=''
for keyring in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
	[ ! -f "$keyring" ] || option="[signed-by=$keyring] "
done

defaults() {
	echo "deb ${option}http://deb.debian.org/debian $release main"
	case $release in testing | unstable) return ;; esac
	echo "deb ${option}http://deb.debian.org/debian $release-updates main"
	echo "deb ${option}http://security.debian.org/debian-security $release-security main"
}

# testing has no -updates, and holds what its -security does.
list_entries | awk -v release="$release" -v option="$option" '
	$1 !~ /\/debian(-security)?(\/|$)/ { next }
	$2 !~ /^(oldoldstable|oldstable|stable|testing|bullseye|bookworm|trixie|forky|sid|unstable)(-updates|-security)?$/ { next }
	{
		part = $2; sub(/^[a-z]*/, "", part)
		if (part != "" && (release == "testing" || release == "unstable")) next
		components = ""
		for (i = 3; i <= NF; i++) if ($i == "main" || $i == "contrib") components = components " " $i
		if (components == "") next
		line = "deb " option $1 " " release part components
		if (!seen[line]++) { print line; found = 1 }
	}
	END { exit !found }
' || {
	if [ -z "$named" ]; then
		defaults
		exit
	fi
	echo "no entry of the Debian archive in $etc (sources.list, sources.list.d): nothing to build a box from" >&2
	exit 3
}
