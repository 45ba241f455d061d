import {
  breaks,
  checksIn,
  chmod,
  code,
  docker,
  expect,
  filtered,
  hiddenBy,
  type Inject,
  inOrder,
  issue,
  known,
  man,
  mobyIssue,
  mustRun,
  quoteWord,
  rootlesskitIssue,
  setAside,
  sysctl,
} from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { awaitDaemon } from '../instruments/daemon/restart.ts';
import { runningUnits, startAgain } from '../instruments/daemon/running-units.ts';
import { underRootlessKit } from '../instruments/daemon/search-path.ts';
import { isSince } from '../instruments/daemon/versions.ts';
import { hasUnifiedCgroups, userCgroup } from '../instruments/kernel/container-cgroup.ts';
import { rootlessMap, totalOf } from '../instruments/kernel/id-map.ts';
import { rootMay } from '../instruments/kernel/root-rights.ts';
import { subordinateIds } from '../instruments/kernel/subordinate-ids.ts';
import { sysctlValue } from '../instruments/kernel/sysctl-value.ts';
import { mapWithoutDocker, namespacesWithoutDocker } from '../instruments/without-docker/user-namespace.ts';
import { conflictsOf, idOwners } from './id-conflicts.ts';
import { freshUserNamespace, idHelper, parseMaps, printMaps } from './id-helpers.ts';
import { mountedIds, underMounts } from './private-mounts.ts';
import { userBus } from './user-bus.ts';

const check = checksIn(import.meta);

const asksNoDaemon = 'the check asks no daemon';

const wantedIds = 65_536;

const unprivilegedHelper = chmod('u-s', (host) => host.paths.newuidmap ?? '/usr/bin/newuidmap');

check('PRE-NEWIDMAP', {
  level: 'MUST',
  title: 'newuidmap and newgidmap are installed, privileged, and write a map of subordinate IDs',
  source: mobyIssue(41812, 'newuidmap without its set-user-ID bit'),
  remedy: 'sudo apt-get install --reinstall uidmap (or: sudo chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap)',
  concurrent: true,
  needsDaemon: false,
  async verify({ target }) {
    for (const name of ['newuidmap', 'newgidmap'] as const) {
      const helper = await idHelper(target, name);
      expect(helper.path, `${name} on the daemon's PATH`).not.toBeNull();
      expect(helper.privilege, `privilege of ${name}`).not.toBe('none');
    }
    const fresh = await freshUserNamespace(target);
    expect(fresh, 'a user namespace made by RootlessKit').not.toBeNull();
    expect(fresh?.uidMap.length, 'lines of its UID map').toBeGreaterThan(1);
    expect(fresh?.gidMap.length, 'lines of its GID map').toBeGreaterThan(1);
  },
  triage: { withoutDocker: mapWithoutDocker, notRootful: asksNoDaemon },
  fault: breaks('privilege of {newuidmap}', 'newuidmap loses its set-user-ID bit', unprivilegedHelper),
});

check('PRE-SUBID', {
  level: 'MUST',
  title: 'the user has a range of subordinate IDs in /etc/subuid and in /etc/subgid',
  source: docker('engine/security/rootless', 'prerequisites'),
  remedy: 'sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER (a range no other user has)',
  readOnly: true,
  needsDaemon: false,
  async verify({ target }) {
    const { uids, gids } = await subordinateIds(target);
    expect(uids.length, 'ranges in /etc/subuid').toBeGreaterThan(0);
    expect(gids.length, 'ranges in /etc/subgid').toBeGreaterThan(0);
  },
  fault: breaks(
    'ranges in /etc/subuid',
    "the user's line in /etc/subuid is deleted",
    filtered('/etc/subuid', ({ user }) => `sed -E '/^(${user.name}|${user.uid}):/d'`),
    { alsoBreaks: ['PRE-SUBID-COUNT', 'PRE-SUBID-NSS', 'NS-UIDMAP'] },
  ),
});

check('PRE-SUBID-COUNT', {
  level: 'MUST',
  title: 'the user has at least 65,536 subordinate IDs in each file, and the running daemon has them too',
  source: docker('engine/security/rootless/troubleshoot', 'lchown: invalid argument'),
  remedy: 'give the user 65536 IDs in /etc/subuid and /etc/subgid, then: systemctl --user restart docker',
  readOnly: true,
  async verify({ target }) {
    const { uids, gids } = await subordinateIds(target);
    expect(totalOf(uids), 'IDs in /etc/subuid').toBeGreaterThanOrEqual(wantedIds);
    expect(totalOf(gids), 'IDs in /etc/subgid').toBeGreaterThanOrEqual(wantedIds);
    const { uidMap, gidMap } = await daemonProcess(target);
    expect(totalOf(uidMap), "IDs in the daemon's UID map").toBeGreaterThan(wantedIds);
    expect(totalOf(gidMap), "IDs in the daemon's GID map").toBeGreaterThan(wantedIds);
  },
  fault: breaks(
    'IDs in /etc/subuid',
    'the range in /etc/subuid shrinks to 1000 IDs (setuptool check stays green)',
    filtered('/etc/subuid', ({ user }) => `sed -E 's/^((${user.name}|${user.uid}):[0-9]+):.*/\\1:1000/'`),
    { alsoBreaks: ['PRE-SUBID-NSS', 'NS-UIDMAP'] },
  ),
});

/** No host has this range, so a map with it comes from our lines. */
const elsewhere = { start: 700_000, count: wantedIds };

/** RootlessKit asks getsubids first; 1.1.0 made overlapping ranges of right answers. */
const overlappingAnswers: Inject = async (context) => {
  const path = (await mustRun(context.target.root, 'command -v getsubids || true')).trim();
  if (path === '') return await unprivilegedHelper(context);
  const { start, count } = elsewhere;
  const answers = `#!/bin/sh\necho 0: rdc ${start} ${count}\necho 1: rdc ${start + 1} ${count - 1}`;
  return await filtered(path, () => `echo ${quoteWord(answers)}`)(context);
};

check('PRE-SUBID-NUM', {
  level: 'MUST',
  title: "lines with the user's number instead of the name in /etc/subuid and /etc/subgid are as good",
  source: rootlesskitIssue(369, 'ranges that getsubids names twice'),
  remedy:
    'RootlessKit 1.1.0 is broken here, later and earlier ones are not: write the name of the user into both files',
  reproduce: `sudo cp /etc/subuid /etc/subuid.orig; sudo cp /etc/subgid /etc/subgid.orig
sudo sed -i "s/^$(id -un):/$(id -u):/" /etc/subuid /etc/subgid
rootlesskit --state-dir "$(mktemp -d)" cat /proc/self/uid_map   # expected: two lines
sudo mv /etc/subuid.orig /etc/subuid; sudo mv /etc/subgid.orig /etc/subgid`,
  needsDaemon: false,
  async verify({ target, host }) {
    const { uid, gid } = host.user;
    const mounts = mountedIds(`${uid}:${elsewhere.start}:${elsewhere.count}`);
    const fresh = await underMounts(target, { mounts, script: `rootlesskit --state-dir="$w/state" ${printMaps}` });
    const { uidMap, gidMap } = parseMaps(fresh);
    expect(uidMap, 'UID map made of a numeric line').toEqual(rootlessMap(uid, [elsewhere]));
    expect(gidMap, 'GID map made of a numeric line').toEqual(rootlessMap(gid, [elsewhere]));
  },
  fault: breaks(
    'UID map made of a numeric line',
    'getsubids gives RootlessKit ranges that overlap (without one, newuidmap loses its set-user-ID bit)',
    overlappingAnswers,
  ),
});

/** As a directory of users (FreeIPA) has it, and the files have not. */
const answersOfDirectory: Inject = async ({ target, host }) => {
  const path = known(host.paths.getsubids, 'the path of getsubids');
  return await setAside(target.root, path, () => `#!/bin/sh\necho "0: ${host.user.name} 1700000 65536"\n`);
};

check('PRE-SUBID-NSS', {
  level: 'MUST',
  title: 'the daemon has the subordinate IDs that getsubids gives, which asks what nsswitch.conf names (files, sss)',
  source: code('rootless-containers/rootlesskit', 'v2.0.2', 'docs/subid.md', 'dynamic: getsubids'),
  applies: ({ host }) => {
    if (!host.paths.getsubids) return 'getsubids is not installed (shadow 4.10 and later have it)';
    return isSince(host.versions.rootlesskit, '1.1') || 'RootlessKit asks getsubids from 1.1.0 on';
  },
  remedy:
    'getsubids USER; getsubids -g USER; grep subid /etc/nsswitch.conf: ranges of a directory win over /etc/subuid; then systemctl --user restart docker',
  readOnly: true,
  async verify({ target, host: { user } }) {
    const { uids, gids } = await subordinateIds(target, 'getsubids');
    const daemon = await daemonProcess(target);
    expect(daemon.uidMap, "the daemon's UID map, by getsubids").toEqual(rootlessMap(user.uid, uids));
    expect(daemon.gidMap, "the daemon's GID map, by getsubids").toEqual(rootlessMap(user.gid, gids));
  },
  fault: breaks(
    "the daemon's UID map, by getsubids",
    'a directory of users gives another range than the files',
    answersOfDirectory,
  ),
});

check('PRE-SUBID-OVERLAP', {
  level: 'MUST',
  title: "nobody else has the user's subordinate IDs: no other range, no account, no group",
  source: issue('docker/docker-install', 308, 'which range to choose'),
  remedy:
    'give the user a range of his own in /etc/subuid and /etc/subgid; then as the user: rootlesskit chown of what he has',
  readOnly: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const { uids, gids } = await idOwners(target);
    expect(conflictsOf(uids, host.user), "others with one of the user's subordinate UIDs").toEqual([]);
    expect(conflictsOf(gids, host.user), "others with one of the user's subordinate GIDs").toEqual([]);
  },
  fault: breaks(
    "others with one of the user's subordinate UIDs",
    'another user gets the same range in /etc/subuid (setuptool check stays green)',
    filtered('/etc/subuid', ({ user }) => `sed '$a rdc-other:${user.subuid[0]?.start}:${user.subuid[0]?.count}'`),
  ),
});

check('PRE-USERNS-CLONE', {
  level: 'MUST',
  title: 'kernel.unprivileged_userns_clone is 1 and an ordinary user can make a user namespace',
  source: docker('engine/security/rootless/troubleshoot', 'operation not permitted'),
  applies: ({ host }) =>
    host.sysctl.unprivilegedUsernsClone !== null || `kernel ${host.kernel} has no kernel.unprivileged_userns_clone`,
  remedy: 'sudo sysctl -w kernel.unprivileged_userns_clone=1 (and keep it in /etc/sysctl.d)',
  concurrent: true,
  needsDaemon: false,
  async verify({ target }) {
    expect(await sysctlValue(target, 'kernel.unprivileged_userns_clone'), 'kernel.unprivileged_userns_clone').toBe(1);
    expect(await freshUserNamespace(target), 'a user namespace made by RootlessKit').not.toBeNull();
  },
  triage: { withoutDocker: namespacesWithoutDocker, notRootful: asksNoDaemon },
  fault: breaks(
    'kernel.unprivileged_userns_clone',
    'sysctl kernel.unprivileged_userns_clone=0',
    sysctl('kernel.unprivileged_userns_clone', 0),
  ),
});

check('PRE-USERNS-MAX', {
  level: 'MUST',
  title: 'the kernel lets a user make every kind of namespace that a container has (user.max_*_namespaces)',
  source: docker('engine/security/rootless/troubleshoot', 'no space left on device'),
  remedy: 'sudo sysctl -w user.max_user_namespaces=28633 (hardened images set it to 0; keep it in /etc/sysctl.d)',
  needsDaemon: false,
  async verify({ target, host }) {
    const kinds = ['user', 'net', 'mnt', 'pid', 'ipc', 'uts', ...(host.cgroup.version === 2 ? ['cgroup'] : [])];
    // a container takes one of each kind; the default is thousands even on a small machine
    for (const name of kinds.map((kind) => `user.max_${kind}_namespaces`))
      expect(await sysctlValue(target, name), name).toBeGreaterThanOrEqual(100);
    expect(await freshUserNamespace(target), 'a user namespace made by RootlessKit').not.toBeNull();
    const flags = host.cgroup.version === 2 ? '-nmpiuCf' : '-nmpiuf';
    const { code } = await target.shell(underRootlessKit(host, `unshare ${flags} true`));
    expect(code, 'exit code of making the other namespaces of a container').toBe(0);
  },
  triage: { withoutDocker: namespacesWithoutDocker, notRootful: asksNoDaemon },
  fault: breaks(
    'user.max_user_namespaces',
    'sysctl user.max_user_namespaces=0',
    sysctl('user.max_user_namespaces', 0),
    { possible: rootMay('CAP_SYS_RESOURCE', 'change user.max_user_namespaces') },
  ),
});

const runtimeDirectoryLost: Inject = async (context) => {
  const { target, host } = context;
  if (host.init !== 'systemd')
    return await filtered(`${host.user.home}/.bashrc`, () => "sed '/^export XDG_RUNTIME_DIR=/d'")(context);
  const files = await mustRun(target.root, 'grep -ls "^[^#]*pam_systemd.so" /etc/pam.d/*');
  const withoutIt = (file: string) => filtered(file, () => "sed '/pam_systemd.so/s/^/#/'");
  return await inOrder(...files.trim().split('\n').map(withoutIt))(context);
};

check('PRE-XDG', {
  level: 'MUST',
  title: 'a login session has XDG_RUNTIME_DIR, a directory of the user with mode 0700 that it can write to',
  source: man('pam_systemd', 8, 'XDG_RUNTIME_DIR'),
  remedy:
    'log in by ssh or on a console, not by su; df $XDG_RUNTIME_DIR; look for other values in ~/.profile and /etc/profile.d; see that libpam-systemd is installed and in /etc/pam.d; without systemd make a directory at each boot and export it in ~/.bashrc',
  concurrent: true,
  needsDaemon: false,
  async verify({ target, host }) {
    // 256 KiB: an empty file fits where there is no room
    const look = `echo; echo "folder \${XDG_RUNTIME_DIR-unset}"; stat -Lc 'state %F %a %u' "$XDG_RUNTIME_DIR"
t=$(mktemp "$XDG_RUNTIME_DIR/rdc.XXXXXX") && head -c 262144 /dev/zero > "$t" && echo 'write done'; rm -f "$t"`;
    // in a login shell, whose files run after pam_systemd and may print something
    const login = await target.login(`exec "$SHELL" -lc ${quoteWord(look)}`);
    const said = (word: string) => new RegExp(`^${word} (.*)$`, 'm').exec(login.stdout)?.[1];
    const folder = said('folder');
    expect(folder, 'XDG_RUNTIME_DIR of a login session').toMatch(/^\//);
    // another directory has neither the manager's sockets nor the daemon's
    if (host.runtimeDir !== null)
      expect(folder, "XDG_RUNTIME_DIR of a login shell, beside its session's").toBe(host.runtimeDir);
    expect(said('state'), `kind, mode and owner of ${folder}`).toBe(`directory 700 ${host.user.uid}`);
    expect(said('write'), `the user's write of 256 KiB to ${folder}`).toBe('done');
  },
  fault: breaks(
    'XDG_RUNTIME_DIR of a login session',
    'pam_systemd is taken out of the login stack; without systemd the line of ~/.bashrc goes',
    runtimeDirectoryLost,
  ),
});

const profileUnloaded: Inject = async ({ target: { root } }) => {
  const find = 'f=$(grep -lsE "^[^#]*rootlesskit.*\\{" /etc/apparmor.d/*) || [ -n "$f" ]';
  const files = await mustRun(root, `${find}; apparmor_parser -R $f; echo $f`);
  return () => mustRun(root, `apparmor_parser -r ${files}`);
};

check('PRE-AA-USERNS', {
  level: 'MUST',
  title: 'where AppArmor restricts user namespaces, a profile for the real path of rootlesskit allows them',
  source: mobyIssue(47480, 'kernel.apparmor_restrict_unprivileged_userns'),
  applies: ({ host }) =>
    host.sysctl.apparmorRestrictUserns === 1 ||
    `kernel.apparmor_restrict_unprivileged_userns is ${host.sysctl.apparmorRestrictUserns ?? 'not there'}`,
  remedy: 'RootlessKit prints a profile for its own path: rootlesskit true; put it into /etc/apparmor.d and load it',
  needsDaemon: false,
  async verify({ target, host }) {
    // read below RootlessKit's child: its executable and its profile
    const look = "sh -c 'readlink /proc/$PPID/exe; cat /proc/$PPID/attr/current'";
    const { stdout } = await target.shell(underRootlessKit(host, look));
    const [path = '', profile = ''] = stdout.split('\n');
    expect(path, 'a user namespace made by RootlessKit').toMatch(/rootlesskit$/);
    expect(profile, `profile of ${path}`).not.toMatch(/^(unconfined|unprivileged_userns)\b/);
  },
  fault: breaks(
    ['a user namespace made by RootlessKit', 'profile of *'],
    'the profile for rootlesskit is unloaded',
    profileUnloaded,
  ),
});

const userBusOff: Inject = async ({ target }) => {
  const ran = await runningUnits(target);
  await mustRun(target, 'systemctl --user mask --runtime --now dbus.socket dbus.service');
  return async () => {
    await mustRun(target, 'systemctl --user unmask --runtime dbus.socket dbus.service');
    // what requires the bus stopped with it: from Docker 27.1 also the daemon
    await mustRun(target, 'systemctl --user start dbus.socket dbus.service docker.service');
    await startAgain(target, ran);
    const managerIsBack = 'busctl --user status org.freedesktop.systemd1 >/dev/null 2>&1';
    await mustRun(target, `for i in $(seq 50); do ${managerIsBack} && break; sleep 0.2; done; ${managerIsBack}`);
    await awaitDaemon(target);
  };
};

check('PRE-DBUS', {
  level: 'MUST',
  title: "the user's bus is up, and a process gets a cgroup of the user manager over it, as runc asks for a container",
  source: mobyIssue(45014, 'a container without the user bus'),
  applies: ({ host }) =>
    hasUnifiedCgroups({ host }) === true || 'a container gets its cgroup over the bus only on systemd with cgroup v2',
  remedy:
    'sudo apt-get install dbus-user-session; systemctl --user unmask dbus.socket; systemctl --user start dbus.socket; where /proc is mounted with hidepid: sudo mount -o remount,hidepid=0 /proc, or its gid= for a group of the user',
  concurrent: true,
  needsDaemon: false,
  async verify({ target, host }) {
    const { socket, owner, cgroup } = await userBus(target);
    expect(socket, 'what lies at $XDG_RUNTIME_DIR/bus').toBe(`socket ${host.user.uid}`);
    // busctl, which runc asks, reads it from the owner of the bus
    expect(owner, `UID of the bus${hiddenBy(host.hidepid)}`).toBe(host.user.uid);
    const scope = new RegExp(`^${userCgroup(host)}/.*rdc-\\d+\\.scope$`);
    expect(cgroup, 'cgroup of a process that was given a scope').toMatch(scope);
  },
  fault: breaks(
    ['what lies at $XDG_RUNTIME_DIR/bus', 'UID of the bus*'],
    "the user's dbus.socket is stopped and masked",
    userBusOff,
  ),
});
