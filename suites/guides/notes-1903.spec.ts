import { breaks, checksIn, expect, known, page, sharedContainer, startContainer } from '../../harness/checks/index.ts';
import { byRootfulPrivileged, driverNone } from '../instruments/daemon/daemon-faults.ts';
import { canLimit, containerCgroup } from '../instruments/kernel/container-cgroup.ts';

// The release notes of 19.03, with today's truth. Other caveats: LMT-CHECKPOINT, NET-OVERLAY, PORT-SCTP, SEC-APPARMOR.

const check = checksIn(import.meta);
const notes = (section: string) => page('https://docs.docker.com/engine/release-notes/19.03/', section);

check('GUIDE-1903-USERNS', {
  level: 'MUST',
  title: "a container's root is the user for root's process list, and /root of the host stays closed to it",
  source: notes('rootless mode: the daemon and containers without root'),
  remedy: 'another daemon answers on the socket: systemctl --user status docker; sudo systemctl disable --now docker',
  concurrent: true,
  async verify({ target, host }) {
    const container = await sharedContainer(target, { host: { Privileged: true, Binds: ['/:/h'] } });
    const pid = await container.hostPid();
    const { stdout } = await target.root.shell(`ps -o uid=,user= -p ${pid}`);
    const owner = [String(host.user.uid), host.user.name];
    expect(stdout.trim().split(/\s+/), `owner of process ${pid} in the process list`).toEqual(owner);
    const { errno } = await container.probe<{ errno: string | null }>('open', '/h/root', 'r');
    expect(errno, '/root of the host, opened by root of a privileged container').toBe('EACCES');
  },
  fault: breaks('owner of process * in the process list', byRootfulPrivileged),
});

check('GUIDE-1903-CAVEATS', {
  level: 'SHOULD',
  title: 'the caveats of 19.03 are history: the root of a container is copy-on-write, and its limits are in the kernel',
  source: notes('rootless mode: known limitations'),
  applies: canLimit,
  remedy: 'see ST-DRIVER for the storage driver, CG-DRIVER for the limits',
  concurrent: true,
  async verify({ target }) {
    const memory = 64 * 1024 * 1024;
    await using container = await startContainer(target, { host: { Memory: memory, MemorySwap: memory } });
    const pid = await container.hostPid();
    const { stdout } = await target.root.shell(`awk '$5 == "/" { print $(NF-2) }' /proc/${pid}/mountinfo`);
    const fileSystem = stdout.trim().split('\n').at(-1);
    expect(fileSystem, "file system of the container's root").toMatch(/^(overlay|fuse\.fuse-overlayfs|btrfs)$/);
    const { files } = await containerCgroup(target, container, ['memory.max', 'cgroup.procs']);
    expect(files['memory.max'], "memory.max of the container's cgroup").toBe(String(memory));
    const inKernel = known(files['cgroup.procs'], 'processes of the cgroup').split(';');
    expect(inKernel, "processes of the container's cgroup").toEqual([String(pid)]);
  },
  fault: breaks("memory.max of the container's cgroup", driverNone),
});
