import {
  asFinding,
  checksOf,
  code,
  docker,
  expect,
  expectDocumented,
  type HostFacts,
  inOrder,
  issue,
  known,
  refusalIn,
  rootScript,
  startFixture,
  type Target,
} from '../../harness/index.ts';
import { cgroupsAbove, limitsOf, userCgroup } from '../cgroups/container-cgroup.ts';
import { daemonJson } from '../daemon/control-daemon.ts';
import { daemonProcess } from '../daemon/daemon-process.ts';
import { isEngineSince } from '../daemon/engine-version.ts';
import { notEnabled, notLingering } from './not-started.ts';
import { setupThroughSu } from './su-setup.ts';
import { hasSystemd, unitDropIn, userUnit } from './user-unit.ts';

const check = checksOf('lifecycle');
const needs = ['SOCK-PATH'] as const;
const starting = docker('engine/security/rootless/tips', 'daemon');
const linger = 'sudo loginctl enable-linger USER';
const setupTool = (section: string) => code('moby/moby', 'v26.1.5', 'contrib/dockerd-rootless-setuptool.sh', section);

/** Limits of the unit's cgroup, of all above it, and of the slice that has the containers; the kernel's word. */
async function limitsAround(target: Target, host: HostFacts, controlGroup: string): Promise<string> {
  const own = [controlGroup, ...cgroupsAbove(controlGroup)];
  const { stdout } = await target.root.shell(`test -r /sys/fs/cgroup${controlGroup}/cgroup.procs && echo there`);
  expect(stdout.trim(), "the unit's cgroup, as the kernel shows it").toBe('there');
  const cgroups = [...new Set([...own, `${userCgroup(host)}/user.slice`])];
  // systemd gives each user's slice a share of the processes (TasksMax=33%): LIM-NPROC looks at that
  const counted = cgroups.filter((cgroup) => !/\/user-\d+\.slice$/.test(cgroup));
  const sizes = await limitsOf(target, cgroups, ['memory.max', 'memory.high', 'memory.swap.max', 'cpu.max']);
  return [sizes, await limitsOf(target, counted, ['pids.max'])].filter(Boolean).join('\n');
}

/** Hard limits of the unit's first process that are not those of the user manager: the unit's own. */
async function ownLimits(target: Target, host: HostFacts, mainPid: string): Promise<string[]> {
  const hard = "cut -c1-26,48-69 /proc/$p/limits | sed 's/  */ /g'";
  const { stdout } = await target.root.shell(
    `m=$(systemctl show -p MainPID --value user@${host.user.uid}.service); for p in "$m" ${mainPid}; do ${hard}; echo --; done`,
  );
  const [manager = '', own = ''] = stdout.split('--\n').map((part) => part.trimEnd());
  const expected = new Set(known(manager || null, "the user manager's limits").split('\n'));
  return known(own || null, "the limits of the unit's first process")
    .split('\n')
    .filter((line) => !expected.has(line));
}

check({
  id: 'SVC-UNIT',
  level: 'MUST',
  title: 'the user unit hands its cgroup on, is ready when the daemon is, stops in order, restarts and sets no limits',
  source: setupTool('install_systemd: the unit that it writes'),
  applies: hasSystemd,
  readOnly: true,
  remedy:
    'rm ~/.config/systemd/user/docker.service; dockerd-rootless-setuptool.sh install; systemctl --user cat docker app.slice',
  async verify({ target, host }) {
    const wanted = {
      Delegate: 'yes',
      KillMode: 'mixed',
      Restart: 'always',
      LimitNOFILE: 'infinity',
      LimitNPROC: 'infinity',
      LimitCORE: 'infinity',
      TasksMax: 'infinity',
      RuntimeMaxUSec: 'infinity',
      // an older unit does not wait for the daemon
      ...(isEngineSince(host, '23.0') ? { Type: 'notify', NotifyAccess: 'all' } : {}),
    };
    const asked = [...Object.keys(wanted), 'Requires', 'ControlGroup', 'MainPID'];
    const { Requires = '', ControlGroup = '', MainPID = '0', ...settings } = await userUnit(target, asked);
    expect(settings, 'settings of the user unit').toEqual(wanted);
    if (isEngineSince(host, '27.1')) expect(Requires.split(' '), 'Requires= of the user unit').toContain('dbus.socket');
    // a unit that does not run has no cgroup and no process: SVC-ACTIVE says so
    if (host.cgroup.version === 2 && ControlGroup !== '')
      expect(await limitsAround(target, host, ControlGroup), 'limits in its cgroups').toBe('');
    if (MainPID !== '0')
      expect(await ownLimits(target, host, MainPID), "hard limits that are not the user manager's").toEqual([]);
  },
  sabotage: {
    name: 'a drop-in takes Delegate= away',
    by: unitDropIn('Delegate=no'),
    fails: /settings of the user unit/,
  },
});

check({
  id: 'SVC-ACTIVE',
  level: 'MUST',
  title:
    'the user unit is enabled and active, holds the daemon, and (Docker 23 on) became active no sooner than the API socket was',
  source: starting,
  applies: hasSystemd,
  needs,
  readOnly: true,
  remedy: 'systemctl --user enable --now docker; systemctl --user status docker',
  async verify({ target, host }) {
    const state = await userUnit(target, ['ActiveState', 'UnitFileState', 'ActiveEnterTimestamp', 'WantedBy']);
    expect(`${state.ActiveState}, ${state.UnitFileState}`, 'state of the user unit').toBe('active, enabled');
    // it can be enabled for a target that no user manager ever starts
    expect(state.WantedBy?.split(' '), 'targets that start it').toContain('default.target');
    const { pid } = await daemonProcess(target);
    const { stdout } = await target.root.shell(
      `cat /proc/${pid}/cgroup; date -d '${state.ActiveEnterTimestamp}' '+active %s'; stat -c 'socket %Y' '${host.socket}'`,
    );
    expect(stdout, "the daemon's cgroup").toMatch(/^(0:|\d+:name=systemd):\/.*\/docker\.service$/m);
    // an older unit is active as soon as the daemon is started
    if (!isEngineSince(host, '23.0')) return;
    const second = (what: string) => Number(new RegExp(`^${what} (\\d+)$`, 'm').exec(stdout)?.[1]);
    expect(second('active') - second('socket'), 'seconds from the socket to the active unit').toBeGreaterThanOrEqual(0);
  },
  sabotage: { ...notEnabled, fails: /state of the user unit/ },
});

check({
  id: 'SVC-LINGER',
  level: 'MUST',
  title: 'the user lingers: systemd keeps its manager without a session',
  source: starting,
  applies: hasSystemd,
  readOnly: true,
  remedy: linger,
  async verify({ target, host }) {
    const { name } = host.user;
    const { stdout } = await target.root.shell(
      `loginctl show-user '${name}' -p Linger; ls -d '/var/lib/systemd/linger/${name}'`,
    );
    expect(stdout, `lingering of ${name}`).toBe(`Linger=yes\n/var/lib/systemd/linger/${name}\n`);
  },
  sabotage: { ...notLingering, fails: /lingering of/ },
});

/** What runc says where the kernel has no such file: the error of the release candidate that could not exec. */
const execRefused = 'write /proc/thread-self/attr/apparmor/exec: no such file or directory';
const runtimeFile = '/usr/local/bin/rdc-runtime';

check({
  id: 'SVC-EXEC',
  level: 'MUST',
  title: 'docker exec works right after the start of a container, with the AppArmor profile of the container',
  source: issue('moby/moby', 52_626, 'exec fails on AppArmor hosts in 29.5.0-rc.1'),
  applies: ({ host }) => host.lsm.includes('apparmor') || `the host has no AppArmor: ${host.lsm.join(', ')}`,
  needs,
  sideBySide: true,
  remedy: 'update Docker (29.5.0-rc.1 has the bug); journalctl --user -u docker tells what runc said',
  async verify({ target }) {
    await using container = await startFixture(target);
    const { exitCode, stdout } = await container
      .exec(['cat', '/proc/self/attr/current', '/proc/1/attr/current'])
      .catch(async (error) => ({ exitCode: await refusalIn(error, target), stdout: '' }));
    expect(exitCode, 'exit code of the first exec').toBe(0);
    const [own, first] = stdout.trim().split('\n');
    expect(own, 'AppArmor profile of the first exec').toBe(first);
  },
  sabotage: {
    name: 'the runtime fails to exec, as runc does where it cannot set the profile',
    by: inOrder(
      rootScript(
        () =>
          `printf '%s\\n' '#!/bin/sh' 'for word do [ "$word" != exec ] || { echo "${execRefused}" >&2; exit 1; }; done' 'exec runc "$@"' > ${runtimeFile}; chmod 755 ${runtimeFile}`,
        () => `rm -f ${runtimeFile}`,
      ),
      daemonJson({ 'default-runtime': 'rdc', runtimes: { rdc: { path: runtimeFile } } }),
    ),
    fails: /exit code of the first exec/,
  },
});

check({
  id: 'SVC-SU',
  level: 'LIMITATION',
  title: 'through su the setup tool finds no systemd and takes ~/.docker/run for the runtime directory',
  source: issue('docker/docker-install', 326, 'systemd not detected after su'),
  applies: ({ host }) =>
    host.paths['dockerd-rootless-setuptool.sh'] || host.os.id === 'debian'
      ? hasSystemd({ host })
      : 'dockerd-rootless-setuptool.sh is not installed',
  sideBySide: true,
  remedy: 'log in as the user: ssh USER@localhost, or machinectl shell USER@; su and sudo give no session',
  async verify({ target, host }) {
    const { managerThrough, said, madeRunDirectory } = await setupThroughSu(target, host);
    expectDocumented(managerThrough.length > 0 ? null : said, /systemd not detected/, 'the setup tool through su');
    asFinding('differs', () => expect(madeRunDirectory, 'differs: ~/.docker/run made through su').toBe(true));
  },
  sabotage: {
    name: 'a profile script shows every login shell the way to the user manager',
    by: rootScript(
      () => `echo 'export XDG_RUNTIME_DIR=/run/user/$(id -u)' > /etc/profile.d/zz-rdc.sh`,
      () => 'rm -f /etc/profile.d/zz-rdc.sh',
    ),
    fails: /^lifted: the setup tool through su/,
  },
});
