import {
  asUser,
  data,
  dropIns,
  type FaultsByCheck,
  fault,
  needing,
  reloadedWith,
  restartedWith,
  switched,
  uid,
  unit,
  withChanged,
  withLimit,
  withProperty,
} from './undeclared-fault.ts';

const userSlice = `user-${uid}.slice`;
const manager = `/sys/fs/cgroup/user.slice/${userSlice}/user@${uid}.service`;
const subgid = withChanged('/etc/subgid', `awk -F: -v OFS=: '$1 == "tester" {$2++} 1' /etc/subgid.kept > /etc/subgid`);

/** Settings of the unit in single quotes of the shell, each a line. */
const startingWith = (before: string, ...lines: readonly string[]) =>
  fault(
    `install -d -o tester ${dropIns}${before}
printf '%s\\n' '[Service]' ${lines.join(' ')} > ${dropIns}/rdc-x.conf
${asUser} daemon-reload`,
    restartedWith().undo,
  );

const failsOnce = startingWith(
  `; rm -f /run/user/${uid}/rdc-once`,
  'Restart=no',
  `'ExecStartPre=/bin/sh -c "[ -e %t/rdc-once ] || { touch %t/rdc-once; exit 1; }"'`,
);
const fails = startingWith('', 'Restart=no', "'ExecStartPre=/bin/false'");

/** Of the service, its unit and the user manager. */
export const serviceFaults: FaultsByCheck = {
  'SVC-UNIT': {
    'the cgroup of the service has a limit of processes': needing(
      'cgroup controllers',
      switched(`echo VALUE > ${manager}/app.slice/docker.service/pids.max`, '300', 'max'),
    ),
    'everything of the user shares few cgroups': switched(
      `echo VALUE > ${manager}/cgroup.max.descendants`,
      '40',
      'max',
    ),
    'a slice above the service has a limit of memory': needing(
      'cgroup controllers',
      withProperty(asUser, 'app.slice', 'MemoryMax=900M'),
    ),
    "the user's slice has a limit of memory": needing(
      'cgroup controllers',
      withProperty('systemctl', userSlice, 'MemoryMax=1G'),
    ),
    "the user's slice writes 1 MB/s at most": needing(
      'cgroup controllers',
      withProperty('systemctl', userSlice, "IOWriteBandwidthMax='/ 1M'", ''),
    ),
    'the service may not use swap': needing(
      'cgroup controllers',
      withProperty(asUser, 'docker.service', 'MemorySwapMax=0'),
    ),
    'files of the service may have 1 GiB': restartedWith('LimitFSIZE=1G'),
    'files of the service may have 1 GiB, until it asks for more': restartedWith('LimitFSIZE=1G:infinity'),
    'log-ins are given an hour of processor time for each process': withLimit('tester hard cpu 60'),
    'a watchdog that the daemon knows nothing of kills it every hour': restartedWith('WatchdogSec=1h'),
    'a daemon that gives up is not started again, one that is killed is': reloadedWith('RestartPreventExitStatus=1'),
    'containers are given a second to stop': reloadedWith('TimeoutStopSec=1'),
    "the docs' list of controllers ends up in the wrong unit, and short": reloadedWith('Delegate=', 'Delegate=pids'),
    'a drop-in for all users limits the service from the next boot on': fault(
      "mkdir -p /etc/systemd/user/docker.service.d; printf '[Service]\\nMemoryMax=200M\\n' > /etc/systemd/user/docker.service.d/rdc-x.conf",
      'rm -r /etc/systemd/user/docker.service.d',
    ),
    'the service may use one processor': restartedWith('CPUAffinity=0'),
  },
  'SVC-ACTIVE': {
    'the unit is enabled for a target that no user manager starts': fault(
      `sed -i.kept 's/^WantedBy=.*/WantedBy=multi-user.target/' ${unit}; ${asUser} reenable docker`,
      `mv ${unit}.kept ${unit}; rm -r ${unit.replace('/docker.service', '/multi-user.target.wants')}; ${asUser} reenable docker`,
    ),
  },
  'SVC-RESTART': {
    'the daemon does not come back at its next start, and does at the one after it': {
      ...failsOnce,
      undo: `rm -f /run/user/${uid}/rdc-once; ${failsOnce.undo}`,
    },
    'the daemon comes back at no start': { ...fails, undo: `${asUser} reset-failed docker; ${fails.undo}` },
  },
  'SVC-LOGOUT': {
    'a logout stops the daemon, by ~/.bash_logout': fault(
      `cd /home/tester; [ ! -e .bash_logout ] || cp -a .bash_logout .bash_logout.kept
echo 'systemctl --user stop docker' >> .bash_logout; chown tester .bash_logout`,
      `cd /home/tester; rm .bash_logout; [ ! -e .bash_logout.kept ] || mv .bash_logout.kept .bash_logout; ${asUser} start docker`,
    ),
  },
  'SVC-LINGER': {
    "the user's manager is given eight hours": fault(
      `d=/etc/systemd/system/user@${uid}.service.d; mkdir -p $d; printf '[Service]\\nRuntimeMaxSec=8h\\n' > $d/rdc-x.conf; systemctl daemon-reload`,
      `rm -r /etc/systemd/system/user@${uid}.service.d; systemctl daemon-reload`,
    ),
  },
  'ST-PERSIST': {
    "the user's subordinate GIDs move by one before the daemon starts again": {
      ...subgid,
      undo: `${subgid.undo}; ${asUser} restart docker`,
    },
  },
  'SVC-BOOT': {
    'from the next boot on the data root is in memory': fault(
      `echo "tmpfs ${data} tmpfs uid=${uid},gid=$(id -g tester),mode=710,size=600m 0 0 # rdc" >> /etc/fstab`,
      `sed -i '/# rdc$/d' /etc/fstab; systemctl daemon-reload
${asUser} stop docker; while umount ${data} 2>/dev/null; do :; done; rm -rf ${data}/volumes/rdc-*; ${asUser} start docker
# the check's container was made on the disk, where the check could not remove it
d="docker -H unix:///run/user/${uid}/docker.sock"; i=0; until $d version > /dev/null 2>&1 || [ $i -gt 60 ]; do sleep 1; i=$((i+1)); done
for c in $($d ps -aq); do $d rm -f $c; done`,
    ),
  },
};
