# A rootful Docker in use beside the user's, as on most developers' machines: it starts at boot and has a container with a
# published port. The user may not use it.

make() {
	mkdir -p /var/lib/rdc
	# steps.sh leaves it running
	: >/var/lib/rdc/rootful-stays
	cat >/usr/local/sbin/rdc-rootful-container <<-'END'
		#!/bin/sh
		# an image of one program, without a registry
		set -eu
		export DOCKER_HOST=unix:///var/run/docker.sock
		docker image inspect rdc-rootful >/dev/null 2>&1 ||
		  tar -ch $(ldd /usr/bin/sleep | grep -o '/[^ ]*') /usr/bin/sleep 2>/dev/null | docker import - rdc-rootful
		docker start rootful 2>/dev/null ||
		  docker run -d --name rootful --restart always -p 18080:80 rdc-rootful /usr/bin/sleep infinity
	END
	chmod 755 /usr/local/sbin/rdc-rootful-container
	cat >/etc/systemd/system/rdc-rootful-container.service <<-'END'
		[Unit]
		After=docker.service
		Requires=docker.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/usr/local/sbin/rdc-rootful-container
		[Install]
		WantedBy=multi-user.target
	END
	systemctl enable rdc-rootful-container.service
}

prove() {
	systemctl start rdc-rootful-container.service
	running=$(docker --host unix:///var/run/docker.sock ps --format '{{.Names}}')
	[ "$running" = rootful ] || fail "containers of the rootful daemon: '$running', expected 'rootful'"
	! runuser -u "$user" -- docker --host unix:///var/run/docker.sock ps >/dev/null 2>&1 || fail "$user may use the rootful daemon"
}
