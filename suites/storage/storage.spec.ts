import { randomUUID } from 'node:crypto';
import {
  asFinding,
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  expectDocumented,
  filtered,
  type HostFacts,
  type Inject,
  importImage,
  inOrder,
  known,
  lifts,
  man,
  moby,
  mobyIssue,
  mustRun,
  orUndo,
  page,
  probeProgram,
  quoteWord,
  refusalIn,
  rootScript,
  sharedContainer,
  startContainer,
  type Target,
  type VerifyContext,
} from '../../harness/checks/index.ts';
import { daemonJson } from '../instruments/daemon/daemon-faults.ts';
import { findInDataRoot } from '../instruments/daemon/data-root.ts';
import { restartDaemon } from '../instruments/daemon/restart.ts';
import { underRootlessKit } from '../instruments/daemon/search-path.ts';
import { canRestart, stopDaemon } from '../instruments/daemon/service.ts';
import { stopAndStart } from '../instruments/daemon/stop-and-start.ts';
import { mapped, rootlessMap, totalOf } from '../instruments/kernel/id-map.ts';
import { mountAt, mountsOf, optionValue } from '../instruments/kernel/mount-table.ts';
import { rootMay } from '../instruments/kernel/root-rights.ts';
import { subordinateIds } from '../instruments/kernel/subordinate-ids.ts';
import { capableFileWithoutDocker, overlayWithoutDocker } from '../instruments/without-docker/user-namespace.ts';
import { hasOverlayInUserNamespaces } from './kernel-release.ts';
import { overlayProbe } from './overlay-probe.ts';

const check = checksIn(import.meta);

/** The root's file system by storage driver; not vfs, which copies every layer. */
const copyOnWrite: Readonly<Record<string, string>> = {
  overlay2: 'overlay',
  overlayfs: 'overlay',
  'fuse-overlayfs': 'fuse.fuse-overlayfs',
  btrfs: 'btrfs',
  zfs: 'zfs',
};

/** Removes what vfs made, unless the user had it before. */
const layersAsBefore: Inject = async ({ target, host }) => {
  const folders = ['vfs', 'image/vfs'].map((name) => quoteWord(`${host.user.home}/.local/share/docker/${name}`));
  const had = await mustRun(target.root, `ls -d ${folders.join(' ')} 2>/dev/null || :`);
  return async () => {
    if (had === '') await mustRun(target.root, `rm -rf ${folders.join(' ')}`);
  };
};

const copyingDriver = {
  name: 'daemon.json asks for the storage driver vfs',
  inject: inOrder(layersAsBefore, daemonJson({ 'storage-driver': 'vfs' })),
};

check('ST-DRIVER', {
  level: 'MUST',
  title: "a container's root is a copy-on-write file system, the one of the storage driver that /info names",
  source: docker('engine/security/rootless/troubleshoot', 'known limitations: storage drivers'),
  remedy: 'remove storage-driver from ~/.config/docker/daemon.json; before kernel 5.11: apt-get install fuse-overlayfs',
  concurrent: true,
  async verify({ target }) {
    const { Driver } = (await dockerApi(target, 'GET', '/info')).json<{ Driver: string }>();
    const root = mountAt(await mountsOf(target, await sharedContainer(target)), '/');
    expect(Object.values(copyOnWrite), "file systems that a container's root may have").toContain(root.type);
    expect(copyOnWrite[Driver], `file system of the storage driver ${Driver}`).toBe(root.type);
  },
  triage: { withoutDocker: overlayWithoutDocker },
  fault: breaks("file systems that a container's root may have", copyingDriver),
});

/** The daemon is stopped first: its mounts hold the module. */
const withoutOverlay: Inject = async ({ target }) => {
  // a boot forgets it
  const setting = '/run/modprobe.d/rdc-overlay.conf';
  const undo = async () => {
    await mustRun(target.root, `rm -f ${setting}`);
    await restartDaemon(target);
  };
  await target.invalidate();
  return await orUndo(undo, async () => {
    await stopDaemon(target);
    const unload = `mkdir -p /run/modprobe.d; echo 'install overlay /bin/false' > ${setting}
i=0; until ! grep -q '^overlay ' /proc/modules || rmmod overlay || [ $i -gt 20 ]; do sleep 0.5; i=$((i+1)); done
! grep -q '^overlay ' /proc/modules`;
    await mustRun(target.root, unload);
  });
};

check('ST-KERNEL', {
  level: 'MUST',
  title: 'the kernel mounts overlay for an ordinary user in a user namespace, with copy-up and whiteouts',
  source: page('https://rootlesscontaine.rs/how-it-works/overlayfs/', 'kernel 5.11'),
  applies: hasOverlayInUserNamespaces,
  remedy: 'sudo modprobe overlay; look for a blacklist in /etc/modprobe.d and for a home on NFS or another overlay',
  concurrent: true,
  needsDaemon: false,
  async verify({ target }) {
    const overlay = await overlayProbe(target);
    expect(overlay.isInside, 'a user namespace made by RootlessKit').toBe(true);
    expect(overlay.refusal, 'the refusal of an overlay mount').toBeNull();
    expect(overlay.copiedUp, 'a file written to the mount, in its upper directory').toBe(true);
    expect(overlay.whiteout, 'the upper directory, where a file was removed').toBe('character special file 0:0');
  },
  triage: { withoutDocker: overlayWithoutDocker, notRootful: 'no daemon is asked' },
  fault: breaks(
    'the refusal of an overlay mount',
    'the overlay module is unloaded and kept from loading',
    withoutOverlay,
    { alsoBreaks: ['SOCK-PATH'], possible: rootMay('CAP_SYS_MODULE', 'unload overlay') },
  ),
});

/** Another copy-on-write driver has its own file system; ST-DRIVER judges that. */
const hasKernelOverlay = ({ host }: { readonly host: HostFacts }): true | string => {
  const wanted = host.asked.storageDriver ?? 'overlay2';
  const fileSystem = copyOnWrite[wanted] ?? 'overlay';
  if (fileSystem !== 'overlay') return `daemon.json asks for ${wanted}: no overlay of the kernel's`;
  return hasOverlayInUserNamespaces({ host });
};

const changesOfLowerFiles = `
rm -rf /var && mkdir /var && echo new > /var/new && echo "replaced $(ls -A /var)"
mv /mnt /moved && [ -d /moved ] && [ ! -e /mnt ] && echo renamed
rm /etc/group && [ ! -e /etc/group ] && echo removed`;

check('ST-USERXATTR', {
  level: 'MUST',
  title: 'the overlay of a container has userxattr: directories of the image can be replaced, renamed and removed',
  source: mobyIssue(42055, 'overlay2 in a user namespace without userxattr'),
  applies: hasKernelOverlay,
  remedy: 'use the driver overlay2 from Docker 20.10.6 on, or fuse-overlayfs: storage-driver in daemon.json',
  reproduce: `docker run --rm busybox grep ' / overlay' /proc/mounts                      # expected: userxattr
docker run --rm busybox sh -c 'rm -r /home && mkdir /home && echo replaced'   # expected: replaced`,
  concurrent: true,
  async verify({ target }) {
    await using container = await startContainer(target);
    const root = mountAt(await mountsOf(target, container), '/');
    const kind = [root.type, ...root.superOptions.filter((option) => option === 'userxattr')].join(' ');
    expect(kind, "type and options of the container's root").toBe('overlay userxattr');
    const { stdout } = await container.exec(['sh', '-c', changesOfLowerFiles]);
    const done = ['replaced new', 'renamed', 'removed'];
    expect(stdout.trim().split('\n'), 'what could be done to files of the image').toEqual(done);
    const upper = known(optionValue(root.superOptions, 'upperdir'), 'the upper directory of the overlay');
    const stat = `cd ${quoteWord(upper)} && stat -c '%n %F %t:%T' etc/group mnt var`;
    const { stdout: kinds } = await target.root.shell(stat);
    expect(kinds.trim().split('\n'), 'what stands for them in the upper directory').toEqual([
      'etc/group character special file 0:0',
      'mnt character special file 0:0',
      'var directory 0:0',
    ]);
  },
  triage: { withoutDocker: overlayWithoutDocker, notRootful: 'its overlay has no userxattr' },
  fault: breaks("type and options of the container's root", copyingDriver),
});

const removeImage = (target: Target, repo: string) => () => dockerApi(target, 'DELETE', `/images/${repo}:1?force=1`);

check('ST-LCHOWN', {
  level: 'MUST',
  title: 'an image may own files up to the last subordinate ID, and the import of one beyond fails at lchown',
  source: docker('engine/security/rootless/troubleshoot', 'lchown: invalid argument'),
  remedy: 'give the user more IDs in /etc/subuid and /etc/subgid, then: systemctl --user restart docker',
  concurrent: true,
  async verify({ target, host, defer }) {
    const { uids } = await subordinateIds(target);
    const last = totalOf(uids);
    const name = `rdc-owner-${randomUUID()}`;
    const ownedBy = (owner: number) => [{ path: name, mode: 0o644, content: 'owned\n', owner }];
    defer(removeImage(target, 'rdc/owned'));
    const beyond = await importImage(target, 'rdc/owned', ownedBy(last + 1));
    expect(beyond ?? 'taken', `the refusal of a file of UID ${last + 1}`).toMatch(/lchown(at)? .*: invalid argument/);
    const within = await importImage(target, 'rdc/owned', ownedBy(last));
    expect(within, `the refusal of a file of UID ${last}`).toBeNull();
    const path = await findInDataRoot(target, name);
    const { stdout } = await target.root.exec(['stat', '-c', '%u', path ?? name]);
    const owner = String(mapped(rootlessMap(host.user.uid, uids), last));
    expect(stdout.trim(), `owner on the host's disk of the file of UID ${last}`).toBe(owner);
  },
  fault: breaks(
    'the refusal of a file of UID {1001}',
    'the range in /etc/subuid shrinks to 1000 IDs while the daemon runs',
    filtered('/etc/subuid', ({ user }) => `sed -E 's/^((${user.name}|${user.uid}):[0-9]+):.*/\\1:1000/'`),
    { alsoBreaks: ['PRE-SUBID-COUNT', 'PRE-SUBID-NSS', 'NS-UIDMAP'] },
  ),
});

function onLayer(name: string, command: (host: HostFacts) => string): Inject {
  return async ({ target, host }) => {
    await mustRun(target.root, `${command(host)} ${quoteWord((await findInDataRoot(target, name)) ?? '')}`);
    return async () => {};
  };
}

const capableName = 'rdc-capable';

/** CAP_NET_BIND_SERVICE, permitted and effective: struct vfs_cap_data, revision 2. */
const serverCapability = {
  'security.capability': Buffer.from('0100000200040000000000000000000000000000', 'hex'),
};

/** Starts the program as a user without privileges; its UID and effective capabilities by the host's kernel. */
async function runCapable({ target, defer }: Pick<VerifyContext, 'target' | 'defer'>) {
  const nonce = randomUUID();
  const Cmd = [`/${capableName}`, 'serve', 'tcp', '8080', nonce];
  const body = { Image: 'rdc/capable:1', Cmd, User: '1000:1000', HostConfig: { NetworkMode: 'none' } };
  const created = await dockerApi(target, 'POST', '/containers/create', { body });
  expect(created.status, 'the answer to creating the container').toBe(201);
  const { Id } = created.json<{ Id: string }>();
  defer(() => dockerApi(target, 'DELETE', `/containers/${Id}?force=1`));
  const started = await dockerApi(target, 'POST', `/containers/${Id}/start`);
  expect(started.status, 'the answer to starting the container').toBe(204);
  // the daemon answers before the program has replaced runc's process
  const { stdout } = await target.root.shell(`
i=0; until f=$(grep -lz -- '^${nonce}$' /proc/[0-9]*/cmdline 2>/dev/null) || [ $i -ge 20 ]; do i=$((i+1)); sleep 0.1; done
awk '/^Uid:/{u=$3} /^CapEff:/{c=$2} END{print u, c}' "\${f%/cmdline}/status"`);
  const [uid, effective = ''] = stdout.trim().split(' ');
  return { uid: Number(uid), effective: effective.replace(/^0+/, '') };
}

check('ST-FILECAPS', {
  level: 'MUST',
  title: 'a file capability of an image is on disk for the user namespace, and UID 1000 in a container gets it',
  source: man('capabilities', 7, 'namespaced file capabilities (kernel 4.14)'),
  remedy: 'put the data root on a file system with extended attributes (ext4, xfs, btrfs), mounted without nosuid',
  concurrent: true,
  async verify({ target, host, defer, stage }) {
    defer(removeImage(target, 'rdc/capable'));
    const program = { path: capableName, mode: 0o755, content: probeProgram(), xattrs: serverCapability };
    const refusal = await importImage(target, 'rdc/capable', [program]);
    expect(refusal, 'the refusal of an image with a file capability').toBeNull();
    await stage('imported');
    const path = await findInDataRoot(target, capableName);
    const { stdout } = await target.root.exec(['getcap', '-n', path ?? capableName]);
    const ofUser = new RegExp(`cap_net_bind_service[=+]ep \\[rootid=${host.user.uid}\\]`);
    expect(stdout, "the file's capability on disk, for the root of the user's namespace").toMatch(ofUser);
    const { uids } = await subordinateIds(target);
    const process = await runCapable({ target, defer });
    expect(process.uid, 'host UID of the process').toBe(mapped(rootlessMap(host.user.uid, uids), 1000));
    expect(process.effective, 'effective capabilities of the process (CAP_NET_BIND_SERVICE is bit 10)').toBe('400');
  },
  triage: {
    withoutDocker: capableFileWithoutDocker,
    notRootful: 'its file capabilities are for the initial user namespace',
  },
  fault: breaks(
    "the file's capability on disk, for the root of the user's namespace",
    'the file loses its capability on disk, as on a file system without extended attributes',
    onLayer(capableName, () => 'setcap -r'),
    { at: 'imported' },
  ),
});

const foreignName = 'rdc-foreign';

check('ST-RM', {
  level: 'LIMITATION',
  title: 'the user cannot rm -rf what an image left in the data root; within RootlessKit the user can',
  source: docker('engine/security/rootless/troubleshoot', 'uninstall: rootlesskit rm -rf'),
  remedy: 'rootlesskit rm -rf ~/.local/share/docker (stop the daemon first)',
  async verify({ target, host, defer, stage }) {
    defer(removeImage(target, 'rdc/foreign'));
    const refusal = await importImage(target, 'rdc/foreign', [
      { path: foreignName, mode: 0o700, owner: 1001 },
      { path: `${foreignName}/file`, mode: 0o600, content: 'x', owner: 1001 },
    ]);
    expect(refusal, 'the refusal of an image with files of UID 1001').toBeNull();
    const path = quoteWord(known(await findInDataRoot(target, foreignName), "the image's layer on disk"));
    await stage('imported');
    const removed = await target.shell(`LC_ALL=C rm -rf ${path}`);
    expectDocumented(removed.code === 0 ? null : removed.stderr, /Permission denied/, "the user's rm -rf");
    const isThere = async () => (await target.root.shell(`[ -e ${path}/file ]`)).code === 0;
    const afterUser = await isThere();
    asFinding('lifted', () => expect(afterUser, "lifted: the file after the user's rm -rf").toBe(true));
    await target.shell(underRootlessKit(host, `rm -rf ${path}`));
    const afterKit = await isThere();
    asFinding('differs', () => expect(afterKit, 'differs: the file after rootlesskit rm -rf').toBe(false));
  },
  fault: lifts(
    "the user's rm -rf",
    'the files belong to the user, as if no subordinate ID were used',
    onLayer(foreignName, ({ user }) => `chown -R ${user.uid}:${user.gid}`),
    { at: 'imported' },
  ),
});

const lockedFolder = '/mnt/rdc-locked';
const lockedFlags = ['nosuid', 'nodev', 'noexec'];

check('ST-LOCKED', {
  level: 'MUST',
  title: 'a bind source mounted nosuid, nodev and noexec keeps these flags in a container, writable and read-only',
  source: moby('v20.10.6', 'daemon/oci_linux.go', 'flags that are locked in a user namespace (248f98ef5e)'),
  applies: ({ host }) => {
    if (/ 20\.10\.[0-5]\b/.test(host.versions.dockerd ?? '')) return 'Docker keeps locked mount flags from 20.10.6 on';
    const isPrivate = host.rootPropagation === 'private';
    return !isPrivate || 'the mount of / is private: the daemon sees no mount made after its start';
  },
  remedy: 'update Docker to 20.10.6 and runc to 1.0.0-rc95 or later',
  async verify({ target, defer, stage }) {
    const unmount = `while mountpoint -q ${lockedFolder}; do umount ${lockedFolder}; done; rmdir ${lockedFolder}`;
    defer(() => mustRun(target.root, unmount));
    const mount = `mount -t tmpfs -o ${lockedFlags},mode=777,size=4m rdc ${lockedFolder}`;
    await mustRun(target.root, `mkdir -p ${lockedFolder}; ${mount}`);
    await stage('mounted');
    // control: a daemon that starts no container at all would refuse this one for another reason
    await sharedContainer(target);
    const binds = { host: { Binds: [`${lockedFolder}:/writable`, `${lockedFolder}:/readonly:ro`] } };
    const started = await startContainer(target, binds).catch((error) => refusalIn(error, target));
    expect(started, 'a container with the bind mounts').not.toBeTypeOf('string');
    if (typeof started === 'string') return;
    await using container = started;
    const mounts = await mountsOf(target, container);
    const [writable, readOnly] = ['/writable', '/readonly'].map((point) => mountAt(mounts, point).options);
    expect(writable, 'flags of the bind mount').toEqual(expect.arrayContaining(lockedFlags));
    expect(readOnly, 'flags of the read-only bind mount').toEqual(expect.arrayContaining(['ro', ...lockedFlags]));
    const tries = ['cp /bin/busybox /writable/true && /writable/true', '/readonly/true', 'touch /readonly/x'];
    const script = tries.map((one) => `${one} 2>/dev/null; echo $?`).join('\n');
    const { stdout } = await container.exec(['sh', '-c', script]);
    expect(stdout.trim().split('\n'), 'running a program there, twice, and writing').toEqual(['126', '126', '1']);
  },
  fault: breaks(
    'flags of the bind mount',
    'another mount without the flags lies over the source',
    rootScript(() => `mount -t tmpfs -o mode=777,size=4m rdc ${lockedFolder}`),
    { at: 'mounted' },
  ),
});

const idsShifted: Inject = inOrder(
  async ({ target }) =>
    async () =>
      restartDaemon(target),
  filtered('/etc/subuid', ({ user }) => `awk -F: -v OFS=: '$1 == "${user.name}" || $1 == ${user.uid} {$2++} 1'`),
);

check('ST-PERSIST', {
  level: 'MUST',
  title: 'content, owner and mode of files in a named volume survive a restart of the daemon',
  source: docker('engine/storage/volumes', 'volumes persist'),
  applies: canRestart,
  remedy: 'do not change /etc/subuid or /etc/subgid of a user with data; chown the volume by rootlesskit if you must',
  restartsDaemon: true,
  async verify(context) {
    const { target, host } = context;
    const { uids, gids } = await subordinateIds(target);
    const { failure, volume } = await stopAndStart('ST-PERSIST', context);
    if (failure) throw new Error('the daemon did not come back', { cause: failure });
    const { nonce, inContainer, onDisk } = known(volume, 'what the volume holds');
    expect(inContainer, 'owner, mode and content in a container').toEqual(['1001:1001 700', nonce, 'runs']);
    const [uidMap, gidMap] = [rootlessMap(host.user.uid, uids), rootlessMap(host.user.gid, gids)];
    const owner = `${mapped(uidMap, 1001)}:${mapped(gidMap, 1001)}`;
    expect(onDisk, "owner and group on the host's disk").toBe(owner);
  },
  fault: breaks(
    'owner, mode and content in a container',
    "the user's subordinate UIDs move by one before the daemon starts again",
    idsShifted,
    { at: 'prepared' },
  ),
});
