import { type Container, type HostFacts, known, mustRun, type Target } from '../../harness/checks/index.ts';
import { daemonProcess } from '../instruments/daemon/process.ts';

export async function openFileLimits(target: Target, container: Container) {
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
  const daemon = known(limits.daemon, "dockerd's limits");
  const kits = Object.entries(limits).flatMap(([name, { soft }]) => (name.startsWith('kit-') ? [soft] : []));
  return {
    daemon,
    inContainer: known(limits.container, "the container's limits"),
    manager: limits.manager,
    /** the lowest soft one of RootlessKit's processes; undefined where there is none */
    rootlessKit: kits.length > 0 ? Math.min(...kits) : undefined,
  };
}

export async function processLimits(target: Target, container: Container) {
  const { pid } = await daemonProcess(target);
  const files = [1, pid, await container.hostPid()].map((one) => `/proc/${one}/limits`).join(' ');
  const { stdout } = await target.root.shell(`awk '/^Max processes/ {print $3, $4}' ${files}`);
  const [init, daemon, inContainer] = stdout.trim().split('\n');
  return { init, daemon, inContainer: known(inContainer, 'the limits of PID 1, dockerd and the container') };
}

/** Cgroups below systemd's defaults: 15 % of the kernel's processes for a scope, 33 % for a user's slice. */
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
  return known(parseProcessCeilings(stdout), "the container's cgroups and their limits");
}

/** Pure: `most N` and lines `pids CGROUP LIMIT` (or `uncounted`); null if a limit was not read or is elsewhere. */
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

export function parseOpenFileLimits(text: string): Readonly<Record<string, { soft: number; hard: number }>> {
  const lines = [...text.matchAll(/^(\S+) +(\d+) +(\d+) +files/gm)];
  return Object.fromEntries(lines.map(([, name, soft, hard]) => [name, { soft: Number(soft), hard: Number(hard) }]));
}

/** Above `fs.nr_open` root is refused too, and a refusal would prove nothing. Resolves to the undo. */
export async function raiseFileCeiling(target: Target, limit: number) {
  const file = '/proc/sys/fs/nr_open';
  const before = Number(await mustRun(target.root, `cat ${file}`));
  if (before >= limit) return async () => {};
  // if the kernel refuses, no limit above can be asked for
  await target.root.shell(`echo ${limit + 1023} > ${file}`);
  return () => mustRun(target.root, `echo ${before} > ${file}`);
}

export async function keyQuota(target: Target, host: HostFacts) {
  const { stdout } = await target.root.exec(['cat', '/proc/key-users']);
  return parseKeyUsers(stdout, host.user.uid);
}

/** Pure: `UID: usage nkeys/nikeys qnkeys/maxkeys qnbytes/maxbytes`; see keyrings(7). */
export function parseKeyUsers(text: string, uid: number) {
  const line = new RegExp(`^ *${uid}:\\s+\\d+\\s+\\d+/\\d+\\s+(\\d+)/(\\d+)\\s+(\\d+)/(\\d+)$`, 'm').exec(text);
  if (!line) return null;
  const [used = 0, max = 0, usedBytes = 0, maxBytes = 0] = line.slice(1).map(Number);
  return { used, max, usedBytes, maxBytes };
}

/** runc makes a keyring `_ses.ID`. */
export async function sessionKeys(target: Target, id: string): Promise<number> {
  const { stdout } = await target.exec(['cat', '/proc/keys']);
  return parseSessionKeys(stdout, target.facts.host.user.uid, id);
}

export function parseSessionKeys(text: string, uid: number, id: string): number {
  return text.split('\n').filter((line) => line.includes(id) && line.split(/\s+/)[5] === String(uid)).length;
}
