import {
  checksOf,
  docker,
  dockerApi,
  expect,
  filtered,
  man,
  page,
  sharedFixture,
  startFixture,
} from '../../harness/index.ts';
import { rootfulDaemon } from '../daemon/control-daemon.ts';
import { daemonProcess } from '../daemon/daemon-process.ts';
import { subordinateIds } from '../prerequisites/subordinate-ids.ts';
import { processesAs } from './container-process.ts';
import { mapped, rootlessMap } from './id-map.ts';

const check = checksOf('namespaces');
const needs = ['SOCK-PATH'] as const;
const mapping = page(
  'https://github.com/docker/docs/blob/main/content/manuals/engine/security/rootless/_index.md',
  'how it works: the user namespace and its ID maps',
);

const byRootful = {
  name: "a rootful daemon takes the place of the user's",
  by: rootfulDaemon,
  alsoFails: ['SOCK-MODE', 'NS-UIDMAP', 'NS-GIDMAP'],
};
const reconfigure = 'systemctl --user restart docker (a change of /etc/subuid or /etc/subgid is only taken at start)';

check({
  id: 'NS-INFO',
  level: 'MUST',
  title: 'the daemon declares itself rootless, and the kernel agrees',
  source: docker('engine/security/rootless/tips', 'docker info shows rootless'),
  needs,
  readOnly: true,
  remedy: 'docker context use rootless; see which daemon owns the socket: sudo ss -xlp | grep docker.sock',
  async verify({ target, host }) {
    const info = (await dockerApi(target, 'GET', '/info')).json<{ SecurityOptions?: string[] }>();
    const wanted = host.cgroup.version === 2 ? ['name=rootless', 'name=cgroupns'] : ['name=rootless'];
    expect(info.SecurityOptions ?? [], 'SecurityOptions of /info').toEqual(expect.arrayContaining(wanted));
    const daemon = await daemonProcess(target);
    expect(daemon.userNamespace, "the daemon's user namespace").not.toBe(daemon.initialUserNamespace);
  },
  sabotage: { ...byRootful, fails: /SecurityOptions of \/info/ },
});

check({
  id: 'NS-DAEMON-EUID',
  level: 'MUST',
  title: 'every process of the service runs as the user: daemon, containerd, RootlessKit, network driver',
  source: docker('engine/security/rootless', 'how it works: no process runs as root'),
  needs,
  readOnly: true,
  remedy: 'systemctl --user status docker; no part of the service may be started by sudo or be set-user-ID',
  async verify({ target, host }) {
    const { service, pid } = await daemonProcess(target);
    const foreign = service.filter((process) => process.uids.some((uid) => uid !== host.user.uid));
    expect(foreign, 'processes of the service with another UID').toEqual([]);
    expect(
      service.map((process) => process.pid),
      'the processes that were looked at',
    ).toContain(pid);
    expect(
      service.map((process) => process.command),
      'the service',
    ).toEqual(expect.arrayContaining(['rootlesskit', 'dockerd', 'containerd']));
  },
  sabotage: { ...byRootful, fails: /processes of the service with another UID/ },
});

check({
  id: 'NS-UIDMAP',
  level: 'MUST',
  title: "the daemon's UID map is the user as 0, then the ranges of /etc/subuid in their order",
  source: mapping,
  needs,
  readOnly: true,
  remedy: reconfigure,
  async verify({ target, host }) {
    const { uids } = await subordinateIds(target);
    expect((await daemonProcess(target)).uidMap, "the daemon's UID map").toEqual(rootlessMap(host.user.uid, uids));
  },
  sabotage: {
    name: 'the range in /etc/subuid moves while the daemon runs',
    by: filtered('/etc/subuid', ({ user }) => `sed -E 's/^((${user.name}|${user.uid}):)[0-9]+:/\\1700000:/'`),
    fails: /the daemon's UID map/,
  },
});

check({
  id: 'NS-GIDMAP',
  level: 'MUST',
  title: "the daemon's GID map is the user's group as 0, then the ranges of /etc/subgid in their order",
  source: mapping,
  needs,
  readOnly: true,
  remedy: reconfigure,
  async verify({ target, host }) {
    const { gids } = await subordinateIds(target);
    expect((await daemonProcess(target)).gidMap, "the daemon's GID map").toEqual(rootlessMap(host.user.gid, gids));
  },
  sabotage: {
    name: 'the range in /etc/subgid moves while the daemon runs',
    by: filtered('/etc/subgid', ({ user }) => `sed -E 's/^((${user.name}|${user.uid}):)[0-9]+:/\\1700000:/'`),
    fails: /the daemon's GID map/,
  },
});

check({
  id: 'NS-FORMULA',
  level: 'MUST',
  title: 'a container process of UID n is host UID S0 + n - 1, and root of the container is the user',
  source: mapping,
  needs,
  remedy: reconfigure,
  async verify({ target, host }) {
    const { uids, gids } = await subordinateIds(target);
    const [uidMap, gidMap] = [rootlessMap(host.user.uid, uids), rootlessMap(host.user.gid, gids)];
    const inside = [0, 1, 1000, 1001, 65_535];
    const container = await sharedFixture(target);
    const processes = await processesAs(target, container, inside);
    const seen = processes.map(({ uid, gid }) => ({ uid, gid }));
    const wanted = inside.map((id) => ({ uid: mapped(uidMap, id), gid: mapped(gidMap, id) }));
    expect(seen, `host IDs of the container's ${inside.join(', ')}`).toEqual(wanted);
  },
  sabotage: { ...byRootful, fails: /host IDs of the container's/ },
});

check({
  id: 'NS-NOT-ID',
  level: 'MUST',
  title: '--user 1001:1001 is not user 1001 of the host',
  source: docker('engine/security/rootless', 'how it works: subordinate IDs'),
  needs,
  remedy: 'the daemon is not rootless, or /etc/subuid maps real users: give the user a range above all real IDs',
  async verify({ target }) {
    await using container = await startFixture(target, { user: '1001:1001' });
    const { stdout } = await target.root.exec(['cat', `/proc/${await container.hostPid()}/status`]);
    const [uid, gid] = [/^Uid:\s+\d+\s+(\d+)/m.exec(stdout)?.[1], /^Gid:\s+\d+\s+(\d+)/m.exec(stdout)?.[1]];
    expect(uid, 'host UID of a process that the container calls 1001').toMatch(/^\d+$/);
    expect(uid, 'host UID of a process that the container calls 1001').not.toBe('1001');
    expect(gid, 'host GID of a process that the container calls 1001').not.toBe('1001');
  },
  sabotage: { ...byRootful, fails: /host UID of a process/ },
});

check({
  id: 'NS-BINDOWN',
  level: 'MUST',
  title: "in a bind mount, container root's files belong to the user and those of UID 1001 to a subordinate ID",
  source: docker('engine/security/rootless', 'how it works: file ownership'),
  needs,
  remedy: reconfigure,
  async verify({ target, host, defer }) {
    const { uids } = await subordinateIds(target);
    const folder = (await target.shell('d=$(mktemp -d) && chmod 777 "$d" && echo "$d"')).stdout.trim();
    defer(() => target.root.exec(['rm', '-rf', folder]));
    await using container = await startFixture(target, { host: { Binds: [`${folder}:/b`] } });
    const umask = 'umask 022';
    await container.exec(['sh', '-c', `${umask}; echo a > /b/root`]);
    await container.exec(['sh', '-c', `${umask}; echo a > /b/user`], { user: '1001:1001' });
    const { stdout } = await target.root.shell(`stat -c '%n %u' ${folder}/root ${folder}/user | sed 's#${folder}/##'`);
    expect(stdout.trim().split('\n'), 'owners on the host').toEqual([
      `root ${host.user.uid}`,
      `user ${mapped(rootlessMap(host.user.uid, uids), 1001)}`,
    ]);
    const own = await target.shell(`echo b >> ${folder}/root`);
    expect(own.code, "the user's write to container root's file").toBe(0);
    const foreign = await target.shell(`echo b >> ${folder}/user`);
    expect(foreign.code, "the user's write to the file of a subordinate ID").not.toBe(0);
  },
  sabotage: { ...byRootful, fails: /owners on the host/ },
});

check({
  id: 'NS-ONE-USERNS',
  level: 'MUST',
  title: "containers share the daemon's user namespace, which is not the initial one",
  source: man('user_namespaces', 7, 'nested user namespaces'),
  needs,
  remedy: 'see which daemon owns the socket: sudo ss -xlp | grep docker.sock; docker context use rootless',
  async verify({ target }) {
    const container = await sharedFixture(target);
    const daemon = await daemonProcess(target);
    const link = await target.root.exec(['readlink', `/proc/${await container.hostPid()}/ns/user`]);
    expect(daemon.userNamespace, "the daemon's user namespace").toMatch(/^user:\[\d+\]$/);
    expect(link.stdout.trim(), "a container's user namespace").toBe(daemon.userNamespace);
    expect(daemon.userNamespace, 'a user namespace of its own').not.toBe(daemon.initialUserNamespace);
  },
  sabotage: { ...byRootful, fails: /a user namespace of its own/ },
});
