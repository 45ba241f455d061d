import { holdersOf, known, quoteWord, RdcError, type ReadableTarget } from '../../../harness/checks/index.ts';
import { parseIdMap } from '../kernel/id-map.ts';

type ProcessFacts = { readonly pid: number; readonly command: string; readonly uids: readonly number[] };

export type DaemonProcess = NonNullable<ReturnType<typeof parseDaemonProcess>>;

/** The listener at the user's socket, its ancestors up to the user manager, and all descendants except containers. */
export async function daemonProcess(target: ReadableTarget): Promise<DaemonProcess> {
  const { stdout } = await target.root.shell(script(target.facts.host.socket));
  return known(parseDaemonProcess(stdout), 'the process that listens on the API socket');
}

function script(socket: string): string {
  return `
for p in $(${holdersOf(quoteWord(socket))}); do
  echo "pid $p"
  readlink /proc/$p/ns/user /proc/1/ns/user | sed '1s/^/userns /; 2s/^/initns /'
  sed 's/^/uid_map /' /proc/$p/uid_map
  sed 's/^/gid_map /' /proc/$p/gid_map
done
[ -n "$p" ] || exit 0
# cat, since awk ends at the first process that is gone by then, and the list would seem to end there
cat /proc/[0-9]*/status 2>/dev/null |
awk '/^Name:/{n=$2} /^Pid:/{p=$2} /^PPid:/{q=$2} /^Uid:/{u=$2" "$3" "$4" "$5} /^NSpid:/{print "process", p, q, NF-1, u, n}'`;
}

/** Pure. Null without a daemon; throws if several processes listen at the path. */
export function parseDaemonProcess(text: string) {
  const holders = new Map(
    `\n${text}`
      .split(/\npid (?=\d)/)
      .slice(1)
      .map((part) => [Number.parseInt(part, 10), part.split('\n')] as const),
  );
  const processes = text.split('\n').filter((line) => line.startsWith('process '));
  const byPid = new Map(processes.map(parseProcess).map((process) => [process.pid, process]));
  const daemon = daemonOf(new Set(holders.keys()), byPid);
  if (daemon === undefined) return null;
  const values = (key: string) =>
    (holders.get(daemon.pid) ?? [])
      .filter((line) => line.startsWith(`${key} `))
      .map((line) => line.slice(key.length + 1));
  return {
    pid: daemon.pid,
    uidMap: parseIdMap(values('uid_map').join('\n')),
    gidMap: parseIdMap(values('gid_map').join('\n')),
    userNamespace: values('userns')[0] ?? '',
    initialUserNamespace: values('initns')[0] ?? '',
    ...serviceOf(daemon, byPid),
  };
}

/** `depth`: how many PID namespaces the process is in; a container's is one deeper. */
type ProcessLine = ProcessFacts & { readonly parent: number; readonly depth: number };

function parseProcess(line: string): ProcessLine {
  const [, pid, parent, depth, a, b, c, d, ...name] = line.split(' ');
  return {
    pid: Number(pid),
    parent: Number(parent),
    depth: Number(depth),
    uids: [a, b, c, d].map(Number),
    command: name.join(' '),
  };
}

/** Bounded, whatever a target prints: each process once. */
function ancestorsOf(process: ProcessLine, byPid: ReadonlyMap<number, ProcessLine>): ProcessLine[] {
  const ancestors = new Set<ProcessLine>();
  for (let above = byPid.get(process.parent); above && !ancestors.has(above); above = byPid.get(above.parent)) {
    ancestors.add(above);
  }
  return [...ancestors];
}

function daemonOf(pids: ReadonlySet<number>, byPid: ReadonlyMap<number, ProcessLine>): ProcessLine | undefined {
  const all = [...byPid.values()].filter(({ pid }) => pids.has(pid));
  // a holder in a deeper PID namespace is the daemon of a machine within this one, at the same path
  const depth = all.reduce((least, holder) => Math.min(least, holder.depth), Number.POSITIVE_INFINITY);
  // between fork and exec a child has the daemon's name and files
  const isCopy = ({ pid, parent, command }: ProcessLine) =>
    parent !== pid && pids.has(parent) && byPid.get(parent)?.command === command;
  const holders = all.filter((holder) => holder.depth === depth && !isCopy(holder));
  // whoever opened the socket and started the daemon may hold it too
  const openers = new Set(holders.flatMap((holder) => ancestorsOf(holder, byPid)));
  const servers = holders.filter((holder) => !openers.has(holder));
  if (servers.length < 2) return servers[0];
  const names = servers.slice(0, 5).map(({ pid, command }) => `${command} ${pid}`);
  throw new RdcError('FACTS', `several processes listen at the path of the API socket: ${names.join(', ')}`, {
    hint: 'end those that are not the daemon under test',
  });
}

function serviceOf(daemon: ProcessLine, everything: ReadonlyMap<number, ProcessLine>) {
  const all = [...everything.values()].filter((process) => process.depth === daemon.depth);
  const byPid = new Map(all.map((process) => [process.pid, process]));
  const above = ancestorsOf(daemon, byPid);
  const end = above.findIndex(({ pid, command }) => pid === 1 || command.startsWith('systemd'));
  const startedBy = (end < 0 ? above : above.slice(0, end)).reverse();
  const members = new Set([startedBy[0]?.pid ?? daemon.pid]);
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const process of all) if (members.has(process.parent)) members.add(process.pid);
  }
  const facts = ({ pid, command, uids }: ProcessLine): ProcessFacts => ({ pid, command, uids });
  return {
    /** the daemon, its ancestors in the user session, and all descendants except containers */
    service: all.filter(({ pid }) => members.has(pid)).map(facts),
    startedBy: startedBy.map(facts),
  };
}
