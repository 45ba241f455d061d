import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
import { cachePath, cacheRoot } from '../../this-machine/paths.ts';
import { runCommand } from '../../this-machine/run-command.ts';

/** What this machine can do, beside the packages that it has, and what helps where it cannot. */
export type Ability = { readonly what: string; readonly present: boolean; readonly remedy: string };

/** $1 is an empty folder in the cache. Each word is one that works; the mounts end with the namespace. */
const tried = `cd "$1"
echo namespaces
mkdir cgroup && mount -t cgroup2 none cgroup && echo cgroup2
mkdir lower upper work root && : >lower/file
mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" root && rm root/file && : >root/other && echo overlay
setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user true && echo users
losetup --find && echo loop
exit 0`;

const inNamespaces = ['unshare', '--mount', '--net', '--propagation', 'private', 'sh', '-c', tried, 'sh'];

const remedies = {
  namespaces: ['mount and network namespaces', 'run rdc on the machine itself, or in a container that is privileged'],
  cgroup2: ['cgroup v2', 'a kernel with cgroup v2; in a container, one that is privileged'],
  overlay: [
    'an overlay over the cache',
    'a cache on a disk with ext4, xfs or btrfs, not on an overlay: XDG_CACHE_HOME=/path ./rdc run --provider nspawn',
  ],
  users: [
    'user namespaces of unprivileged users',
    'sysctl user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0   # those that are there',
  ],
  loop: ['loop devices (to unpack a box)', 'modprobe loop; in a container, one with /dev/loop-control'],
} as const;

/** Tries in a folder of the cache and in namespaces that end with the try; changes nothing. `unpacked`: no box has to be. */
export async function hostAbilities({ unpacked = false } = {}): Promise<Ability[]> {
  const root = { what: 'root', present: process.getuid?.() === 0, remedy: 'sudo ./rdc run --provider nspawn' };
  if (!root.present) return [root];
  const folder = mkdtempSync(cachePath('nspawn', '.try-'));
  try {
    const { stdout } = await runCommand([...inNamespaces, folder]);
    const works = stdout.split('\n');
    const asked = Object.entries(remedies).filter(([word]) => word !== 'loop' || !unpacked);
    return [
      root,
      ...asked.map(([word, [what, remedy]]) => ({ what, present: works.includes(word), remedy })),
      ...devices(),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function devices(): Ability[] {
  const needed = {
    '/dev/net/tun': 'modprobe tun',
    '/dev/fuse': 'modprobe fuse',
    '/dev/kmsg': 'mknod /dev/kmsg c 1 11',
  };
  return Object.entries(needed).map(([what, remedy]) => ({ what, present: existsSync(what), remedy }));
}

/** Before anything is made for a container. Throws HOST_SETUP with all that is missing. */
export async function expectAbilities(options: { readonly unpacked: boolean }): Promise<void> {
  const missing = (await hostAbilities(options)).filter(({ present }) => !present);
  if (missing.length === 0) return;
  const what = missing.map((one) => one.what).join(', ');
  throw new RdcError('HOST_SETUP', `containers need what this machine does not have: ${what} (cache: ${cacheRoot()})`, {
    hint: missing.map(({ remedy }) => remedy).join('\n      '),
  });
}

/** Measured: systemd 257 with its units and the daemon of one user. */
const instancesOfContainer = 25;

/** Without them systemd stops at once, and the console only says "Failed to allocate manager object". Throws HOST_SETUP. */
export function expectInotifyInstances(name: string, proc = '/proc'): void {
  const limit = Number(readFileSync(`${proc}/sys/fs/inotify/max_user_instances`, 'utf8'));
  const used = inotifyInstancesOfRoot(proc);
  if (limit - used >= instancesOfContainer) return;
  throw new RdcError(
    'HOST_SETUP',
    `${name} needs about ${instancesOfContainer} inotify instances, and root has ${Math.max(0, limit - used)} left of ${limit} on this machine`,
    { hint: 'sysctl fs.inotify.max_user_instances=1024   # or stop containers: ./rdc down' },
  );
}

function inotifyInstancesOfRoot(proc: string): number {
  const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + inotifyInstancesOf(`${proc}/${pid}`), 0);
}

/** None for a process that ended meanwhile. */
function inotifyInstancesOf(process: string): number {
  try {
    if (!/^Uid:\t0\t/m.test(readFileSync(`${process}/status`, 'utf8'))) return 0;
    const links = readdirSync(`${process}/fd`).map((fd) => readlinkSync(`${process}/fd/${fd}`));
    return links.filter((link) => link === 'anon_inode:inotify').length;
  } catch {
    return 0;
  }
}
