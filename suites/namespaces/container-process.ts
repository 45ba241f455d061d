import { randomUUID } from 'node:crypto';
import { type Fixture, known, type Target } from '../../harness/index.ts';

/** A process of a container as the host's kernel shows it. */
export type ContainerProcess = {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly userNamespace: string;
};

/**
 * The IDs that processes of a container have on the host, one process for each ID (as UID and GID alike) asked for.
 * All are started by one `exec`, which costs seconds on an emulated machine. Each is known by a nonce in its
 * arguments, which only the kernel can have shown us.
 */
export async function processesAs(
  target: Target,
  fixture: Fixture,
  ids: readonly number[],
): Promise<ContainerProcess[]> {
  const nonce = randomUUID();
  const start = (id: number, index: number) => `probe idle ${id} ${id} ${nonce}-${index} >/dev/null 2>&1 &`;
  await fixture.exec(['sh', '-c', `${ids.map(start).join('\n')}\n:`]);
  const { stdout } = await target.root.shell(`
for p in $(grep -lz -- '^${nonce}-' /proc/[0-9]*/cmdline 2>/dev/null); do
  p=\${p%/cmdline}
  echo "$(tr '\\0' '\\n' < $p/cmdline | sed -n 's/^${nonce}-//p') \${p#/proc/} $(awk '/^Uid:/{u=$3} /^Gid:/{g=$3} END{print u, g}' $p/status) $(readlink $p/ns/user)"
done`);
  const byIndex = new Map(stdout.split('\n').map((line) => [line.split(' ')[0], line]));
  return ids.map((id, index) => parseContainerProcess(known(byIndex.get(String(index)), `the process of ID ${id}`)));
}

/** Pure: `tag pid uid gid namespace`. */
export function parseContainerProcess(line: string): ContainerProcess {
  const [, pid, uid, gid, userNamespace = ''] = line.split(' ');
  return { pid: Number(pid), uid: Number(uid), gid: Number(gid), userNamespace };
}
