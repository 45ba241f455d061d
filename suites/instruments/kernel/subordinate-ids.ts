import { type IdRange, idRanges, type ReadableTarget } from '../../../harness/checks/index.ts';

export async function subordinateIds(target: ReadableTarget): Promise<{ uids: IdRange[]; gids: IdRange[] }> {
  const { name, uid } = target.facts.host.user;
  const { stdout } = await target.shell('cat /etc/subuid; echo --; cat /etc/subgid');
  const [uids = '', gids = ''] = stdout.split(/^--\n/m);
  return { uids: idRanges(uids, name, uid), gids: idRanges(gids, name, uid) };
}
