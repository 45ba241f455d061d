import {
  asFinding,
  breaks,
  checksIn,
  code,
  docker,
  dockerApi,
  expect,
  expectContainer,
  expectDocumented,
  filtered,
  type HostFacts,
  type Inject,
  known,
  lifts,
  man,
  moby,
  mobyIssue,
  mustRun,
  page,
  type ReadableTarget,
  refusalOf,
  setAside,
  sharedContainer,
  startContainer,
  type Target,
  withoutDockerByScript,
} from '../../harness/checks/index.ts';
import { hostIdsOf } from '../instruments/container/container-process.ts';
import { byRootful } from '../instruments/daemon/daemon-faults.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { restartedWith } from '../instruments/daemon/restart.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';
import { mapped, rootlessMap, totalOf } from '../instruments/kernel/id-map.ts';
import { subordinateIds } from '../instruments/kernel/subordinate-ids.ts';
import { mapWithoutDocker } from '../instruments/without-docker/user-namespace.ts';
import { parseCopiedUp } from './copied-up.ts';

const check = checksIn(import.meta);
const rootlessPage = 'https://github.com/docker/docs/blob/main/content/manuals/engine/security/rootless/_index.md';
const mapping = page(rootlessPage, 'how it works: the user namespace and its ID maps');
const notRootless = 'see which daemon owns the socket: sudo ss -xlp | grep docker.sock; docker context use rootless';

const reconfigure = 'systemctl --user restart docker (a change of /etc/subuid or /etc/subgid is only taken at start)';

const mapTriage = { withoutDocker: mapWithoutDocker, notRootful: 'it runs in the initial user namespace' };

check('NS-INFO', {
  level: 'MUST',
  title: 'the daemon declares itself rootless, and the kernel agrees',
  source: docker('engine/security/rootless/tips', 'docker info shows rootless'),
  remedy: 'docker context use rootless; see which daemon owns the socket: sudo ss -xlp | grep docker.sock',
  readOnly: true,
  async verify({ target, host }) {
    const info = (await dockerApi(target, 'GET', '/info')).json<{ SecurityOptions?: string[] }>();
    const wanted = host.cgroup.version === 2 ? ['name=rootless', 'name=cgroupns'] : ['name=rootless'];
    expect(info.SecurityOptions ?? [], 'SecurityOptions of /info').toEqual(expect.arrayContaining(wanted));
    const daemon = await daemonProcess(target);
    expect(daemon.userNamespace, "the daemon's user namespace").not.toBe(daemon.initialUserNamespace);
  },
  fault: breaks('SecurityOptions of /info', byRootful),
});

/** CAP_NET_BIND_SERVICE is documented (PORT-PRIV-CAP). */
function mightyOf(lines: readonly string[]): string[] {
  return lines.filter((line) => (BigInt(`0x${line.split(' ')[0]}`) & ~(1n << 10n)) !== 0n);
}

/** Processes of the unit's cgroup with a foreign UID: `PID UIDs`. */
async function foreignInCgroup(target: ReadableTarget, host: HostFacts, daemon: number): Promise<string[]> {
  const { stdout } = await target.root.shell(`
# cgroup v1: the hierarchy of systemd; beside it there may be one of cgroup v2 without controllers. What is mounted decides:
# in a container the file has hierarchies of the kernel that are not the host's
root=/sys/fs/cgroup/systemd; key='[0-9]*:name=systemd:'
[ -d $root ] || { root=/sys/fs/cgroup; key=0::; }
c=$(sed -n "s/^$key//p" /proc/${daemon}/cgroup)
case $c in *.service) echo unit; cd "$root$c" || exit; for p in $(find . -name cgroup.procs -exec cat {} +); do
  awk -v p=$p '/^Uid:/ {print p, $2, $3, $4, $5}' /proc/$p/status 2>/dev/null
done ;; esac`);
  const { uid, subuid } = host.user;
  const isOwn = (id: number) => id === uid || subuid.some(({ start, count }) => id >= start && id < start + count);
  const [kind, ...lines] = stdout.trim().split('\n');
  if (kind !== 'unit') return [];
  const own = lines.find((line) => line.startsWith(`${daemon} `));
  known(own, "dockerd among the processes of its unit's cgroup");
  return lines.filter((line) => !line.split(' ').slice(1).map(Number).every(isOwn));
}

check('NS-DAEMON-EUID', {
  level: 'MUST',
  title:
    'every process of the service runs as the user and without capabilities on the host: daemon, containerd, RootlessKit, network driver',
  source: docker('engine/security/rootless', 'how it works: no process runs as root'),
  remedy: 'systemctl --user status docker; no part of the service may be started by sudo or be set-user-ID',
  readOnly: true,
  async verify({ target, host }) {
    const { service, pid, initialUserNamespace } = await daemonProcess(target);
    const foreign = service.filter((process) => process.uids.some((uid) => uid !== host.user.uid));
    expect(foreign, 'processes of the service with another UID').toEqual([]);
    const members = service.map((process) => process.pid);
    expect(members, 'the processes that were looked at').toContain(pid);
    const commands = service.map((process) => process.command);
    expect(commands, 'the service').toEqual(expect.arrayContaining(['rootlesskit', 'dockerd', 'containerd']));
    const pids = members.join(' ');
    const { stdout } = await target.root.shell(
      `for p in ${pids}; do [ "$(readlink /proc/$p/ns/user)" != '${initialUserNamespace}' ] || echo "$(awk '/^CapPrm:/{print $2}' /proc/$p/status) $(cat /proc/$p/comm)"; done
for p in ${pids}; do awk '/^Name:/{n=$2} /^Gid:/{print "gids", $2, $3, $4, $5, n}' /proc/$p/status 2>/dev/null; done`,
    );
    const lines = stdout.split('\n').filter((line) => /^[0-9a-f]+ ./.test(line));
    expect(lines.join('\n'), "processes of the service in the host's user namespace").toContain(' rootlesskit');
    expect(mightyOf(lines), "processes of the service with capabilities in the host's user namespace").toEqual([]);
    const groups = [...stdout.matchAll(/^gids (\d+ \d+ \d+ \d+ .+)$/gm)].map(([, line = '']) => line);
    expect(groups.join('\n'), 'processes whose groups were looked at').toContain(' rootlesskit');
    const strange = groups.filter((line) => !line.startsWith(`${host.user.gid} `.repeat(4)));
    expect(strange, "processes of the service with another GID than the user's").toEqual([]);
    const foreignUids = await foreignInCgroup(target, host, pid);
    expect(foreignUids, "processes in the service's cgroup with UIDs not the user's").toEqual([]);
  },
  fault: breaks('processes of the service with another UID', byRootful),
});

check('NS-UIDMAP', {
  level: 'MUST',
  title: "the daemon's UID map is the user as 0, then the ranges of /etc/subuid in their order",
  source: mapping,
  remedy: reconfigure,
  readOnly: true,
  async verify({ target, host }) {
    const { uids } = await subordinateIds(target);
    expect((await daemonProcess(target)).uidMap, "the daemon's UID map").toEqual(rootlessMap(host.user.uid, uids));
  },
  triage: mapTriage,
  fault: breaks(
    "the daemon's UID map",
    'the range in /etc/subuid moves while the daemon runs',
    filtered('/etc/subuid', ({ user }) => `sed -E 's/^((${user.name}|${user.uid}):)[0-9]+:/\\1700000:/'`),
    { alsoBreaks: ['PRE-SUBID-NSS'] },
  ),
});

check('NS-GIDMAP', {
  level: 'MUST',
  title: "the daemon's GID map is the user's group as 0, then the ranges of /etc/subgid in their order",
  source: mapping,
  remedy: reconfigure,
  readOnly: true,
  async verify({ target, host }) {
    const { gids } = await subordinateIds(target);
    expect((await daemonProcess(target)).gidMap, "the daemon's GID map").toEqual(rootlessMap(host.user.gid, gids));
  },
  triage: mapTriage,
  // SOCK-MODE looks the socket's group up in the file's map
  fault: breaks(
    "the daemon's GID map",
    'the range in /etc/subgid moves while the daemon runs',
    filtered('/etc/subgid', ({ user }) => `sed -E 's/^((${user.name}|${user.uid}):)[0-9]+:/\\1700000:/'`),
    { alsoBreaks: ['SOCK-MODE', 'PRE-SUBID-NSS'] },
  ),
});

check('NS-FORMULA', {
  level: 'MUST',
  title: 'a container process of UID n is host UID S0 + n - 1, and root of the container is the user',
  source: mapping,
  remedy: reconfigure,
  concurrent: true,
  async verify({ target, host }) {
    const { uids, gids } = await subordinateIds(target);
    const [uidMap, gidMap] = [rootlessMap(host.user.uid, uids), rootlessMap(host.user.gid, gids)];
    const inside = [0, 1, 1000, 1001, 65_535];
    const container = await sharedContainer(target);
    const seen = await hostIdsOf(target, container, inside);
    const wanted = inside.map((id) => `${mapped(uidMap, id)}:${mapped(gidMap, id)}`);
    expect(seen, `host IDs of the container's ${inside.join(', ')}`).toEqual(wanted);
  },
  triage: mapTriage,
  fault: breaks("host IDs of the container's *", byRootful),
});

check('NS-NOT-ID', {
  level: 'MUST',
  title: '--user 1001:1001 is not user 1001 of the host',
  source: docker('engine/security/rootless', 'how it works: subordinate IDs'),
  remedy: 'the daemon is not rootless, or /etc/subuid maps real users: give the user a range above all real IDs',
  concurrent: true,
  async verify({ target }) {
    await using container = await startContainer(target, { user: '1001:1001' });
    const { stdout } = await target.root.exec(['cat', `/proc/${await container.hostPid()}/status`]);
    const [uid, gid] = [/^Uid:\s+\d+\s+(\d+)/m.exec(stdout)?.[1], /^Gid:\s+\d+\s+(\d+)/m.exec(stdout)?.[1]];
    expect(uid, 'host UID of a process that the container calls 1001').toMatch(/^\d+$/);
    expect(uid, 'host UID of a process that the container calls 1001').not.toBe('1001');
    expect(gid, 'host GID of a process that the container calls 1001').not.toBe('1001');
  },
  fault: breaks('host UID of a process that the container calls 1001', byRootful),
});

check('NS-BINDOWN', {
  level: 'MUST',
  title: "in a bind mount, container root's files belong to the user and those of UID 1001 to a subordinate ID",
  source: docker('engine/security/rootless', 'how it works: file ownership'),
  remedy: reconfigure,
  concurrent: true,
  async verify({ target, host, defer }) {
    const { uids } = await subordinateIds(target);
    const folder = (await target.shell('d=$(mktemp -d) && chmod 777 "$d" && echo "$d"')).stdout.trim();
    defer(() => target.root.exec(['rm', '-rf', folder]));
    await using container = await startContainer(target, { host: { Binds: [`${folder}:/b`] } });
    const umask = 'umask 022';
    await container.exec(['sh', '-c', `${umask}; echo a > /b/root`]);
    await container.exec(['sh', '-c', `${umask}; echo a > /b/user`], { user: '1001:1001' });
    const { stdout } = await target.root.shell(`stat -c '%n %u' ${folder}/root ${folder}/user | sed 's#${folder}/##'`);
    const wanted = [`root ${host.user.uid}`, `user ${mapped(rootlessMap(host.user.uid, uids), 1001)}`];
    expect(stdout.trim().split('\n'), 'owners on the host').toEqual(wanted);
    const own = await target.shell(`echo b >> ${folder}/root`);
    expect(own.code, "the user's write to container root's file").toBe(0);
    const foreign = await target.shell(`echo b >> ${folder}/user`);
    expect(foreign.code, "the user's write to the file of a subordinate ID").not.toBe(0);
  },
  fault: breaks('owners on the host', byRootful),
});

check('NS-ONE-USERNS', {
  level: 'MUST',
  title: "containers share the daemon's user namespace, which is not the initial one",
  source: man('user_namespaces', 7, 'nested user namespaces'),
  remedy: notRootless,
  concurrent: true,
  async verify({ target }) {
    // this check reports it when the daemon starts no container at all
    const container = await expectContainer(target);
    const daemon = await daemonProcess(target);
    const link = await target.root.exec(['readlink', `/proc/${await container.hostPid()}/ns/user`]);
    expect(daemon.userNamespace, "the daemon's user namespace").toMatch(/^user:\[\d+\]$/);
    expect(link.stdout.trim(), "a container's user namespace").toBe(daemon.userNamespace);
    expect(daemon.userNamespace, 'a user namespace of its own').not.toBe(daemon.initialUserNamespace);
  },
  fault: breaks('a user namespace of its own', byRootful),
});

check('NS-EDGE', {
  level: 'LIMITATION',
  title: 'a container starts as the last UID that is mapped and not as the one after it ("invalid argument")',
  source: man('user_namespaces', 7, 'unmapped user and group IDs'),
  remedy:
    'use UIDs that are mapped, or give the user more: sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST USER',
  concurrent: true,
  async verify({ target, host }) {
    const { uids, gids } = await subordinateIds(target);
    const [uidMap, gidMap] = [rootlessMap(host.user.uid, uids), rootlessMap(host.user.gid, gids)];
    const beyond = Math.max(totalOf(uidMap), totalOf(gidMap));
    const refusal = await refusalOf(target, { user: `${beyond}:${beyond}` });
    // runc 1.0.0-rc93 (Debian 11) names the step, later ones the system call
    expectDocumented(refusal, /(setgroups|setup user): invalid argument/, `the start as ${beyond}:${beyond}`);
    const last = Math.min(totalOf(uidMap), totalOf(gidMap)) - 1;
    const [seen] = await hostIdsOf(target, await sharedContainer(target), [last]);
    const wanted = `${mapped(uidMap, last)}:${mapped(gidMap, last)}`;
    asFinding('differs', () => expect(seen, `differs: host IDs of ${last}:${last}, the last`).toBe(wanted));
  },
  triage: {},
  fault: lifts('the start as *:*', byRootful),
});

/** 20 is the group dialout of Debian. */
const withHostFolders = { host: { Binds: ['/etc:/host/etc', '/run:/host/run', '/tmp:/host/tmp'], GroupAdd: ['20'] } };

check('NS-UNMAPPED', {
  level: 'MUST',
  title: "root's files of the host are 65534:65534 in a container, and its capabilities do not reach them",
  source: man('user_namespaces', 7, 'unmapped IDs; capabilities over files'),
  remedy: notRootless,
  concurrent: true,
  async verify({ target, defer }) {
    const make = 'd=$(mktemp -d /tmp/rdc.XXXXXX); chmod 755 $d; echo a > $d/open; echo a > $d/closed';
    const folder = (await mustRun(target.root, `${make}; chmod 604 $d/open; chmod 660 $d/closed; echo $d`)).trim();
    defer(() => target.root.exec(['rm', '-rf', folder]));
    const container = await sharedContainer(target, withHostFolders);
    const attempts = 'cat open; cat closed; echo b > closed; chmod 666 closed; chown 0:0 closed';
    const script = `exec 2>&1; cd /host${folder}; stat -c 'owner %u:%g' open; ${attempts}`;
    const { stdout } = await container.exec(['sh', '-c', script]);
    expect(stdout.trim().split('\n'), "what container root gets of root's files").toEqual([
      'owner 65534:65534',
      'a',
      expect.stringMatching(/^cat: .*: Permission denied$/),
      expect.stringMatching(/closed: Permission denied$/),
      expect.stringMatching(/^chmod: .*: Operation not permitted$/),
      expect.stringMatching(/^chown: .*: Operation not permitted$/),
    ]);
  },
  fault: breaks("what container root gets of root's files", byRootful),
});

/** newgidmap denies setgroups before it writes the map, as it does for a user without subordinate GIDs. */
const setgroupsDenied: Inject = async ({ target, host }) => {
  const path = known(host.paths.newgidmap, 'the path of newgidmap');
  await target.invalidate();
  const denying = (helper: string) => `#!/bin/sh\necho deny > /proc/$1/setgroups\nexec ${helper} "$@"`;
  const putBack = await setAside(target.root, path, denying);
  return await restartedWith(target, async () => {
    await target.invalidate();
    await putBack();
  });
};

check('NS-SETGROUPS', {
  level: 'MUST',
  title: 'processes of a container may set their supplementary groups: setgroups is allowed in the namespace',
  source: man('user_namespaces', 7, 'the /proc/[pid]/setgroups file'),
  remedy: 'sudo apt-get install --reinstall uidmap; see PRE-NEWIDMAP; then systemctl --user restart docker',
  concurrent: true,
  async verify({ target }) {
    const container = await sharedContainer(target);
    const { stdout } = await target.root.exec(['cat', `/proc/${await container.hostPid()}/setgroups`]);
    expect(stdout.trim(), "setgroups of the container's user namespace").toBe('allow');
    const { errno } = await container.probe<{ errno: string | null }>('setgroups');
    expect(errno, 'setgroups by container root').toBeNull();
  },
  triage: { withoutDocker: mapWithoutDocker },
  fault: breaks(
    "setgroups of the container's user namespace",
    'newgidmap denies setgroups first, as it does without subordinate GIDs',
    setgroupsDenied,
  ),
});

check('NS-SUPGROUPS', {
  level: 'LIMITATION',
  title: "the user's supplementary groups do not reach a container, and --group-add 20 is a subordinate GID",
  source: mobyIssue(43019, 'supplementary groups of the user do not reach a rootless container'),
  applies: ({ host }) => host.user.groups.length > 1 || `the user ${host.user.name} is in no supplementary group`,
  remedy: 'grant the user access by itself: sudo setfacl -m u:USER:rw FILE',
  concurrent: true,
  async verify({ target, host }) {
    const { gids } = await subordinateIds(target);
    const container = await sharedContainer(target, withHostFolders);
    const status = `/proc/${await container.hostPid()}/status`;
    const { stdout } = await target.root.shell(`sed -n 's/^Groups://p' ${status}; id -G ${host.user.name}`);
    const [inside = [], outside = []] = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    const reached = inside.filter((gid) => gid !== host.user.gid && outside.includes(gid));
    asFinding('lifted', () => expect(reached, "lifted: the user's groups that a container has").toEqual([]));
    const wanted = mapped(rootlessMap(host.user.gid, gids), 20);
    asFinding('differs', () => expect(inside, 'differs: host GIDs with --group-add 20').toContain(wanted));
  },
  triage: { withoutDocker: withoutDockerByScript('its own supplementary groups', '[ "$(id -G | wc -w)" -gt 1 ]') },
  fault: lifts("the user's groups that a container has", byRootful),
});

check('NS-MNT-COPYUP', {
  level: 'LIMITATION',
  title:
    "a bind mount of /etc or /run is the daemon's copy, a folder of links: what is written there stays off the host",
  source: moby('v26.1.5', 'contrib/dockerd-rootless.sh', '--copy-up=/etc --copy-up=/run'),
  remedy: 'bind a folder that is not copied up, or the file itself, e.g. -v /etc/localtime:/etc/localtime:ro',
  async verify({ target, defer }) {
    const container = await sharedContainer(target, withHostFolders);
    const name = `rdc-${container.id.slice(0, 12)}`;
    defer(() => mustRun(target.root, `rm -f /etc/${name} /run/${name}`));
    // from inside: with fuse-overlayfs the host's root may not access a container's files
    defer(async () => {
      const { exitCode } = await container.exec(['rm', '-f', `/host/etc/${name}`, `/host/run/${name}`]);
      if (exitCode !== 0) throw new Error(`the container's files ${name} are left`);
    });
    const script = `cd /host; for d in etc run; do echo x > $d/${name} && echo "$d $(stat -f -c %T $d) $(ls -l $d | grep -c ' -> .ro') links"; done`;
    const { stdout } = await container.exec(['sh', '-c', script]);
    const arrived = (await target.root.shell(`ls -d /etc/${name} /run/${name} 2>/dev/null`)).stdout.split('\n');
    asFinding('lifted', () => expect(arrived, 'lifted: files that arrived on the host').toEqual(['']));
    const folders = parseCopiedUp(stdout);
    asFinding('differs', () => expect(folders, 'differs: folders of links that take a write').toEqual(['etc', 'run']));
  },
  triage: {},
  fault: lifts('files that arrived on the host', byRootful),
});

/** As /proc names them, e.g. `net:[4026531840]`; `detached` is the one that RootlessKit keeps in a file. */
async function networkNamespaces(target: Target) {
  const { pid } = await daemonProcess(target);
  const { runtimeDir, user } = target.facts.host;
  // only RootlessKit's mount namespace has the mount: read through the daemon's root
  const file = `/proc/${pid}/root${runtimeDir ?? `/run/user/${user.uid}`}/dockerd-rootless/netns`;
  const kept = `[ "$(stat -fc %T ${file} 2>/dev/null)" != nsfs ] || stat -Lc 'net:[%i]' ${file}`;
  const links = await mustRun(target.root, `readlink /proc/${pid}/ns/net /proc/1/ns/net; ${kept}`);
  const [daemon, initial, detached] = links.split('\n');
  return { daemon, initial, detached: detached || null };
}

check('NS-NETNS', {
  level: 'MUST',
  title:
    "the daemon's network namespace is its own before Docker 29.5; since then its containers' is, and is kept by RootlessKit",
  source: code('rootless-containers/rootlesskit', 'v2.0.2', 'docs/network.md', 'detaching the network namespace'),
  remedy: 'see DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS of the user unit; systemctl --user restart docker',
  async verify({ target, host }) {
    const namespaces = await networkNamespaces(target);
    const isDetached = isEngineSince(host, '29.5');
    expect(namespaces.daemon === namespaces.initial, "the daemon is in the host's network namespace").toBe(isDetached);
    if (!isDetached) return;
    expect(namespaces.detached ?? 'none', "network namespace in RootlessKit's state directory").toMatch(
      /^net:\[\d+\]$/,
    );
    expect(namespaces.detached, "network namespace in RootlessKit's state directory").not.toBe(namespaces.initial);
  },
  fault: breaks(
    ["the daemon is in the host's network namespace", "network namespace in RootlessKit's state directory"],
    byRootful,
  ),
});
