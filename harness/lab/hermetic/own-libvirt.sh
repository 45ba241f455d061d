# Sourced as root in network and mount namespaces of its own: libvirt's folders there are those of $keep.

for part in var etc cache log; do mkdir -p "$keep/$part"; done
mkdir -p /var/lib/libvirt /etc/libvirt /var/cache/libvirt /var/log/libvirt
ip link set lo up
mount -t tmpfs -o mode=755 rdc-run /run
mount --bind "$keep/var" /var/lib/libvirt
mount --bind "$keep/etc" /etc/libvirt
mount --bind "$keep/cache" /var/cache/libvirt
mount --bind "$keep/log" /var/log/libvirt
