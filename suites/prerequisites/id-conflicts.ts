import { known, numberOf, type ReadableTarget } from '../../harness/checks/index.ts';

export type IdOwners = ReturnType<typeof parseIdOwners>;

export async function idOwners(target: ReadableTarget): Promise<{ uids: IdOwners; gids: IdOwners }> {
  const { stdout } = await target.shell(
    'cat /etc/subuid; echo --; getent passwd; echo --; cat /etc/subgid; echo --; getent group',
  );
  const [subuid = '', passwd = '', subgid = '', group = ''] = stdout.split(/^--\n/m);
  known(passwd.trim() || null, 'the accounts of the host');
  const gids = parseIdOwners(subgid, known(group.trim() || null, 'the groups of the host'));
  // an account's group may be missing among the groups
  return { uids: parseIdOwners(subuid, passwd), gids: { ...gids, real: [...gids.real, ...primaryGroups(passwd)] } };
}

export function parseIdOwners(ranges: string, real: string) {
  const lines = ranges.split('\n').map((line) => line.split(':'));
  return {
    ranges: lines.flatMap(([owner = '', first, many]) => {
      const [start, count] = [numberOf(first), numberOf(many)];
      return start === null || count === null || count === 0 ? [] : [{ owner, start, count }];
    }),
    real: idsIn(real, 2),
  };
}

/** Pure: names of passwd or group, with the ID in that field. */
function idsIn(text: string, field: number): { name: string; id: number }[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(':');
    const id = numberOf(fields[field]);
    return id === null ? [] : [{ name: fields[0] ?? '', id }];
  });
}

export function primaryGroups(passwd: string): IdOwners['real'] {
  return idsIn(passwd, 3).map(({ name, id }) => ({ name: `primary group of ${name}`, id }));
}

/** E.g. `other 165536-231071`. Two overlapping ranges of the user conflict too: the kernel refuses such a map. */
export function conflictsOf({ ranges, real }: IdOwners, user: { name: string; uid: number }): string[] {
  const isOwn = ({ owner }: { owner: string }) => owner === user.name || owner === String(user.uid);
  const conflicts = new Set<string>();
  for (const own of ranges.filter(isOwn)) {
    const end = own.start + own.count;
    for (const other of ranges) {
      if (other !== own && other.start < end && own.start < other.start + other.count) {
        conflicts.add(`${other.owner} ${other.start}-${other.start + other.count - 1}`);
      }
    }
    for (const { name, id } of real) if (id >= own.start && id < end) conflicts.add(`${name} ${id}`);
  }
  return [...conflicts];
}
