import {
  asUser,
  configuredWith,
  data,
  dockerd,
  type FaultsByCheck,
  fault,
  reloadedWith,
  switched,
  uid,
  withChanged,
} from './undeclared-fault.ts';

const client = '/home/tester/.docker';
const inNetwork = `nsenter -t ${dockerd} -U -n -m --`;
const path = (program: string) => `$(readlink -f "$(PATH=$PATH:/usr/libexec/docker; command -v ${program})")`;

/** A file of the client, which may not exist, in the place of the user's. */
const clientFile = (name: string, script: string) =>
  fault(
    `f=${client}/${name}; [ ! -e $f ] || mv $f $f.kept; install -d -o tester $(dirname $f); ${script}`,
    `f=${client}/${name}; rm -f $f; [ ! -e $f.kept ] || mv $f.kept $f`,
  );

const managerDropIn = (...lines: readonly string[]) => {
  const folder = `/etc/systemd/system/user@${uid}.service.d`;
  const restart = `systemctl daemon-reload; systemctl restart user@${uid}.service`;
  return fault(
    `mkdir -p ${folder}; printf '[Service]\\n${lines.join('\\n')}\\n' > ${folder}/rdc-x.conf; ${restart} || :`,
    `rm -r ${folder}; ${restart}; i=0; until [ -S /run/user/${uid}/docker.sock ] || [ $i -gt 200 ]; do sleep 0.1; i=$((i+1)); done`,
  );
};

/** Settings of the daemon, its unit and its client as people have them. */
export const settingsFaults: FaultsByCheck = {
  // docker/for-linux#1205: a unit made by hand has the PATH of a user
  'PRE-IPT-BIN': {
    'the PATH of the next start has no /usr/sbin': reloadedWith('Environment=PATH=/usr/local/bin:/usr/bin:/bin'),
  },
  'PRE-UNIT': {
    'a hardened user manager takes what newuidmap needs from all its units': managerDropIn('NoNewPrivileges=yes'),
    'the unit may not write to the home from its next start on': reloadedWith('ProtectHome=read-only'),
  },
  // CIS benchmarks want such files closed; RootlessKit reads them as the user
  'PRE-SUBID': {
    'only root may read /etc/subuid': switched('chmod VALUE /etc/subuid', '600', '644'),
  },
  // docker/docs#5326, docker/buildx#1426: sudo leaves files of root behind
  'SOCK-CTX': {
    "the client's config.json is root's alone": switched(
      `chown VALUE ${client}/config.json; chmod 600 ${client}/config.json`,
      'root',
      'tester',
    ),
  },
  // docker/compose#8921: what was downloaded is for another architecture, or a page that says "Not Found"
  'COMPOSE-UP': {
    "the user's own compose plugin is no program": clientFile(
      'cli-plugins/docker-compose',
      'echo "Not Found" > $f; chmod 755 $f',
    ),
  },
  'SVC-CRASH': { 'systemd waits a minute before it starts the daemon again': reloadedWith('RestartSec=1min') },
  'SVC-UNIT': {
    'systemd starts the service once an hour': reloadedWith('[Unit]', 'StartLimitIntervalSec=1h', 'StartLimitBurst=1'),
  },
  // moby/moby#34660: containers live on without their network
  'SVC-STOP': { 'containers outlive the daemon (live-restore)': configuredWith('{"live-restore": true}') },
  // the usual advice for ufw
  'NET-FWD': {
    'the daemon writes no firewall rules': configuredWith('{"iptables": false}'),
    'containers keep their own addresses on their way out': configuredWith('{"ip-masq": false}'),
  },
  // docker/for-linux#924: the bridge has lost its address
  'NET-CIP-NS': {
    'docker0 has no address': fault(`${inNetwork} ip -4 addr flush dev docker0`, `${asUser} restart docker`),
  },
  // an image that asks for it in its README
  'SEC-SECCOMP': {
    'no container has a seccomp profile': configuredWith('{"seccomp-profile": "unconfined"}'),
  },
  // podman#13240: nobody looks at the file until the next boot
  'SVC-LINGER': {
    'the file that keeps the user lingering is gone': fault(
      'mv /var/lib/systemd/linger/tester /run/rdc-linger',
      'mv /run/rdc-linger /var/lib/systemd/linger/tester',
    ),
  },
  // rootless-containers/rootlesskit#304, moby/moby#43576: more IDs, which a restart would bring
  'NS-UIDMAP': {
    'the user was given more subordinate UIDs, and the daemon runs on': withChanged(
      '/etc/subuid',
      'echo tester:1700000000:65536 >> /etc/subuid',
    ),
  },
  'PRE-XDG': {
    'the runtime directory has no inodes left': fault(
      `d=/run/user/${uid}; mount -o remount,nr_inodes=$(df --output=iused $d | tail -n 1 | tr -d ' ') $d`,
      `d=/run/user/${uid}; mount -o remount,nr_inodes=200k $d`,
    ),
  },
  'PORT-LO-ONLY': { 'ports are published on 127.0.0.1 by default': configuredWith('{"ip": "127.0.0.1"}') },
  'NET-DNS-OWN': {
    'containers are told of a name server that nobody reaches': configuredWith('{"dns": ["198.51.100.77"]}'),
  },
  'NET-MTU': { 'networks have the MTU of a tunnel': configuredWith('{"mtu": 1280}') },
  // moby/moby#49519: a program that the running daemon starts is not there after an update
  'PORT-LISTENER': {
    'docker-proxy is gone': fault(
      `f=${path('docker-proxy')}; mv $f $f.kept`,
      `f=${path('docker-proxy.kept')}; mv $f \${f%.kept}`,
    ),
  },
  'PORT-IP-BIND': {
    'a firewall drops what other hosts open': switched(
      'iptables VALUE INPUT ! -i lo -p tcp --dport 1024: -m conntrack --ctstate NEW -j DROP',
      '-I',
      '-D',
    ),
  },
  'SVC-STALE': {
    // MagnaCapax/PMSS#771: the old containerd and a new shim do not understand each other
    'an update replaces the shim, which does not run yet': fault(
      `f=${path('containerd-shim-runc-v2')}; cp -a $f $f.new; mv $f $f.kept; mv $f.new $f`,
      // on an overlay a file that is moved is a new one
      `f=${path('containerd-shim-runc-v2')}; mv $f.kept $f; ${asUser} restart docker`,
    ),
    // moby/moby#49519: an old program elsewhere on PATH
    'another containerd comes first on the PATH': fault(
      `install -m 755 ${path('containerd')} /usr/local/bin/containerd`,
      'rm /usr/local/bin/containerd',
    ),
  },
  // docker/for-linux#791: short links of layers, lost with the power
  'NS-ONE-USERNS': {
    'short links to the layers are lost': fault(
      `mv ${data}/overlay2/l ${data}/overlay2/l.kept`,
      `mv ${data}/overlay2/l.kept ${data}/overlay2/l`,
    ),
  },
};
