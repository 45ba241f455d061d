import { known, type Target } from '../../harness/index.ts';
import { type IdMapLine, parseIdMap } from '../namespaces/id-map.ts';

export type ProcessFacts = { readonly pid: number; readonly command: string; readonly uids: readonly number[] };

/** The daemon behind the user's socket, as the kernel shows it. */
export type DaemonProcess = {
  readonly pid: number;
  readonly uidMap: readonly IdMapLine[];
  readonly gidMap: readonly IdMapLine[];
  readonly userNamespace: string;
  readonly initialUserNamespace: string;
  /** the daemon, what started it in the same user session, and what it runs for itself; containers are left out */
  readonly service: readonly ProcessFacts[];
};

/**
 * Whoever listens on the user's socket: the socket's path is looked for in each dockerd's own /proc/PID/net/unix,
 * because a rootless daemon may live in another network namespace and a rootful one may have taken its place. In that
 * of every thread: making a container's network, dockerd 20.10 leaves threads behind, its first one too.
 * The service is that process, its ancestors up to PID 1 or a user manager, and all descendants in its PID namespace.
 */
export async function daemonProcess(target: Target): Promise<DaemonProcess> {
  const { stdout } = await target.root.shell(script(target.facts.host.socket));
  return known(parseDaemonProcess(stdout), 'the process that listens on the API socket');
}

// few processes, whole globs: under emulation each fork costs 20 ms, and a loop over /proc takes half a minute
function script(socket: string): string {
  return `
for p in $(grep -lx dockerd /proc/[0-9]*/comm 2>/dev/null); do
  p=\${p%/comm}
  # between fork and exec a child of the daemon has its name and its network, and is gone a moment later
  parent=; while read -r key value; do [ "$key" = PPid: ] && parent=$value && break; done 2>/dev/null < $p/status
  name=; read -r name 2>/dev/null < /proc/\${parent:-0}/comm
  [ "$name" = dockerd ] && continue
  grep -qs ' ${socket}$' $p/task/*/net/unix && { daemon=\${p#/proc/}; break; }
done
[ -n "$daemon" ] || exit 0
echo "pid $daemon"
readlink /proc/$daemon/ns/user /proc/1/ns/user | sed '1s/^/userns /; 2s/^/initns /'
sed 's/^/uid_map /' /proc/$daemon/uid_map
sed 's/^/gid_map /' /proc/$daemon/gid_map
# cat, since awk ends at the first process that is gone by then, and the list would seem to end there
cat /proc/[0-9]*/status 2>/dev/null |
awk '/^Name:/{n=$2} /^Pid:/{p=$2} /^PPid:/{q=$2} /^Uid:/{u=$2" "$3" "$4" "$5} /^NSpid:/{print "process", p, q, NF-1, u, n}'`;
}

/** Pure; null when no daemon was found. */
export function parseDaemonProcess(text: string): DaemonProcess | null {
  const lines = text.split('\n');
  const value = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1);
  const block = (key: string) =>
    lines
      .filter((line) => line.startsWith(`${key} `))
      .map((line) => line.slice(key.length + 1))
      .join('\n');
  const pid = Number(value('pid'));
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return {
    pid,
    uidMap: parseIdMap(block('uid_map')),
    gidMap: parseIdMap(block('gid_map')),
    userNamespace: value('userns') ?? '',
    initialUserNamespace: value('initns') ?? '',
    service: serviceOf(pid, lines.filter((line) => line.startsWith('process ')).map(parseProcess)),
  };
}

/** `depth`: how many PID namespaces the process is in; a container's are one deeper than the daemon. */
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

function serviceOf(daemon: number, everything: readonly ProcessLine[]): ProcessFacts[] {
  const depth = everything.find((process) => process.pid === daemon)?.depth;
  const all = everything.filter((process) => process.depth === depth);
  const byPid = new Map(all.map((process) => [process.pid, process]));
  let top = byPid.get(daemon);
  while (top) {
    const parent = byPid.get(top.parent);
    if (!parent || parent.pid === 1 || parent.command.startsWith('systemd')) break;
    top = parent;
  }
  const members = new Set(top ? [top.pid] : []);
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const process of all) if (members.has(process.parent)) members.add(process.pid);
  }
  return all.filter((process) => members.has(process.pid)).map(({ pid, command, uids }) => ({ pid, command, uids }));
}
