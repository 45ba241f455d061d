import {
  asUser,
  data,
  dropIns,
  reloadedWith,
  restartedWith,
  type UndeclaredFault,
  uid,
  unit,
} from './undeclared-fault.ts';

const manager = `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service`;

/** Of the service, its unit and the user manager: SVC, ST. */
export const serviceFaults: readonly UndeclaredFault[] = [
  {
    name: 'the cgroup of the service has a limit of processes',
    red: ['SVC-UNIT'],
    needs: 'cgroup controllers',
    apply: `echo 300 > ${manager}/app.slice/docker.service/pids.max`,
    undo: `echo max > ${manager}/app.slice/docker.service/pids.max`,
  },
  {
    name: 'a slice above the service has a limit of memory',
    red: ['SVC-UNIT'],
    needs: 'cgroup controllers',
    apply: `${asUser} set-property --runtime app.slice MemoryMax=900M`,
    undo: `${asUser} set-property --runtime app.slice MemoryMax=infinity`,
  },
  {
    name: "the user's slice has a limit of memory",
    red: ['SVC-UNIT'],
    needs: 'cgroup controllers',
    apply: `systemctl set-property --runtime user-${uid}.slice MemoryMax=1G`,
    undo: `systemctl set-property --runtime user-${uid}.slice MemoryMax=infinity`,
  },
  {
    name: 'the service may not use swap',
    red: ['SVC-UNIT'],
    needs: 'cgroup controllers',
    apply: `${asUser} set-property --runtime docker.service MemorySwapMax=0`,
    undo: `${asUser} set-property --runtime docker.service MemorySwapMax=infinity`,
  },
  { name: 'files of the service may have 1 GiB', red: ['SVC-UNIT'], ...restartedWith('LimitFSIZE=1G') },
  {
    name: 'the unit is enabled for a target that no user manager starts',
    red: ['SVC-ACTIVE'],
    apply: `sed -i.kept 's/^WantedBy=.*/WantedBy=multi-user.target/' ${unit}; ${asUser} reenable docker`,
    undo: `mv ${unit}.kept ${unit}; rm -r ${unit.replace('/docker.service', '/multi-user.target.wants')}; ${asUser} reenable docker`,
  },
  {
    name: 'the daemon does not come back at its next start, and does at the one after it',
    red: ['SVC-RESTART'],
    apply: `install -d -o tester ${dropIns}; rm -f /run/user/${uid}/rdc-once
printf '%s\\n' '[Service]' Restart=no 'ExecStartPre=/bin/sh -c "[ -e %t/rdc-once ] || { touch %t/rdc-once; exit 1; }"' > ${dropIns}/rdc-x.conf
${asUser} daemon-reload`,
    undo: `rm -f /run/user/${uid}/rdc-once; ${restartedWith().undo}`,
  },
  {
    name: 'the daemon comes back at no start',
    red: ['SVC-RESTART'],
    apply: `install -d -o tester ${dropIns}
printf '%s\\n' '[Service]' Restart=no 'ExecStartPre=/bin/false' > ${dropIns}/rdc-x.conf
${asUser} daemon-reload`,
    undo: `${asUser} reset-failed docker; ${restartedWith().undo}`,
  },
  {
    name: 'a logout stops the daemon, by ~/.bash_logout',
    red: ['SVC-LOGOUT'],
    apply: `cd /home/tester; [ ! -e .bash_logout ] || cp -a .bash_logout .bash_logout.kept
echo 'systemctl --user stop docker' >> .bash_logout; chown tester .bash_logout`,
    undo: `cd /home/tester; rm .bash_logout; [ ! -e .bash_logout.kept ] || mv .bash_logout.kept .bash_logout; ${asUser} start docker`,
  },
  {
    name: 'files of the service may have 1 GiB, until it asks for more',
    red: ['SVC-UNIT'],
    ...restartedWith('LimitFSIZE=1G:infinity'),
  },
  {
    name: 'log-ins are given an hour of processor time for each process',
    red: ['SVC-UNIT'],
    apply: `echo 'tester hard cpu 60' > /etc/security/limits.d/zz-rdc.conf; systemctl restart user@${uid}.service`,
    undo: `rm /etc/security/limits.d/zz-rdc.conf; systemctl restart user@${uid}.service`,
  },
  {
    name: 'a watchdog that the daemon knows nothing of kills it every hour',
    red: ['SVC-UNIT'],
    ...restartedWith('WatchdogSec=1h'),
  },
  {
    name: 'a daemon that gives up is not started again, one that is killed is',
    red: ['SVC-UNIT'],
    ...reloadedWith('RestartPreventExitStatus=1'),
  },
  { name: 'containers are given a second to stop', red: ['SVC-UNIT'], ...reloadedWith('TimeoutStopSec=1') },
  {
    name: "the docs' list of controllers ends up in the wrong unit, and short",
    red: ['SVC-UNIT'],
    ...reloadedWith('Delegate=', 'Delegate=pids'),
  },
  {
    name: 'a drop-in for all users limits the service from the next boot on',
    red: ['SVC-UNIT'],
    apply:
      "mkdir -p /etc/systemd/user/docker.service.d; printf '[Service]\\nMemoryMax=200M\\n' > /etc/systemd/user/docker.service.d/rdc-x.conf",
    undo: 'rm -r /etc/systemd/user/docker.service.d',
  },
  { name: 'the service may use one processor', red: ['SVC-UNIT'], ...restartedWith('CPUAffinity=0') },
  {
    name: "the user's slice writes 1 MB/s at most",
    red: ['SVC-UNIT'],
    needs: 'cgroup controllers',
    apply: `systemctl set-property --runtime user-${uid}.slice 'IOWriteBandwidthMax=/ 1M'`,
    undo: `systemctl set-property --runtime user-${uid}.slice IOWriteBandwidthMax=`,
  },
  {
    name: 'everything of the user shares few cgroups',
    red: ['SVC-UNIT'],
    apply: `echo 40 > ${manager}/cgroup.max.descendants`,
    undo: `echo max > ${manager}/cgroup.max.descendants`,
  },
  {
    name: "the user's manager is given eight hours",
    red: ['SVC-LINGER'],
    apply: `d=/etc/systemd/system/user@${uid}.service.d; mkdir -p $d; printf '[Service]\\nRuntimeMaxSec=8h\\n' > $d/rdc-x.conf; systemctl daemon-reload`,
    undo: `rm -r /etc/systemd/system/user@${uid}.service.d; systemctl daemon-reload`,
  },
  {
    name: "the user's subordinate GIDs move by one before the daemon starts again",
    red: ['ST-PERSIST'],
    apply: `cp -a /etc/subgid /etc/subgid.kept; awk -F: -v OFS=: '$1 == "tester" {$2++} 1' /etc/subgid.kept > /etc/subgid`,
    undo: `mv /etc/subgid.kept /etc/subgid; ${asUser} restart docker`,
  },
  {
    name: 'from the next boot on the data root is in memory',
    red: ['SVC-BOOT'],
    apply: `echo "tmpfs ${data} tmpfs uid=${uid},gid=$(id -g tester),mode=710,size=600m 0 0 # rdc" >> /etc/fstab`,
    undo: `sed -i '/# rdc$/d' /etc/fstab; systemctl daemon-reload
${asUser} stop docker; while umount ${data} 2>/dev/null; do :; done; rm -rf ${data}/volumes/rdc-*; ${asUser} start docker`,
  },
];
