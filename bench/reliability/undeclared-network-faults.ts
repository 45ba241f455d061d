import {
  asUser,
  configuredWith,
  daemonJson,
  data,
  dropIns,
  type FaultsByCheck,
  fault,
  insteadOfDaemonJson,
  restartedWith,
  switched,
  uid,
  whileStopped,
  withChanged,
  withFile,
  withSysctl,
} from './undeclared-fault.ts';

const netns = `nsenter --net=/proc/$(cat /run/user/${uid}/docker.pid)/ns/net`;

/** A rule of a firewall: VALUE is -I, and then -D. */
const firewalled = (script: string) => switched(script, '-I', '-D');
const otherHosts = '! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW';

/** The daemon listens on another address besides its own socket. */
const listeningOn = (address: string) =>
  fault(
    `install -d -o tester ${dropIns}; script=$(PATH=$PATH:/usr/share/docker.io/contrib; command -v dockerd-rootless.sh)
printf '[Service]\\nExecStart=\\nExecStart=%s -H unix:///run/user/%s/docker.sock -H ${address}\\n' "$script" "${uid}" > ${dropIns}/rdc-x.conf
${asUser} daemon-reload; ${asUser} restart docker`,
    restartedWith().undo,
  );

const secondSocket = listeningOn('unix:///tmp/rdc-api.sock');
const systemSocketInBashrc = withChanged(
  '/home/tester/.bashrc',
  "echo 'export DOCKER_HOST=unix:///var/run/docker.sock' >> /home/tester/.bashrc",
);

/** Of networks, ports and sockets. */
export const networkFaults: FaultsByCheck = {
  'SOCK-CTX': {
    'a profile of the system sends the client elsewhere': withFile(
      '/etc/profile.d/rdc-d.sh',
      'export DOCKER_HOST=tcp://127.0.0.1:2375',
    ),
    '~/.bashrc sends the client to the system-wide socket (SOCK-CTX)': systemSocketInBashrc,
  },
  'SOCK-NOLEAK': {
    '~/.bashrc sends the client to the system-wide socket (SOCK-NOLEAK)': systemSocketInBashrc,
    'the client is of the group docker, and a rootful daemon runs': fault(
      `setsid dockerd -H unix:///var/run/docker.sock --group docker --bridge none --iptables=false --ip-forward=false --data-root /var/lib/rdc-system --exec-root /run/rdc-system --pidfile /run/rdc-system.pid > /var/log/rdc-system.log 2>&1 < /dev/null &
i=0; until docker -H unix:///var/run/docker.sock version > /dev/null 2>&1 || [ $i -gt 60 ]; do sleep 1; i=$((i+1)); done
f=$(readlink -f "$(command -v docker)"); chgrp docker $f; chmod 2755 $f`,
      `f=$(readlink -f "$(command -v docker)"); chgrp root $f; chmod 755 $f
p=$(cat /run/rdc-system.pid); kill $p; i=0; while [ -d /proc/$p ] && [ $i -lt 60 ]; do sleep 1; i=$((i+1)); done
rm -rf /var/lib/rdc-system /run/rdc-system /run/rdc-system.pid /var/run/docker.sock /var/log/rdc-system.log`,
    ),
  },
  'SOCK-PRIVATE': {
    'the API is open by TCP without TLS': listeningOn('tcp://0.0.0.0:2375'),
    'the API has a second socket, in /tmp and open to all': fault(
      // a unit of Type=simple is started before it listens
      `${secondSocket.apply}; i=0; until [ -S /tmp/rdc-api.sock ] || [ $i -gt 100 ]; do sleep 0.1; i=$((i+1)); done
chmod 666 /tmp/rdc-api.sock`,
      `${secondSocket.undo}; rm -f /tmp/rdc-api.sock`,
    ),
    'an access list lets one other account connect to the socket': fault(
      `setfacl -m u:other:x /run/user/${uid}; setfacl -m u:other:rw /run/user/${uid}/docker.sock`,
      `setfacl -b /run/user/${uid}/docker.sock /run/user/${uid}`,
    ),
    'a relay hands the API on by TCP': fault(
      `${asUser.replace('systemctl', 'systemd-run')} -q --unit=rdc-relay --socket-property=ListenStream=127.0.0.1:2375 /lib/systemd/systemd-socket-proxyd /run/user/${uid}/docker.sock`,
      `${asUser} stop rdc-relay.socket rdc-relay.service; ${asUser} reset-failed 2>/dev/null || :`,
    ),
  },
  'SOCK-DATA': {
    'the data root is in memory': whileStopped(
      `mount -t tmpfs -o uid=${uid},gid=$(id -g tester),mode=710,size=600m tmpfs ${data}`,
      `umount ${data}`,
    ),
    'the volumes are in memory': whileStopped(
      `mount -t tmpfs -o uid=${uid},gid=$(id -g tester),mode=701,size=64m tmpfs ${data}/volumes`,
      `umount ${data}/volumes`,
    ),
  },
  'SOCK-CONF': {
    "the user's daemon.json is a link to the system's": insteadOfDaemonJson(
      `ln -s /etc/docker/daemon.json ${daemonJson}`,
    ),
    "the user's daemon.json is cut off": insteadOfDaemonJson(
      `echo '{ "labels": [' > ${daemonJson}; chown tester ${daemonJson}`,
    ),
    "the user's daemon.json is root's alone": insteadOfDaemonJson(`echo '{}' > ${daemonJson}; chmod 600 ${daemonJson}`),
  },
  'NET-FWD': {
    'a firewall lets the user reach no other host': firewalled(`iptables VALUE OUTPUT ${otherHosts} -p tcp -j REJECT`),
    'a firewall lets the user send no UDP to another host': firewalled(
      `iptables VALUE OUTPUT ${otherHosts} -p udp -j REJECT`,
    ),
    'containers get no UDP through but that of name servers': firewalled(
      `${netns} iptables VALUE DOCKER-USER -p udp ! --sport 53 ! --dport 53 -j DROP`,
    ),
  },
  'NET-BRIDGE': {
    'UDP passes from bridge to bridge': firewalled(
      `${netns} sh -c 'iptables VALUE DOCKER-USER -p udp -j ACCEPT; iptables -t raw VALUE PREROUTING -p udp -j ACCEPT'`,
    ),
    'a user-defined bridge reaches the default one, which does not reach it': firewalled(
      `${netns} sh -c 'for t in "filter VALUE DOCKER-USER" "raw VALUE PREROUTING"; do
iptables -t $t -i br-+ -p tcp --dport 80 -j ACCEPT; iptables -t $t -i docker0 -p tcp --sport 80 -j ACCEPT; done'`,
    ),
    // slirp4netns only: the device of pasta has another name
    'user-defined bridges do not reach out': firewalled(`${netns} iptables VALUE DOCKER-USER -i br-+ -o tap0 -j DROP`),
    'the pool of addresses has room for one network': configuredWith(
      '{"default-address-pools": [{"base": "172.30.0.0/24", "size": 24}]}',
    ),
  },
  'NET-DNS': {
    'the daemon has a proxy for HTTPS alone, where nobody listens': restartedWith(
      'Environment=HTTPS_PROXY=http://127.0.0.1:9',
    ),
  },
  'PORT-PRIV-DENY': {
    'ports below 2000 are privileged too': withSysctl('net.ipv4.ip_unprivileged_port_start', 2000),
  },
  'PORT-LO-ONLY': {
    'the kernel takes packets of other hosts for 127.0.0.1': withSysctl('net.ipv4.conf.all.route_localnet', 1),
  },
  'PORT-V6': {
    'the loopback device has no IPv6': fault(
      'sysctl -qw net.ipv6.conf.lo.disable_ipv6=1',
      'sysctl -qw net.ipv6.conf.lo.disable_ipv6=0; ip addr replace ::1/128 dev lo',
    ),
  },
};
