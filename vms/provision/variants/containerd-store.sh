# The image store of containerd, which new installations have by default from Docker 29 on.

make() { echo '{"features": {"containerd-snapshotter": true}}' | user_file .config/docker/daemon.json; }

prove() {
	status=$(user_docker info --format '{{.DriverStatus}}')
	case $status in
	*io.containerd.snapshotter*) ;;
	*) fail "the daemon does not use a snapshotter of containerd: $status" ;;
	esac
}
