import {
  asUser,
  configuredWith,
  dropIns,
  type FaultsByCheck,
  fault,
  reloadedWith,
  switched,
  uid,
  withFile,
} from './undeclared-fault.ts';

const rootlesskits = '$(pgrep -u tester -f "^(/proc/self/exe|rootlesskit) --state-dir")';
const lan = 'ip link add rdc-x type bridge; ip link set rdc-x up';
const pools = configuredWith('{"default-address-pools": [{"base": "10.77.64.0/18", "size": 24}]}');

const fewFiles = fault(
  `for p in ${rootlesskits}; do runuser -u tester -- prlimit --pid $p --nofile=700:; done`,
  `for p in ${rootlesskits}; do runuser -u tester -- prlimit --pid $p --nofile=$(awk '/^Max open files/ {print $5}' /proc/$p/limits):; done
${asUser} is-active docker; test -d /run/user/${uid}`,
);

/** Such as people report of their hosts: what a unit may not do, networks, name servers and files that containers lack. */
export const reportedFaults: FaultsByCheck = {
  'PRE-UNIT': {
    'the unit may make no namespaces': reloadedWith('RestrictNamespaces=yes'),
    'the unit has a /dev of its own': reloadedWith('PrivateDevices=yes'),
    'the unit may mount nothing, by a drop-in that nobody has read yet': fault(
      `install -d -o tester ${dropIns}; printf '[Service]\\nSystemCallFilter=~@mount\\n' > ${dropIns}/rdc-x.conf`,
      `rm ${dropIns}/rdc-x.conf; rmdir ${dropIns} 2>/dev/null; ${asUser} daemon-reload`,
    ),
  },
  'PRE-PROC': {
    "the user may look into nobody's processes": switched('mount -o remount,hidepid=VALUE /proc', '1', '0'),
  },
  'PRE-MODULES': {
    'a hardening guide forbids the module veth': withFile('/etc/modprobe.d/rdc-x.conf', 'install veth /usr/bin/true'),
  },
  'NET-POOL': {
    'a VPN routes one host of the range that the daemon takes its fourth network from': fault(
      `${lan}; ip route add 172.20.7.9/32 dev rdc-x table 100`,
      'ip link del rdc-x',
    ),
    'the pools of daemon.json are in a network that a VPN routes': fault(
      `${lan}; ip route add 10.77.0.0/16 dev rdc-x; ${pools.apply}`,
      `ip link del rdc-x; ${pools.undo}`,
    ),
  },
  'NET-DNS-OWN': {
    'the first name server is silent and the second answers': fault(
      `cp /etc/resolv.conf /run/rdc-x.conf; printf 'nameserver 198.51.100.77\\nnameserver 127.66.1.1\\n' > /etc/resolv.conf
probe=$(mktemp); cat > $probe <<'END'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.66.1.1", 53))
while True:
    q, peer = s.recvfrom(512); s.sendto(q[:2] + b"\\x81\\x83" + q[4:], peer)
END
setsid python3 $probe < /dev/null > /dev/null 2>&1 & echo $! > /run/rdc-x.pid`,
      'cat /run/rdc-x.conf > /etc/resolv.conf; kill $(cat /run/rdc-x.pid); rm /run/rdc-x.*',
    ),
  },
  'NS-ETC': {
    "a name in the host's /etc/hosts that came after the daemon's start": fault(
      "cp -p /etc/hosts /run/rdc-x.hosts; echo '192.0.2.7 registry.rdc.test' >> /etc/hosts",
      'cat /run/rdc-x.hosts > /etc/hosts; rm /run/rdc-x.hosts',
    ),
    "a folder of device descriptions that came after the daemon's start": fault(
      'mkdir /etc/cdi; echo \'{"cdiVersion": "0.6.0", "kind": "rdc.test/x", "devices": []}\' > /etc/cdi/rdc-x.json',
      'rm -r /etc/cdi',
    ),
  },
  'PORT-LOAD': { 'RootlessKit may open 700 files, and more connections come': fewFiles },
  'LIM-NOFILE': { 'RootlessKit may open 700 files': fewFiles },
};
