import { asUser, configuredWith, dropIns, reloadedWith, type UndeclaredFault, uid } from './undeclared-fault.ts';

const rootlesskits = '$(pgrep -u tester -f "^(/proc/self/exe|rootlesskit) --state-dir")';
const lan = 'ip link add rdc-x type bridge; ip link set rdc-x up';

/** Such as people report of their hosts: what a unit may not do, networks, name servers and files that containers lack. */
export const reportedFaults: readonly UndeclaredFault[] = [
  { name: 'the unit may make no namespaces', red: ['PRE-UNIT'], ...reloadedWith('RestrictNamespaces=yes') },
  { name: 'the unit has a /dev of its own', red: ['PRE-UNIT'], ...reloadedWith('PrivateDevices=yes') },
  {
    name: 'the unit may mount nothing, by a drop-in that nobody has read yet',
    red: ['PRE-UNIT'],
    apply: `install -d -o tester ${dropIns}; printf '[Service]\\nSystemCallFilter=~@mount\\n' > ${dropIns}/rdc-x.conf`,
    undo: `rm ${dropIns}/rdc-x.conf; rmdir ${dropIns} 2>/dev/null; ${asUser} daemon-reload`,
  },
  {
    name: "the user may look into nobody's processes",
    red: ['PRE-PROC'],
    apply: 'mount -o remount,hidepid=1 /proc',
    undo: 'mount -o remount,hidepid=0 /proc',
  },
  {
    name: 'a hardening guide forbids the module veth',
    red: ['PRE-MODULES'],
    apply: "echo 'install veth /usr/bin/true' > /etc/modprobe.d/rdc-x.conf",
    undo: 'rm /etc/modprobe.d/rdc-x.conf',
  },
  {
    name: 'a VPN routes one host of the range that the daemon takes its fourth network from',
    red: ['NET-POOL'],
    apply: `${lan}; ip route add 172.20.7.9/32 dev rdc-x table 100`,
    undo: 'ip link del rdc-x',
  },
  {
    name: 'the pools of daemon.json are in a network that a VPN routes',
    red: ['NET-POOL'],
    apply: `${lan}; ip route add 10.77.0.0/16 dev rdc-x; ${configuredWith('{"default-address-pools": [{"base": "10.77.64.0/18", "size": 24}]}').apply}`,
    undo: `ip link del rdc-x; ${configuredWith('').undo}`,
  },
  {
    name: 'the first name server is silent and the second answers',
    red: ['NET-DNS-OWN'],
    apply: `cp /etc/resolv.conf /run/rdc-x.conf; printf 'nameserver 198.51.100.77\\nnameserver 127.66.1.1\\n' > /etc/resolv.conf
probe=$(mktemp); cat > $probe <<'END'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.66.1.1", 53))
while True:
    q, peer = s.recvfrom(512); s.sendto(q[:2] + b"\\x81\\x83" + q[4:], peer)
END
setsid python3 $probe < /dev/null > /dev/null 2>&1 & echo $! > /run/rdc-x.pid`,
    undo: 'cat /run/rdc-x.conf > /etc/resolv.conf; kill $(cat /run/rdc-x.pid); rm /run/rdc-x.*',
  },
  {
    name: "a name in the host's /etc/hosts that came after the daemon's start",
    red: ['NS-ETC'],
    apply: "cp -p /etc/hosts /run/rdc-x.hosts; echo '192.0.2.7 registry.rdc.test' >> /etc/hosts",
    undo: 'cat /run/rdc-x.hosts > /etc/hosts; rm /run/rdc-x.hosts',
  },
  {
    name: "a folder of device descriptions that came after the daemon's start",
    red: ['NS-ETC'],
    apply:
      'mkdir /etc/cdi; echo \'{"cdiVersion": "0.6.0", "kind": "rdc.test/x", "devices": []}\' > /etc/cdi/rdc-x.json',
    undo: 'rm -r /etc/cdi',
  },
  {
    name: 'RootlessKit may open 700 files',
    red: ['PORT-LOAD', 'LIM-NOFILE'],
    apply: `for p in ${rootlesskits}; do runuser -u tester -- prlimit --pid $p --nofile=700:; done`,
    undo: `for p in ${rootlesskits}; do runuser -u tester -- prlimit --pid $p --nofile=$(awk '/^Max open files/ {print $5}' /proc/$p/limits):; done
${asUser} is-active docker; test -d /run/user/${uid}`,
  },
];
