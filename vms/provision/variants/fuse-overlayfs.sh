# The user's daemon.json asks for fuse-overlayfs, although the kernel has overlay.

make() { echo '{"storage-driver": "fuse-overlayfs"}' | user_file .config/docker/daemon.json; }

# By the daemon's word; what the kernel says of it is for the checks.
prove() {
	driver=$(user_docker info --format '{{.Driver}}')
	[ "$driver" = fuse-overlayfs ] || fail "the storage driver is '$driver', not fuse-overlayfs"
}
