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

const bridgeAt = (address: string) => configuredWith(`{"bip": "${address}"}`);
// the default bridge keeps the address that it had last
const inDriverNetwork = fault(
  bridgeAt('10.0.2.129/25').apply,
  `echo '{"bip": "172.17.0.1/16"}' > ${daemonJson}\n${asUser} restart docker\n${bridgeAt('').undo}`,
);

const ownLogLevel = insteadOfDaemonJson(`echo '{"log-level": "info"}' > ${daemonJson}`);
const flagged = reloadedWith(
  'ExecStart=',
  'ExecStart=/usr/share/docker.io/contrib/dockerd-rootless.sh --log-level=debug',
);

/** In the client's config.json, before what it has. */
const inConfigJson = (setting: string) =>
  withChanged(`${client}/config.json`, `sed -i '0,/{/s#{#{${setting},#' ${client}/config.json`);

/** What the next start, the next login and the next build get, which nothing that runs shows yet. */
export const driftFaults: FaultsByCheck = {
  'PRE-UNIT': {
    // podman#24012
    'the unit may have no sockets of netlink': reloadedWith('RestrictAddressFamilies=AF_UNIX AF_INET'),
    // a bind mount of /tmp is empty in containers
    'the user manager has a /tmp of its own': managerDropIn('PrivateTmp=yes'),
    'the next start of the unit has a /tmp of its own': reloadedWith('PrivateTmp=yes'),
  },
  'SVC-UNIT': {
    'everything in containers runs with nice 19': restartedWith('Nice=19'),
    'everything in containers runs when nobody else does': restartedWith('CPUSchedulingPolicy=idle'),
    'systemd gives the start of the daemon half a minute': reloadedWith('TimeoutStartSec=30'),
    'one process out of memory ends the whole service': reloadedWith('OOMPolicy=kill'),
    'stacks of everything in containers have 1 MiB': restartedWith('LimitSTACK=1M'),
  },
  'SVC-NEXT': {
    // "the following directives are specified both as a flag and in the configuration file"
    'a flag that the unit has from now on is in daemon.json too': fault(
      `${ownLogLevel.apply}\n${flagged.apply}`,
      `${ownLogLevel.undo}\n${flagged.undo}`,
    ),
  },
  'SVC-NEXT-ENV': {
    // moby/moby#14551: no image and no container after a restart, and all of them on disk
    "a file of the session's variables moves the data root": environment('XDG_DATA_HOME=/home/tester/data'),
    'a file of the variables of sessions moves daemon.json': environment('XDG_CONFIG_HOME=/home/tester/settings'),
    // docker/docker-install#150, moby/moby#43630: in the daemon's namespace nobody listens there
    "all units are given a proxy of the host's loopback": environment('HTTPS_PROXY=http://127.0.0.1:3128'),
    'another network driver is asked for from the next start on': reloadedWith(
      'Environment=DOCKERD_ROOTLESS_ROOTLESSKIT_NET=lxc-user-nic',
    ),
  },
  'SOCK-CTX': {
    'a profile of the system has settings of its own for clients': withFile(
      '/etc/profile.d/rdc-d.sh',
      'export DOCKER_CONFIG=/etc/docker-cli',
    ),
    'a profile asks for an API that the daemon does not have': withFile(
      '/etc/profile.d/rdc-d.sh',
      'export DOCKER_API_VERSION=1.99',
    ),
  },
  // docker/docker-credential-helpers#149, rancher-desktop#1124
  'SOCK-CREDS': {
    'one registry has a helper that is not there': inConfigJson('"credHelpers": {"registry.rdc.test": "desktop"}'),
  },
  'BUILD-LOGIN': {
    // docker/for-linux#1451, docker/for-mac#7356
    'what buildx keeps of builds belongs to root': switched(
      `mkdir -p ${client}/buildx/activity; chown -R VALUE ${client}/buildx; chmod -R go-rwx ${client}/buildx`,
      'root',
      'tester',
    ),
    'a profile asks for images of another platform': withFile(
      '/etc/profile.d/rdc-d.sh',
      'export DOCKER_DEFAULT_PLATFORM=linux/arm64',
    ),
    // docker/docker-install#150
    "config.json hands on a proxy for HTTPS on the host's loopback": inConfigJson(
      '"proxies": {"default": {"httpsProxy": "http://localhost:3128"}}',
    ),
    // docker/buildx#1364, spire#5140: another builder, whose image cannot be pulled
    'builds go to a builder elsewhere': withFile('/etc/profile.d/rdc-d.sh', 'export BUILDX_BUILDER=rdc-elsewhere'),
  },
  'SEC-DEFAULTS': {
    'no program of a container may gain privileges': configuredWith('{"no-new-privileges": true}'),
    'containers have 1 MiB of shared memory': configuredWith('{"default-shm-size": "1M"}'),
  },
  'ST-LOCKED': {
    'what is mounted later does not reach containers': restartedWith(
      'Environment=DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=--propagation=rprivate',
    ),
  },
  // moby/moby#47611
  'NET-FWD': {
    "the daemon's network forwards nothing": switched(`${inNetwork} sysctl -qw net.ipv4.ip_forward=VALUE`, '0', '1'),
  },
  'NET-POOL': {
    "the default bridge is in the network driver's network": inDriverNetwork,
  },
  // coder/code-server#628, ToolJet#198
  'LIM-INOTIFY': { 'the user may watch 500 files': withSysctl('fs.inotify.max_user_watches', 500) },
  'PRE-NEWIDMAP': {
    '/etc/subuid was written on Windows': withChanged('/etc/subuid', "sed -i 's/$/\\r/' /etc/subuid"),
  },
  'NET-DNS-OWN': {
    "the host's resolv.conf is empty": fault(
      'cp /etc/resolv.conf /run/rdc-x.conf; : > /etc/resolv.conf',
      'cat /run/rdc-x.conf > /etc/resolv.conf; rm /run/rdc-x.conf',
    ),
  },
};
