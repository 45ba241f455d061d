# For the channel "upstream" without the internet: an apt repository of upstream's package names, made of the distribution's
# own programs. It is not signed, and apt is told so. The web server is gone when Docker runs.

insecure=/etc/apt/apt.conf.d/99rdc-stand-in

# package NAME VERSION [PROGRAM...]
package() {
	name=$1 version=$2
	shift 2
	mkdir -p "root-$name/DEBIAN" "root-$name/usr/bin"
	printf '%s\n' "Package: $name" "Version: $version" "Architecture: $arch" 'Maintainer: rdc' 'Description: stand-in' \
		>"root-$name/DEBIAN/control"
	for program in "$@"; do mv "programs/$program" "root-$name/usr/bin/"; done
	dpkg-deb --build --root-owner-group -Znone "root-$name" "pool/$name.deb"
}

make_packages() {
	mkdir pool
	package docker-ce-rootless-extras 0.0.1 $(cd programs && ls -d rootless* dockerd-rootless*)
	package docker-ce-cli 0.0.1 docker
	package containerd.io 0.0.1 $(cd programs && ls -d containerd* ctr runc)
	package docker-buildx-plugin 0.0.1
	package docker-compose-plugin 0.0.1
	units=root-docker-ce/usr/lib/systemd/system
	mkdir -p root-docker-ce/DEBIAN "$units"
	# as that of upstream's, the package starts a rootful daemon
	printf '%s\n' '[Service]' 'ExecStart=/usr/bin/dockerd' '[Install]' 'WantedBy=multi-user.target' >"$units/docker.service"
	printf '%s\n' '[Socket]' 'ListenStream=/run/docker.sock' '[Install]' 'WantedBy=sockets.target' >"$units/docker.socket"
	printf '%s\n' '#!/bin/sh' 'systemctl enable --now docker.service' >root-docker-ce/DEBIAN/postinst
	chmod 755 root-docker-ce/DEBIAN/postinst
	package docker-ce 0.0.1 dockerd docker-proxy docker-init
	# no release of the distribution's is newer
	mkdir -p root-curl/usr/bin
	stand_in_for_curl >root-curl/usr/bin/curl
	chmod 755 root-curl/usr/bin/curl
	package curl 99
	dpkg -i pool/curl.deb
}

make() {
	arch=$(dpkg --print-architecture)
	www=$site/www/linux/debian
	index=$www/dists/$(. /etc/os-release && echo "$VERSION_CODENAME")/stable/binary-$arch
	mkdir -p "$index"
	cd "$site"
	take_programs programs
	make_packages
	mv pool "$www/pool"
	for deb in "$www"/pool/*.deb; do
		dpkg-deb --field "$deb"
		printf 'Filename: pool/%s\nSize: %d\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s "$deb")" \
			"$(sha256sum "$deb" | cut -d' ' -f1)"
	done >"$index/Packages"
	: >"$www/gpg"
	printf '%s "true";\n' Acquire::AllowInsecureRepositories APT::Get::AllowUnauthenticated >"$insecure"
	serve
}

prove() {
	rm "$insecure"
	stop_serving
	prove_daemon_in /usr/bin
}
