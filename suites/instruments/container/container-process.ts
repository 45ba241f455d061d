import { randomUUID } from 'node:crypto';
import { type Container, known, type Target } from '../../../harness/checks/index.ts';

/** Host `UID:GID` for each ID, or the errno. One exec for all of them: each costs seconds when emulated. */
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

/** only a process that was refused its ID ends by itself and answers */
async function refusedBy(container: Container, id: number): Promise<string> {
  const { stdout } = await container.exec(['timeout', '5', 'probe', 'idle', String(id), String(id), 'rdc']);
  const errno = /"errno":"(\w+)"/.exec(stdout)?.[1];
  return known(errno, `the process of ID ${id}`);
}

export function parseHostIds(text: string): ReadonlyMap<number, string> {
  const lines = [...text.matchAll(/^(\d+) (\d+) (\d+)$/gm)];
  return new Map(lines.map(([, index, uid, gid]) => [Number(index), `${uid}:${gid}`]));
}
