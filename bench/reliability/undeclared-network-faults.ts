import {
  asUser,
  configuredWith,
  daemonJson,
  daemonJsonAside,
  daemonJsonBack,
  data,
  dropIns,
  restartedWith,
  type UndeclaredFault,
  uid,
} from './undeclared-fault.ts';

const netns = `nsenter --net=/proc/$(cat /run/user/${uid}/docker.pid)/ns/net`;
/** The daemon listens on another address besides its own socket. */
const listeningOn = (address: string) => ({
  ...restartedWith(),
  apply: `install -d -o tester ${dropIns}; script=$(PATH=$PATH:/usr/share/docker.io/contrib; command -v dockerd-rootless.sh)
printf '[Service]\\nExecStart=\\nExecStart=%s -H unix:///run/user/%s/docker.sock -H ${address}\\n' "$script" "${uid}" > ${dropIns}/rdc-x.conf
${asUser} daemon-reload; ${asUser} restart docker`,
});

const secondSocket = listeningOn('unix:///tmp/rdc-api.sock');

/** Of networks, ports and sockets: NET, PORT, SOCK. */
export const networkFaults: readonly UndeclaredFault[] = [
  {
    name: 'a profile of the system sends the client elsewhere',
    red: ['SOCK-CTX'],
    apply: "echo 'export DOCKER_HOST=tcp://127.0.0.1:2375' > /etc/profile.d/rdc-d.sh",
    undo: 'rm /etc/profile.d/rdc-d.sh',
  },
  {
    name: 'the API is open by TCP without TLS',
    red: ['SOCK-PRIVATE'],
    ...listeningOn('tcp://0.0.0.0:2375'),
  },
  {
    name: 'the data root is in memory',
    red: ['SOCK-DATA'],
    apply: `${asUser} stop docker; mount -t tmpfs -o uid=${uid},gid=$(id -g tester),mode=710,size=600m tmpfs ${data}; ${asUser} start docker`,
    undo: `${asUser} stop docker; umount ${data}; ${asUser} start docker`,
  },
  {
    name: 'a firewall lets the user reach no other host',
    red: ['NET-FWD'],
    apply: 'iptables -I OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p tcp -j REJECT',
    undo: 'iptables -D OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p tcp -j REJECT',
  },
  {
    name: 'ports below 2000 are privileged too',
    red: ['PORT-PRIV-DENY'],
    apply: 'sysctl -qw net.ipv4.ip_unprivileged_port_start=2000',
    undo: 'sysctl -qw net.ipv4.ip_unprivileged_port_start=1024',
  },
  {
    name: 'a firewall lets the user send no UDP to another host',
    red: ['NET-FWD'],
    apply: 'iptables -I OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p udp -j REJECT',
    undo: 'iptables -D OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p udp -j REJECT',
  },
  {
    name: 'containers get no UDP through but that of name servers',
    red: ['NET-FWD'],
    apply: `${netns} iptables -I DOCKER-USER -p udp ! --sport 53 ! --dport 53 -j DROP`,
    undo: `${netns} iptables -D DOCKER-USER -p udp ! --sport 53 ! --dport 53 -j DROP`,
  },
  {
    name: 'UDP passes from bridge to bridge',
    red: ['NET-BRIDGE'],
    apply: `${netns} sh -c 'iptables -I DOCKER-USER -p udp -j ACCEPT; iptables -t raw -I PREROUTING -p udp -j ACCEPT'`,
    undo: `${netns} sh -c 'iptables -D DOCKER-USER -p udp -j ACCEPT; iptables -t raw -D PREROUTING -p udp -j ACCEPT'`,
  },
  {
    name: 'a user-defined bridge reaches the default one, which does not reach it',
    red: ['NET-BRIDGE'],
    apply: `${netns} sh -c 'for t in "filter -I DOCKER-USER" "raw -I PREROUTING"; do
iptables -t $t -i br-+ -p tcp --dport 80 -j ACCEPT; iptables -t $t -i docker0 -p tcp --sport 80 -j ACCEPT; done'`,
    undo: `${netns} sh -c 'for t in "filter -D DOCKER-USER" "raw -D PREROUTING"; do
iptables -t $t -i br-+ -p tcp --dport 80 -j ACCEPT; iptables -t $t -i docker0 -p tcp --sport 80 -j ACCEPT; done'`,
  },
  {
    // slirp4netns only: the device of pasta has another name
    name: 'user-defined bridges do not reach out',
    red: ['NET-BRIDGE'],
    apply: `${netns} iptables -I DOCKER-USER -i br-+ -o tap0 -j DROP`,
    undo: `${netns} iptables -D DOCKER-USER -i br-+ -o tap0 -j DROP`,
  },
  {
    name: 'the kernel takes packets of other hosts for 127.0.0.1',
    red: ['PORT-LO-ONLY'],
    apply: 'sysctl -qw net.ipv4.conf.all.route_localnet=1',
    undo: 'sysctl -qw net.ipv4.conf.all.route_localnet=0',
  },
  {
    name: 'the daemon has a proxy for HTTPS alone, where nobody listens',
    red: ['NET-DNS'],
    ...restartedWith('Environment=HTTPS_PROXY=http://127.0.0.1:9'),
  },
  {
    name: 'the loopback device has no IPv6',
    red: ['PORT-V6'],
    apply: 'sysctl -qw net.ipv6.conf.lo.disable_ipv6=1',
    undo: 'sysctl -qw net.ipv6.conf.lo.disable_ipv6=0; ip addr replace ::1/128 dev lo',
  },
  {
    name: 'the API has a second socket, in /tmp and open to all',
    red: ['SOCK-PRIVATE'],
    // a unit of Type=simple is started before it listens
    apply: `${secondSocket.apply}; i=0; until [ -S /tmp/rdc-api.sock ] || [ $i -gt 100 ]; do sleep 0.1; i=$((i+1)); done
chmod 666 /tmp/rdc-api.sock`,
    undo: `${secondSocket.undo}; rm -f /tmp/rdc-api.sock`,
  },
  {
    name: 'an access list lets one other account connect to the socket',
    red: ['SOCK-PRIVATE'],
    apply: `setfacl -m u:other:x /run/user/${uid}; setfacl -m u:other:rw /run/user/${uid}/docker.sock`,
    undo: `setfacl -b /run/user/${uid}/docker.sock /run/user/${uid}`,
  },
  ...['SOCK-NOLEAK', 'SOCK-CTX'].map((id) => ({
    name: `~/.bashrc sends the client to the system-wide socket (${id})`,
    red: [id],
    apply:
      "cd /home/tester; cp -a .bashrc .bashrc.kept; echo 'export DOCKER_HOST=unix:///var/run/docker.sock' >> .bashrc",
    undo: 'cd /home/tester; mv .bashrc.kept .bashrc',
  })),
  {
    name: "the user's daemon.json is a link to the system's",
    red: ['SOCK-CONF'],
    apply: `${daemonJsonAside}; ln -s /etc/docker/daemon.json ${daemonJson}`,
    undo: daemonJsonBack,
  },
  {
    name: "the user's daemon.json is cut off",
    red: ['SOCK-CONF'],
    apply: `${daemonJsonAside}; echo '{ "labels": [' > ${daemonJson}; chown tester ${daemonJson}`,
    undo: daemonJsonBack,
  },
  {
    name: 'the volumes are in memory',
    red: ['SOCK-DATA'],
    apply: `${asUser} stop docker; mount -t tmpfs -o uid=${uid},gid=$(id -g tester),mode=701,size=64m tmpfs ${data}/volumes; ${asUser} start docker`,
    undo: `${asUser} stop docker; umount ${data}/volumes; ${asUser} start docker`,
  },
  {
    name: 'a relay hands the API on by TCP',
    red: ['SOCK-PRIVATE'],
    apply: `${asUser.replace('systemctl', 'systemd-run')} -q --unit=rdc-relay --socket-property=ListenStream=127.0.0.1:2375 /lib/systemd/systemd-socket-proxyd /run/user/${uid}/docker.sock`,
    undo: `${asUser} stop rdc-relay.socket rdc-relay.service; ${asUser} reset-failed 2>/dev/null || :`,
  },
  {
    name: 'the client is of the group docker, and a rootful daemon runs',
    red: ['SOCK-NOLEAK'],
    apply: `setsid dockerd -H unix:///var/run/docker.sock --group docker --bridge none --iptables=false --ip-forward=false --data-root /var/lib/rdc-system --exec-root /run/rdc-system --pidfile /run/rdc-system.pid > /var/log/rdc-system.log 2>&1 < /dev/null &
i=0; until docker -H unix:///var/run/docker.sock version > /dev/null 2>&1 || [ $i -gt 60 ]; do sleep 1; i=$((i+1)); done
f=$(readlink -f "$(command -v docker)"); chgrp docker $f; chmod 2755 $f`,
    undo: `f=$(readlink -f "$(command -v docker)"); chgrp root $f; chmod 755 $f
p=$(cat /run/rdc-system.pid); kill $p; i=0; while [ -d /proc/$p ] && [ $i -lt 60 ]; do sleep 1; i=$((i+1)); done
rm -rf /var/lib/rdc-system /run/rdc-system /run/rdc-system.pid /var/run/docker.sock /var/log/rdc-system.log`,
  },
  {
    name: "the user's daemon.json is root's alone",
    red: ['SOCK-CONF'],
    apply: `${daemonJsonAside}; echo '{}' > ${daemonJson}; chmod 600 ${daemonJson}`,
    undo: daemonJsonBack,
  },
  {
    name: 'the pool of addresses has room for one network',
    red: ['NET-BRIDGE'],
    ...configuredWith('{"default-address-pools": [{"base": "172.30.0.0/24", "size": 24}]}'),
  },
];
