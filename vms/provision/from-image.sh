# What base.sh needs on a cloud image; rdc puts it in front of base.sh.
# cloud-init may still be at work.
if command -v cloud-init >/dev/null; then timeout 600 cloud-init status --wait || cloud-init status --long || true; fi

# A cloud image has no package index; one that reaches no mirror may have its own packages.
if command -v apt-get >/dev/null; then apt-get -q update || echo 'the package index could not be refreshed'; fi

if ! command -v useradd >/dev/null && command -v apk >/dev/null; then apk add shadow; fi
# Arch calls the group of the serial ports uucp.
getent group dialout >/dev/null || groupadd -r dialout
