# What a cloud image lacks before base.sh can run on it; rdc puts it in front of base.sh.
# A cloud image brings no package index and its cloud-init may still be at work.
if command -v cloud-init >/dev/null; then timeout 600 cloud-init status --wait || cloud-init status --long || true; fi

# Without a way to the mirror the index of the image has to do.
if command -v apt-get >/dev/null; then apt-get -q update || echo 'the package index could not be refreshed'; fi

if ! command -v useradd >/dev/null && command -v apk >/dev/null; then apk add shadow; fi
# Arch calls the group of the serial ports uucp.
getent group dialout >/dev/null || groupadd -r dialout
