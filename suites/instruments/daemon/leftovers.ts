import { type HostFacts, known, type Target } from '../../../harness/checks/index.ts';
import { parseStart } from '../kernel/process-start.ts';
import type { DaemonProcess } from './process.ts';

/** What a rootless daemon consists of, by the names in /proc/PID/comm (15 characters at most). */
const serviceNames = [
  'rootlesskit',
  'exe',
  'slirp4netns',
  'pasta',
  'pasta.avx2',
  'vpnkit',
  'dockerd',
  'containerd',
  'containerd-shim',
  'docker-proxy',
  'rootlesskit-doc',
];

/** Processes of the user with such a name, `NAME PID` a line; of these what `filter` lets through. */
async function processesNamedSo(target: Target, { user }: HostFacts, filter = ''): Promise<string[]> {
  // not awk alone: it ends at the first process that is gone by then, and those behind it would not be looked at
  const { stdout } = await target.root.shell(
    `cat /proc/[0-9]*/status 2>/dev/null | awk 'BEGIN{split("${serviceNames.join(' ')}", a); for (i in a) is[a[i]]} /^Name:/{n=$2} /^Pid:/{p=$2} /^Uid:/{if ($3 == ${user.uid} && n in is) print n, p} END{if (NR > 0) print "looked"}'${filter}`,
  );
  const lines = stdout.split('\n').filter(Boolean);
  return known(lines.pop() === 'looked' ? lines : null, 'the processes of the host');
}

/** Such processes, wherever they are: `dockerd 4711`. Without `others`, which were there before. */
export async function serviceProcesses(target: Target, host: HostFacts, others: readonly string[]): Promise<string[]> {
  return (await processesNamedSo(target, host)).filter((process) => !others.includes(process));
}

/** Of such processes those of something else, e.g. podman's pasta: neither the daemon's nor in its unit. */
export async function otherProcesses(target: Target, host: HostFacts, { service }: DaemonProcess): Promise<string[]> {
  const elsewhere = ` | while read -r n p; do grep -qs '/docker\\.service' /proc/$p/cgroup || echo $n $p; done`;
  const own = service.map(({ pid, command }) => `${command} ${pid}`);
  return (await processesNamedSo(target, host, elsewhere)).filter((process) => !own.includes(process));
}

/** Kills what a stop left behind: `NAME PID` of the service, and a container's by the PID of its first process. */
export async function endLeftovers(target: Target, left: readonly string[], containerPid: number): Promise<void> {
  if (left.length === 0) return;
  const pids = left.map((process) => process.split(' ')[1]);
  await target.root.shell(`kill -9 ${[...pids, containerPid].join(' ')} 2>/dev/null`);
}

export type Crash = {
  /** of the killed service's processes, those that were there 5 s later */
  readonly left: readonly string[];
  /** from the kill to the start of the unit's next main process, by the kernel's clock; null when there was none in time */
  readonly restartedAfterSeconds: number | null;
};

/** Kills RootlessKit where it stands and watches what becomes of the service, in one script on the target's clock. */
export async function killRootlessKit(target: Target, { service, startedBy }: DaemonProcess): Promise<Crash> {
  const { pid } = known(
    startedBy.find(({ command }) => command === 'rootlesskit'),
    'the process of RootlessKit',
  );
  const others = service.map((process) => process.pid);
  const { stdout } = await target.root.shell(`
set -- ${others.join(' ')}
kits() { grep -lx rootlesskit /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3; }
# the user may have others, for what is not Docker
before=" $(echo $(kits)) "
getconf CLK_TCK; cut -d' ' -f1 /proc/uptime
kill -9 ${pid}
i=0
while [ $i -lt 25 ]; do
  left=; for p in $*; do [ -d /proc/$p ] && left="$left $p"; done
  [ -n "$left" ] || break
  sleep 0.2; i=$((i+1))
done
for p in $left; do echo "left $(cat /proc/$p/comm) $p"; done
i=0
while [ $i -lt 100 ]; do
  for p in $(kits); do
    case $before in *" $p "*) ;; *) [ "$(stat -c %u /proc/$p)" = ${target.facts.host.user.uid} ] && { echo "next $(cat /proc/$p/stat)"; exit; };; esac
  done
  sleep 0.2; i=$((i+1))
done`);
  return parseCrash(stdout);
}

/** Pure: ticks of a second, seconds since boot at the kill, then `left NAME PID` and `next STAT` lines. */
export function parseCrash(text: string): Crash {
  const [ticks = '', killedAt = ''] = text.split('\n');
  const next = /^next (.+)$/m.exec(text)?.[1];
  const start = next === undefined ? null : parseStart(next);
  return {
    left: [...text.matchAll(/^left (.+)$/gm)].map(([, process = '']) => process),
    restartedAfterSeconds: start === null ? null : start / Number(ticks) - Number(killedAt),
  };
}
