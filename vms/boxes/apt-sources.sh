#!/bin/sh
# Prints one-line apt sources for a Debian release, made from the sources that this machine's own apt uses.
#   apt-sources.sh CODENAME [ETC_APT]
# Only entries of the Debian archive count; a third party's repository never reaches a box.
set -eu

release=${1:?usage: apt-sources.sh CODENAME [ETC_APT]}
etc=${2:-/etc/apt}

# deb822 stanzas and classic lines, both as "URI SUITE COMPONENTS".
list_entries() {
	for file in "$etc"/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		awk -v RS='' -F '\n' '{
			types = uris = suites = components = ""; enabled = "yes"; key = ""
			for (i = 1; i <= NF; i++) {
				line = $i
				if (line ~ /^#/) continue
				if (line ~ /^[ \t]/) value = line
				else { key = tolower(substr(line, 1, index(line, ":") - 1)); value = substr(line, index(line, ":") + 1) }
				if (key == "types") types = types " " value
				if (key == "uris") uris = uris " " value
				if (key == "suites") suites = suites " " value
				if (key == "components") components = components " " value
				if (key == "enabled") { enabled = tolower(value); gsub(/[ \t]/, "", enabled) }
			}
			if (enabled == "no" || enabled == "false" || (" " types " ") !~ / deb /) next
			n = split(uris, u, " "); m = split(suites, s, " "); gsub(/[ \t]+/, " ", components)
			for (a = 1; a <= n; a++) for (b = 1; b <= m; b++) print u[a], s[b] components
		}' "$file"
	done
	for file in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
		[ -f "$file" ] || continue
		sed -n -E 's/#.*//; s/^[ \t]*deb[ \t]+(\[[^]]*\][ \t]+)?//p' "$file"
	done
}

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
option=''
[ ! -f "$keyring" ] || option="[signed-by=$keyring] "

# testing has no -updates, and what its -security holds comes with testing itself.
list_entries | awk -v release="$release" -v option="$option" '
	$1 !~ /\/debian(-security)?(\/|$)/ { next }
	$2 !~ /^(oldoldstable|oldstable|stable|testing|bullseye|bookworm|trixie|forky|sid|unstable)(-updates|-security)?$/ { next }
	{
		part = ""
		if ($2 ~ /-updates$/) part = "-updates"
		if ($2 ~ /-security$/) part = "-security"
		if (part != "" && (release == "testing" || release == "unstable")) next
		components = ""
		for (i = 3; i <= NF; i++) if ($i == "main" || $i == "contrib") components = components " " $i
		if (components == "") next
		line = "deb " option $1 " " release part components
		if (!seen[line]++) { print line; found = 1 }
	}
	END { exit !found }
' || {
	echo "no entry of the Debian archive in $etc (sources.list, sources.list.d): nothing to build a box from" >&2
	exit 3
}
