import { randomUUID } from 'node:crypto';
import { type Container, known, type Target } from '../../../harness/checks/index.ts';

/**
 * The IDs that processes of a container have on the host, one process for each ID (as UID and GID alike) asked for:
 * `UID:GID`, or the errno by which the kernel refuses such IDs to a process of the container.
 * All are started by one `exec`, which costs seconds on an emulated machine. Each is known by a nonce in its
 * arguments, which only the kernel can have shown us.
 */
export async function hostIdsOf(target: Target, container: Container, ids: readonly number[]): Promise<string[]> {
  const nonce = randomUUID();
  const start = (id: number, index: number) => `probe idle ${id} ${id} ${nonce}-${index} >/dev/null 2>&1 &`;
  await container.exec(['sh', '-c', `${ids.map(start).join('\n')}\n:`]);
  const { stdout } = await target.root.shell(`
for p in $(grep -lz -- '^${nonce}-' /proc/[0-9]*/cmdline 2>/dev/null); do
  p=\${p%/cmdline}
  echo "$(tr '\\0' '\\n' < $p/cmdline | sed -n 's/^${nonce}-//p') $(awk '/^Uid:/{u=$3} /^Gid:/{g=$3} END{print u, g}' $p/status)"
done`);
  const found = parseHostIds(stdout);
  const answers: string[] = [];
  for (const [index, id] of ids.entries()) answers.push(found.get(index) ?? (await refusedBy(container, id)));
  return answers;
}

/** Asked once more where there is no such process: one that may have the ID would stay, and say nothing. */
async function refusedBy(container: Container, id: number): Promise<string> {
  const { stdout } = await container.exec(['timeout', '5', 'probe', 'idle', String(id), String(id), 'rdc']);
  const errno = /"errno":"(\w+)"/.exec(stdout)?.[1];
  return known(errno, `the process of ID ${id}`);
}

/** Pure: lines `INDEX UID GID`. */
export function parseHostIds(text: string): ReadonlyMap<number, string> {
  const lines = [...text.matchAll(/^(\d+) (\d+) (\d+)$/gm)];
  return new Map(lines.map(([, index, uid, gid]) => [Number(index), `${uid}:${gid}`]));
}
