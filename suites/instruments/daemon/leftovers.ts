import { type HostFacts, known, type Target } from '../../../harness/checks/index.ts';
import { parseStart } from '../kernel/process-start.ts';
import type { DaemonProcess } from './process.ts';

const serviceNames =
  'rootlesskit exe slirp4netns pasta pasta.avx2 vpnkit dockerd containerd containerd-shim docker-proxy rootlesskit-doc';

/** Lines `NAME PID` that pass `filter`. */
async function processesNamedSo(target: Target, { user }: HostFacts, filter = ''): Promise<string[]> {
  // cat first: awk would stop at a file that is gone by then
  const { stdout } = await target.root.shell(
    `cat /proc/[0-9]*/status 2>/dev/null | awk 'BEGIN{split("${serviceNames}", a); for (i in a) is[a[i]]} /^Name:/{n=$2} /^Pid:/{p=$2} /^Uid:/{if ($3 == ${user.uid} && n in is) print n, p} END{if (NR > 0) print "looked"}'${filter}`,
  );
  const lines = stdout.split('\n').filter(Boolean);
  return known(lines.pop() === 'looked' ? lines : null, 'the processes of the host');
}

export async function serviceProcesses(target: Target, host: HostFacts, others: readonly string[]): Promise<string[]> {
  return (await processesNamedSo(target, host)).filter((process) => !others.includes(process));
}

/** Processes of the same names that do not belong to the daemon, e.g. podman's pasta. */
export async function otherProcesses(target: Target, host: HostFacts, { service }: DaemonProcess): Promise<string[]> {
  const elsewhere = ` | while read -r n p; do grep -qs '/docker\\.service' /proc/$p/cgroup || echo $n $p; done`;
  const own = service.map(({ pid, command }) => `${command} ${pid}`);
  return (await processesNamedSo(target, host, elsewhere)).filter((process) => !own.includes(process));
}

/** `left`: lines `NAME PID` of the service. */
export async function endLeftovers(target: Target, left: readonly string[], containerPid: number): Promise<void> {
  if (left.length === 0) return;
  const pids = left.map((process) => process.split(' ')[1]);
  await target.root.shell(`kill -9 ${[...pids, containerPid].join(' ')} 2>/dev/null`);
}

export async function killRootlessKit(target: Target, { service, startedBy }: DaemonProcess) {
  const kit = startedBy.find(({ command }) => command === 'rootlesskit');
  const { pid } = known(kit, 'the process of RootlessKit');
  const { stdout } = await target.root.shell(`
set -- ${service.map((process) => process.pid).join(' ')}
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

/** Pure: ticks per second, seconds since boot at the kill, then `left NAME PID` and `next STAT` lines. */
export function parseCrash(text: string) {
  const [ticks = '', killedAt = ''] = text.split('\n');
  const next = /^next (.+)$/m.exec(text)?.[1];
  const start = next === undefined ? null : parseStart(next);
  return {
    left: [...text.matchAll(/^left (.+)$/gm)].map(([, process = '']) => process),
    restartedAfterSeconds: start === null ? null : start / Number(ticks) - Number(killedAt),
  };
}
