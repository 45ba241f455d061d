import { breaks, changeFile, checksIn, code, expect, sharedContainer } from '../../harness/checks/index.ts';
import { hostIdsOf } from '../instruments/container/container-process.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';
import { restartDaemon } from '../instruments/daemon/restart.ts';
import { canRestart } from '../instruments/daemon/service.ts';
import { mapped, rootlessMap, totalOf } from '../instruments/kernel/id-map.ts';
import { subordinateIds } from '../instruments/kernel/subordinate-ids.ts';

const check = checksIn(import.meta);

/** Beyond what tools that make users hand out. */
const more = { start: 1_500_000_000, count: 1000 } as const;
const files = ['/etc/subuid', '/etc/subgid'] as const;

check('NS-MULTIRANGE', {
  level: 'MUST',
  title: 'with a second line in /etc/subuid and /etc/subgid a container has the IDs of both ranges, in their order',
  source: code('rootless-containers/rootlesskit', 'v2.0.2', 'pkg/parent/idtools/idtools.go', 'ranges are appended'),
  applies: canRestart,
  remedy:
    'cat /proc/$(cat $XDG_RUNTIME_DIR/docker.pid)/uid_map; add ranges at the end of the files only, or what images own changes its owner: sudo usermod --add-subuids FIRST-LAST USER',
  restartsDaemon: true,
  async verify({ target, host, defer, stage }) {
    const { uids, gids } = await subordinateIds(target);
    const [uidMap, gidMap] = [rootlessMap(host.user.uid, [...uids, more]), rootlessMap(host.user.gid, [...gids, more])];
    defer(() => restartDaemon(target));
    for (const file of files)
      defer(await changeFile(target.root, file, `sed '$a ${host.user.name}:${more.start}:${more.count}'`));
    await stage('written');
    await restartDaemon(target);
    const daemon = await daemonProcess(target);
    expect(daemon.uidMap, "the daemon's UID map").toEqual(uidMap);
    expect(daemon.gidMap, "the daemon's GID map").toEqual(gidMap);
    const last = Math.min(totalOf(uidMap), totalOf(gidMap)) - 1;
    const [seen] = await hostIdsOf(target, await sharedContainer(target), [last]);
    expect(seen, `host IDs of the container's ${last}`).toBe(`${mapped(uidMap, last)}:${mapped(gidMap, last)}`);
  },
  fault: breaks(
    "the daemon's UID map",
    'another tool takes the second line away again',
    ({ target }) => changeFile(target.root, '/etc/subuid', `sed '/:${more.start}:/d'`),
    { at: 'written' },
  ),
});
