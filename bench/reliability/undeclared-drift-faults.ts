import {
  asUser,
  configuredWith,
  daemonJson,
  dockerd,
  type FaultsByCheck,
  fault,
  insteadOfDaemonJson,
  reloadedWith,
  restartedWith,
  switched,
  uid,
  withChanged,
  withFile,
  withSysctl,
} from './undeclared-fault.ts';

const client = '/home/tester/.docker';
const inNetwork = `nsenter -t ${dockerd} -U -n -m --`;

/** A file of the user, which may not exist, in the place of the user's. */
const userFile = (path: string, text: string) =>
  fault(
    `f=${path}; [ ! -e $f ] || cp -a $f $f.kept; install -d -o tester $(dirname $f); cat > $f <<'END'\n${text}\nEND\nchown tester $f`,
    `f=${path}; rm -f $f; [ ! -e $f.kept ] || mv $f.kept $f`,
  );

const environment = (line: string) => {
  const { apply, undo } = userFile('/home/tester/.config/environment.d/rdc-x.conf', line);
  return fault(`${apply}\n${asUser} daemon-reload`, `${undo}; ${asUser} daemon-reload`);
};

const managerDropIn = (...lines: readonly string[]) => {
  const folder = `/etc/systemd/system/user@${uid}.service.d`;
  const restart = `systemctl daemon-reload; systemctl restart user@${uid}.service`;
  return fault(
    `mkdir -p ${folder}; printf '[Service]\\n${lines.join('\\n')}\\n' > ${folder}/rdc-x.conf; ${restart} || :`,
    `rm -r ${folder}; ${restart}; i=0; until [ -S /run/user/${uid}/docker.sock ] || [ $i -gt 200 ]; do sleep 0.1; i=$((i+1)); done`,
  );
};

export const driftFaults: FaultsByCheck = {
  'PRE-UNIT': {
    'TRY01 RestrictAddressFamilies in unit': reloadedWith('RestrictAddressFamilies=AF_UNIX AF_INET'),
    'TRY02 PrivateTmp in user manager': managerDropIn('PrivateTmp=yes'),
    'TRY03 MDWE in user manager': managerDropIn('MemoryDenyWriteExecute=yes'),
    'TRY04 the next start has a private mount': reloadedWith('PrivateTmp=yes'),
  },
  'SVC-UNIT': {
    'TRY05 Nice': restartedWith('Nice=19'),
    'TRY06 TimeoutStartSec': reloadedWith('TimeoutStartSec=1'),
    'TRY07 OOMPolicy': reloadedWith('OOMPolicy=kill'),
    'TRY08 LimitSTACK': restartedWith('LimitSTACK=1M'),
    'TRY09 idle': restartedWith('CPUSchedulingPolicy=idle'),
    'TRY09b UMask': restartedWith('UMask=0077'),
  },
  'SVC-NEXT': {
    'TRY10 BOM': insteadOfDaemonJson(`printf '\\357\\273\\277{}\\n' > ${daemonJson}`),
    'TRY11 a flag of the next start is in daemon.json too': fault(
      `${insteadOfDaemonJson(`echo '{"log-level": "info"}' > ${daemonJson}`).apply}
${reloadedWith('ExecStart=', 'ExecStart=/usr/share/docker.io/contrib/dockerd-rootless.sh --log-level=debug').apply}`,
      `${insteadOfDaemonJson('').undo}
${reloadedWith('').undo}`,
    ),
    'TRY12 XDG_DATA_HOME': environment('XDG_DATA_HOME=/home/tester/data'),
    'TRY13 unknown network driver': reloadedWith('Environment=DOCKERD_ROOTLESS_ROOTLESSKIT_NET=lxc-user-nic'),
  },
  'SOCK-CTX': {
    'TRY14 DOCKER_CONFIG in profile': withFile('/etc/profile.d/rdc-d.sh', 'export DOCKER_CONFIG=/etc/docker-cli'),
    'TRY15 DOCKER_TLS_VERIFY': withFile('/etc/profile.d/rdc-d.sh', 'export DOCKER_TLS_VERIFY=1'),
    'TRY16 DOCKER_API_VERSION': withFile('/etc/profile.d/rdc-d.sh', 'export DOCKER_API_VERSION=1.99'),
    'TRY17 credsStore': withChanged(
      `${client}/config.json`,
      `sed -i 's/^{/{"credsStore": "desktop",/' ${client}/config.json`,
    ),
  },
  'BUILD-RUN': {
    'TRY18 proxies of the client': withChanged(
      `${client}/config.json`,
      `sed -i 's#^{#{"proxies": {"default": {"httpProxy": "http://127.0.0.1:3128"}},#' ${client}/config.json`,
    ),
    'TRY19 DOCKER_BUILDKIT=1 in profile': withFile('/etc/profile.d/rdc-d.sh', 'export DOCKER_BUILDKIT=1'),
    'TRY20 DOCKER_DEFAULT_PLATFORM': withFile('/etc/profile.d/rdc-d.sh', 'export DOCKER_DEFAULT_PLATFORM=linux/arm64'),
  },
  'CG-NS': { 'TRY21 host cgroupns': configuredWith('{"default-cgroupns-mode": "host"}') },
  'ST-FILECAPS': { 'TRY22 no new privileges': configuredWith('{"no-new-privileges": true}') },
  'SEC-INIT': { 'TRY23 init by default': configuredWith('{"init": true}') },
  'NET-FWD': {
    'TRY24 ip_forward 0': switched(`${inNetwork} sysctl -qw net.ipv4.ip_forward=VALUE`, '0', '1'),
    'TRY25 shm': configuredWith('{"default-shm-size": "1M"}'),
  },
  'NET-POOL': { 'TRY26 bip is in the network driver network': configuredWith('{"bip": "10.0.2.129/25"}') },
  'LIM-INOTIFY': { 'TRY27 few watches': withSysctl('fs.inotify.max_user_watches', 500) },
  'PRE-NEWIDMAP': {
    'TRY28 the line of the user twice': withChanged('/etc/subuid', 'grep ^tester: /etc/subuid.kept >> /etc/subuid'),
    'TRY29 CRLF': withChanged('/etc/subuid', `sed -i 's/$/\\r/' /etc/subuid`),
  },
  'NET-DNS-OWN': {
    'TRY30 resolv.conf gone': fault(
      'cp /etc/resolv.conf /run/rdc-x; : > /etc/resolv.conf',
      'cat /run/rdc-x > /etc/resolv.conf',
    ),
  },
  'SVC-LOG': { 'TRY31 log level': configuredWith('{"log-level": "fatal"}') },
  'PORT-LOAD': {
    'TRY32 few ports': fault(
      'sysctl -qw net.ipv4.ip_local_port_range="40000 40100"',
      'sysctl -qw net.ipv4.ip_local_port_range="32768 60999"',
    ),
  },
  'NS-BINDOWN': {
    'TRY33 mounts later do not reach containers': restartedWith(
      'Environment=DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=--propagation=rprivate',
    ),
  },
  'SOCK-DATA': {
    'TRY34 noexec home': fault(
      'mount --bind /home/tester/.local/share/docker/volumes /home/tester/.local/share/docker/volumes; mount -o remount,bind,noexec /home/tester/.local/share/docker/volumes',
      'umount -l /home/tester/.local/share/docker/volumes',
    ),
  },
};
