import { randomUUID } from 'node:crypto';
import {
  breaks,
  checksIn,
  docker,
  dockerApi,
  expect,
  type Inject,
  importImage,
  issue,
  mustRun,
  probeProgram,
  quoteWord,
  refusalIn,
  rootScript,
  setAside,
  startContainer,
} from '../../harness/checks/index.ts';
import { onSearchPath } from '../instruments/daemon/search-path.ts';
import { mountAt, mountsOf, optionValue } from '../instruments/kernel/mount-table.ts';

const check = checksIn(import.meta);

/** A program that needs an interpreter in the container, as one that is linked dynamically does. */
const initNotStatic: Inject = async ({ target, host }) => {
  const path = (await mustRun(target.root, `${onSearchPath(host)}readlink -f "$(command -v docker-init)"`)).trim();
  return await setAside(target.root, path, () => '#!/bin/sh\n[ "$1" != -- ] || shift\n"$@"\n');
};

check('SEC-INIT', {
  level: 'MUST',
  title: '--init puts docker-init before the program, also in an image of one static program, and hands on SIGTERM',
  source: issue('vmware/photon', 1605, 'docker run --init: exec /sbin/docker-init: no such file or directory'),
  remedy: 'apt-get install tini: docker-init has to be in the PATH of the daemon, and linked statically',
  concurrent: true,
  async verify({ target, defer }) {
    const repo = `rdc/init-${randomUUID()}`;
    defer(() => dockerApi(target, 'DELETE', `/images/${repo}:1?force=1`));
    await importImage(target, repo, [{ path: 'probe', mode: 0o755, content: probeProgram() }]);
    const command = ['/probe', 'serve', 'tcp', '80', 'rdc'];
    const started = await startContainer(target, { image: `${repo}:1`, command, host: { Init: true } }).catch((error) =>
      refusalIn(error, target),
    );
    expect(typeof started === 'string' ? started : null, 'refusal of --init').toBeNull();
    if (typeof started === 'string') return;
    await using container = started;
    // DAEMON: it has ended
    const pid = await container.hostPid().catch((error) => (error.code === 'DAEMON' ? null : Promise.reject(error)));
    const names = await target.root.shell(
      `cd /proc && cat ${pid}/comm && for c in $(cat ${pid}/task/${pid}/children); do cat $c/comm; done`,
    );
    expect(names.stdout.trim(), 'the first process and what it started').toBe('docker-init\nprobe');
    await dockerApi(target, 'POST', `/containers/${container.id}/kill?signal=TERM`);
    const { StatusCode } = (await dockerApi(target, 'POST', `/containers/${container.id}/wait`)).json<{
      StatusCode: number;
    }>();
    expect(StatusCode, 'exit code after SIGTERM').toBe(143);
  },
  fault: breaks(
    ['refusal of --init', 'the first process and what it started'],
    'docker-init is a script',
    initNotStatic,
  ),
});

/** Flags of a mount do not reach the daemon's mount namespace when they are changed on the host. */
const inDaemonMounts = (uid: number, script: string, home: string) =>
  `export d=${quoteWord(`${home}/.local/share/docker/volumes`)}; nsenter -m -t "$(pgrep -xo -u ${uid} dockerd)" sh -c '${script}'`;

check('SEC-DEFAULTS', {
  level: 'SHOULD',
  title:
    'a container that asks for nothing has 64 MiB of /dev/shm, set-user-ID programs gain privileges, volumes run programs',
  source: docker('engine/containers/run', 'runtime options: what --shm-size and --security-opt are without them'),
  remedy:
    'look in ~/.config/docker/daemon.json for default-shm-size and no-new-privileges; findmnt -T ~/.local/share/docker: nosuid and noexec reach volumes',
  concurrent: true,
  async verify({ target, defer }) {
    const volume = `rdc-${randomUUID()}`;
    defer(() => dockerApi(target, 'DELETE', `/volumes/${volume}?force=1`));
    await using container = await startContainer(target, { host: { Binds: [`${volume}:/volume`] } });
    const mounts = await mountsOf(target, container);
    expect(optionValue(mountAt(mounts, '/dev/shm').superOptions, 'size'), 'size of /dev/shm').toBe('65536k');
    const { options } = mountAt(mounts, '/volume');
    const taken = options.filter((option) => ['noexec', 'nosuid', 'ro'].includes(option));
    expect(taken, 'what programs on a volume may not').toEqual([]);
    const status = await mustRun(target.root, `cat /proc/${await container.hostPid()}/status`);
    expect(/^NoNewPrivs:\s+(\d)$/m.exec(status)?.[1], 'no_new_privs of its first process').toBe('0');
  },
  fault: breaks(
    'what programs on a volume may not',
    'the daemon sees the folder of the volumes mounted noexec',
    rootScript(
      ({ user }) => inDaemonMounts(user.uid, `mount --bind $d $d && mount -o remount,bind,noexec $d`, user.home),
      ({ user }) => inDaemonMounts(user.uid, 'umount -l $d', user.home),
    ),
  ),
});
