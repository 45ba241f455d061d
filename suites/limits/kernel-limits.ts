import { type Container, type HostFacts, known, mustRun, type Target } from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';

/** Hard RLIMIT_NOFILE of three processes, of dockerd and the container the soft one too; null where there is no user manager. */
export type OpenFileLimits = {
  readonly daemon: number;
  readonly soft: number;
  readonly manager: number | null;
  readonly inContainer: number;
  readonly softInContainer: number;
  /** the lowest soft one of RootlessKit's processes; null where there is none */
  readonly rootlessKit: number | null;
};

export async function openFileLimits(target: Target, container: Container): Promise<OpenFileLimits> {
  const { user } = target.facts.host;
  const { pid, startedBy } = await daemonProcess(target);
  const inside = await container.hostPid();
  const above = startedBy
    .filter(({ command }) => command.startsWith('rootlesskit'))
    .map((one) => `"kit-${one.pid} ${one.pid}"`);
  const { stdout } = await target.root.shell(`
manager=$(systemctl show -p MainPID user@${user.uid}.service 2>/dev/null | sed 's/^MainPID=//')
for p in "daemon ${pid}" "container ${inside}" "manager $manager" ${above.join(' ')}; do sed -n "s/^Max open files/\${p% *}/p" /proc/\${p#* }/limits 2>/dev/null; done`);
  const limits = parseOpenFileLimits(stdout);
  const kits = Object.entries(limits).flatMap(([name, { soft }]) => (name.startsWith('kit-') ? [soft] : []));
  return {
    rootlessKit: kits.length > 0 ? Math.min(...kits) : null,
    daemon: known(limits.daemon?.hard, "dockerd's limits"),
    soft: known(limits.daemon?.soft, "dockerd's limits"),
    manager: limits.manager?.hard ?? null,
    inContainer: known(limits.container?.hard, "the container's limits"),
    softInContainer: known(limits.container?.soft, "the container's limits"),
  };
}

/** Soft and hard RLIMIT_NPROC as the kernel writes them, each a number or `unlimited`. */
export type ProcessLimits = { readonly init: string; readonly daemon: string; readonly inContainer: string };

export async function processLimits(target: Target, container: Container): Promise<ProcessLimits> {
  const { pid } = await daemonProcess(target);
  const { stdout } = await target.root.shell(
    `for p in 1 ${pid} ${await container.hostPid()}; do awk '/^Max processes/ {print $3, $4}' /proc/$p/limits; done`,
  );
  const [init, daemon, inContainer] = stdout.split('\n');
  return {
    init: known(init || null, "PID 1's limits"),
    daemon: known(daemon || null, "dockerd's limits"),
    inContainer: known(inContainer || null, "the container's limits"),
  };
}

/**
 * Cgroups from a container's up to the root that allow fewer processes than systemd's defaults do, in words. systemd
 * gives a scope 15 % and a user's slice 33 % of what the kernel can have (DefaultTasksMax=, TasksMax= of user-.slice);
 * what lies between them has no limit.
 */
export async function tightProcessLimits(target: Target, container: Container): Promise<string[]> {
  const { stdout } = await target.root.shell(`
echo "most $(sort -n /proc/sys/kernel/pid_max /proc/sys/kernel/threads-max | head -n 1)"
c=/proc/${await container.hostPid()}/cgroup
d=$(sed -n 's/^0:://p' $c)
while [ -n "$d" ]; do
  f=/sys/fs/cgroup$d
  if [ -e "$f/pids.max" ]; then l=$(cat "$f/pids.max"); elif [ -e "$f/cgroup.procs" ]; then l=uncounted; else l=; fi
  echo "pids $d $l"; d=\${d%/*}
done
# where the controller is on a hierarchy of version 1, its limits are there; the root of one has none
awk -F: '$2 ~ /(^|,)pids(,|$)/ {print "elsewhere", $3}' $c`);
  const tight = parseProcessCeilings(stdout);
  return known(tight, "the container's cgroups and their limits");
}

/**
 * Pure: `most N` and a line `pids CGROUP LIMIT` for each cgroup, `uncounted` where the kernel has no pids controller for
 * it; null when one of them was not read, or when limits lie in another hierarchy, which nobody has looked at.
 */
export function parseProcessCeilings(text: string): string[] | null {
  const most = Number(/^most (\d+)$/m.exec(text)?.[1]);
  const lines = [...text.matchAll(/^pids (\S+) ?(.*)$/gm)];
  const cgroups = lines.filter(([, , limit = '']) => /^(max|uncounted|\d+)$/.test(limit));
  if (Number.isNaN(most) || cgroups.length === 0 || cgroups.length < lines.length) return null;
  if (/^elsewhere (?!\/$)/m.test(text)) return null;
  const shareOf = (path: string) => (/\.scope$/.test(path) ? 0.1 : /\/user-\d+\.slice$/.test(path) ? 0.3 : 1);
  return cgroups.flatMap(([, path = '', limit = '']) =>
    !/^\d+$/.test(limit) || Number(limit) >= shareOf(path) * most ? [] : [`${path}: ${limit} of ${most}`],
  );
}

/** Pure: `name soft hard files`, as in /proc/PID/limits. */
export function parseOpenFileLimits(text: string): Readonly<Record<string, { soft: number; hard: number }>> {
  const lines = [...text.matchAll(/^(\S+) +(\d+) +(\d+) +files/gm)];
  return Object.fromEntries(
    lines.map(([, name = '', soft, hard]) => [name, { soft: Number(soft), hard: Number(hard) }]),
  );
}

/**
 * Makes room for a limit below `fs.nr_open`, above which root is refused as well: Debian 12 gives the user all of it,
 * and a refusal there would say nothing of privilege. Returns what takes it back.
 */
export async function raiseFileCeiling(target: Target, limit: number): Promise<() => Promise<unknown>> {
  const file = '/proc/sys/fs/nr_open';
  const before = Number(await mustRun(target.root, `cat ${file}`));
  if (before >= limit) return async () => {};
  // a kernel whose ceiling cannot be higher has no limit above it that could be asked for
  await target.root.shell(`echo ${limit + 1023} > ${file}`);
  return () => mustRun(target.root, `echo ${before} > ${file}`);
}

/** Keys that count against a user's quota. */
export type KeyQuota = {
  readonly used: number;
  readonly max: number;
  readonly usedBytes: number;
  readonly maxBytes: number;
};

export async function keyQuota(target: Target, host: HostFacts): Promise<KeyQuota | null> {
  const { stdout } = await target.root.exec(['cat', '/proc/key-users']);
  return parseKeyUsers(stdout, host.user.uid);
}

/** Pure: the user's line of /proc/key-users, `UID: usage nkeys/nikeys qnkeys/maxkeys qnbytes/maxbytes`; see keyrings(7). */
export function parseKeyUsers(text: string, uid: number): KeyQuota | null {
  const line = new RegExp(`^ *${uid}:\\s+\\d+\\s+\\d+/\\d+\\s+(\\d+)/(\\d+)\\s+(\\d+)/(\\d+)$`, 'm').exec(text);
  if (!line) return null;
  const [used = 0, max = 0, usedBytes = 0, maxBytes = 0] = line.slice(1).map(Number);
  return { used, max, usedBytes, maxBytes };
}

/** Keys of a container on the user's account; runc makes a keyring `_ses.ID`. */
export async function sessionKeys(target: Target, id: string): Promise<number> {
  const { stdout } = await target.exec(['cat', '/proc/keys']);
  return parseSessionKeys(stdout, target.facts.host.user.uid, id);
}

/** Pure: keys of /proc/keys that the user owns, with the container's id in their names. */
export function parseSessionKeys(text: string, uid: number, id: string): number {
  return text.split('\n').filter((line) => line.includes(id) && line.split(/\s+/)[5] === String(uid)).length;
}
