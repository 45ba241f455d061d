import {
  asFinding,
  breaks,
  checksIn,
  docker,
  expect,
  expectDocumented,
  issue,
  lifts,
  moby,
  mobyIssue,
  refusalIn,
  rootScript,
  startContainer,
} from '../../harness/checks/index.ts';
import { wrappedRuntime } from '../instruments/container/runtime-wrapper.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { unitDropIn } from '../instruments/daemon/unit-drop-in.ts';
import { hasSystemd, unreadDropIns, userUnit } from '../instruments/daemon/user-unit.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { notEnabled, notLingering } from './not-started.ts';
import { setupThroughSu } from './su-setup.ts';
import { limitsAround, processBounds } from './unit-limits.ts';

const check = checksIn(import.meta);
const starting = docker('engine/security/rootless/tips', 'daemon');
const linger = 'sudo loginctl enable-linger USER';
const setupTool = (section: string) => moby('v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', section);

const unlimited = [
  ...['LimitNOFILE', 'LimitNPROC', 'LimitCORE', 'LimitCORESoft'],
  ...['TasksMax', 'RuntimeMaxUSec', 'TimeoutStopUSec'],
  // a daemon with many containers takes its time
  'TimeoutStartUSec',
];

check('SVC-UNIT', {
  level: 'MUST',
  title: 'the user unit hands its cgroup on, is ready when the daemon is, stops in order, restarts and sets no limits',
  source: setupTool('install_systemd: the unit that it writes'),
  applies: hasSystemd,
  remedy:
    'rm ~/.config/systemd/user/docker.service; dockerd-rootless-setuptool.sh install; systemctl --user cat docker app.slice',
  readOnly: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const wanted = {
      Delegate: 'yes',
      KillMode: 'mixed',
      Restart: 'always',
      // first asked to stop, with as much time as containers take for it
      KillSignal: '15',
      SendSIGKILL: 'yes',
      // one process that runs out of memory, of a build say, is not the end of the daemon
      OOMPolicy: 'continue',
      ...Object.fromEntries(unlimited.map((name) => [name, 'infinity'])),
      // older units do not wait for the daemon
      ...(isEngineSince(host, '23.0') ? { Type: 'notify', NotifyAccess: 'all' } : {}),
    };
    expect(await userUnit(target, Object.keys(wanted)), 'settings of the user unit').toEqual(wanted);
    const more = [
      ...['DelegateControllers', 'RestartPreventExitStatus', 'WatchdogUSec', 'NeedDaemonReload'],
      'StartLimitBurst',
    ];
    const unit = await userUnit(target, ['Requires', 'ControlGroup', 'MainPID', ...more]);
    const { Requires = '', ControlGroup = '', MainPID = '0', RestartPreventExitStatus = '' } = unit;
    if (isEngineSince(host, '27.1')) expect(Requires.split(' '), 'Requires= of the user unit').toContain('dbus.socket');
    const handedOn = unit.DelegateControllers?.split(' ');
    expect(handedOn, 'controllers that it hands on').toEqual(expect.arrayContaining(['cpu', 'memory', 'pids']));
    expect(RestartPreventExitStatus, 'ends after which it is not restarted').toBe('');
    // as the setup tool writes it: a second crash would be the last
    expect(Number(unit.StartLimitBurst), 'starts in a row that systemd allows it').toBeGreaterThanOrEqual(3);
    // the daemon does not feed a watchdog. Debian 11 writes 0
    expect(unit.WatchdogUSec, 'watchdog of the user unit').toMatch(/^(0|infinity)$/);
    expect(unit.NeedDaemonReload, 'whether files of the unit changed since the user manager read them').toBe('no');
    expect(await unreadDropIns(target), 'drop-ins that it has not read').toEqual([]);
    // a unit that does not run has neither; SVC-ACTIVE reports that
    if (host.cgroup.version === 2 && ControlGroup !== '')
      expect(await limitsAround(target, host, ControlGroup), 'limits in its cgroups').toBe('');
    if (MainPID === '0') return;
    const { narrow, lackingProcessors, scheduling } = await processBounds(target, host, MainPID);
    expect(narrow, 'limits of its first process that others of the user or PID 1 do not have').toEqual([]);
    expect(scheduling.own, "scheduling of its first process, beside the user manager's").toEqual(scheduling.manager);
    expect(lackingProcessors, 'processors that PID 1 may use and it may not (a mask)').toBe(0n);
  },
  fault: breaks('settings of the user unit', 'a drop-in takes Delegate= away', unitDropIn('Delegate=no')),
});

check('SVC-ACTIVE', {
  level: 'MUST',
  title:
    'the user unit is enabled and active, holds the daemon, and (Docker 23 on) became active no sooner than the API socket was',
  source: starting,
  applies: hasSystemd,
  remedy: 'systemctl --user enable --now docker; systemctl --user status docker',
  readOnly: true,
  async verify({ target, host }) {
    const asked = ['ActiveState', 'UnitFileState', 'ActiveEnterTimestamp', 'WantedBy', 'ControlGroup'];
    const { ControlGroup = '', ...state } = await userUnit(target, asked);
    expect(`${state.ActiveState}, ${state.UnitFileState}`, 'state of the user unit').toBe('active, enabled');
    // a unit can be enabled for a target that never starts
    expect(state.WantedBy?.split(' '), 'targets that start it').toContain('default.target');
    const { pid } = await daemonProcess(target);
    const { stdout } = await target.root.shell(
      `cat /proc/${pid}/cgroup; date -d '${state.ActiveEnterTimestamp}' '+active %s'; stat -c 'socket %Y' '${host.socket}'`,
    );
    // the whole path, because the system's docker.service has the same name
    const [, cgroup] = /^(?:0:|\d+:name=systemd):(\/.*\/docker\.service)$/m.exec(stdout) ?? [];
    expect(cgroup, "the daemon's cgroup, beside the unit's").toBe(ControlGroup);
    // older units are active as soon as the daemon is started
    if (!isEngineSince(host, '23.0')) return;
    const second = (what: string) => Number(new RegExp(`^${what} (\\d+)$`, 'm').exec(stdout)?.[1]);
    expect(second('active') - second('socket'), 'seconds from the socket to the active unit').toBeGreaterThanOrEqual(0);
  },
  fault: breaks('state of the user unit', notEnabled),
});

check('SVC-LINGER', {
  level: 'MUST',
  title: 'the user lingers: systemd keeps its manager without a session, and for good',
  source: starting,
  applies: hasSystemd,
  remedy: `${linger}; systemctl cat user@UID.service shows a RuntimeMaxSec=`,
  readOnly: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const { name, uid } = host.user;
    const { stdout } = await target.root.shell(
      `systemctl show user@${uid}.service -p RuntimeMaxUSec; loginctl show-user '${name}' -p Linger; ls -d '/var/lib/systemd/linger/${name}'`,
    );
    const [limit, ...lingering] = stdout.split('\n');
    expect(lingering.join('\n'), `lingering of ${name}`).toBe(`Linger=yes\n/var/lib/systemd/linger/${name}\n`);
    // a lingering user whose manager ends gets no other until the next boot
    expect(limit, `time that user@${uid}.service is given`).toBe('RuntimeMaxUSec=infinity');
  },
  fault: breaks('lingering of *', notLingering),
});

/** What runc says where it cannot set the profile, as 29.5.0-rc.1 did. */
const execRefused = 'write /proc/thread-self/attr/apparmor/exec: no such file or directory';

check('SVC-EXEC', {
  level: 'MUST',
  title: 'docker exec works right after the start of a container, with the AppArmor profile of the container',
  source: mobyIssue(52_626, 'exec fails on AppArmor hosts in 29.5.0-rc.1'),
  applies: ({ host }) =>
    host.lsm.includes('apparmor') || `the host has no AppArmor (${host.lsm.join(', ') || 'no security module'})`,
  remedy: 'update Docker (29.5.0-rc.1 has the bug); journalctl --user -u docker tells what runc said',
  concurrent: true,
  async verify({ target }) {
    await using container = await startContainer(target);
    const { exitCode, stdout } = await container
      .exec(['cat', '/proc/self/attr/current', '/proc/1/attr/current'])
      .catch(async (error) => ({ exitCode: await refusalIn(error, target), stdout: '' }));
    expect(exitCode, 'exit code of the first exec').toBe(0);
    const [own, first] = stdout.trim().split('\n');
    expect(own, 'AppArmor profile of the first exec').toBe(first);
  },
  fault: breaks(
    'exit code of the first exec',
    'the runtime fails to exec, as runc does where it cannot set the profile',
    wrappedRuntime(
      (runc) => `#!/bin/sh
for word; do [ "$word" != exec ] || { echo "${execRefused}" >&2; exit 1; }; done
exec ${runc} "$@"`,
    ),
  ),
});

check('SVC-SU', {
  level: 'LIMITATION',
  title: 'through su the setup tool finds no systemd and takes ~/.docker/run for the runtime directory',
  source: issue('docker/docker-install', 326, 'systemd not detected after su'),
  applies: ({ host }) =>
    host.paths['dockerd-rootless-setuptool.sh'] || host.os.id === 'debian'
      ? hasSystemd({ host })
      : 'dockerd-rootless-setuptool.sh is not installed',
  remedy: 'log in as the user: ssh USER@localhost, or machinectl shell USER@; su and sudo give no session',
  needsDaemon: false,
  async verify({ target, host }) {
    const { managerThrough, said, madeRunDirectory } = await setupThroughSu(target, host);
    expectDocumented(managerThrough.length > 0 ? null : said, /systemd not detected/, 'the setup tool through su');
    asFinding('differs', () => expect(madeRunDirectory, 'differs: ~/.docker/run made through su').toBe(true));
  },
  fault: lifts(
    'the setup tool through su',
    'a profile script shows every login shell the way to the user manager',
    rootScript(
      () => `echo 'export XDG_RUNTIME_DIR=/run/user/$(id -u)' > /etc/profile.d/zz-rdc.sh`,
      () => 'rm -f /etc/profile.d/zz-rdc.sh',
    ),
  ),
});
