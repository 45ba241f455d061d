import { type IdRange, idRanges, type ReadableTarget } from '../../../harness/checks/index.ts';

const byFiles = 'cat /etc/subuid; echo --; cat /etc/subgid';

/** In the form of the files. */
const byGetsubids = (name: string) =>
  `ranges() { getsubids "$@" '${name}' | sed 's/^[0-9]*: //; s/ /:/g'; }; ranges; echo --; ranges -g`;

/** From the files, or from where nsswitch.conf says: newuidmap asks that. `getsubids`: what that program says. */
export async function subordinateIds(
  target: ReadableTarget,
  source: 'nsswitch' | 'getsubids' = 'nsswitch',
): Promise<{ uids: IdRange[]; gids: IdRange[] }> {
  const { name, uid } = target.facts.host.user;
  const asked = byGetsubids(name);
  const bySwitch = `case $(sed -n 's/^subid:[[:space:]]*//p' /etc/nsswitch.conf 2>/dev/null | head -n 1) in
  '' | files) ${byFiles} ;;
  *) ${asked} ;;
esac`;
  const { stdout } = await target.shell(source === 'getsubids' ? asked : bySwitch);
  const [uids = '', gids = ''] = stdout.split(/^--\n/m);
  return { uids: idRanges(uids, name, uid), gids: idRanges(gids, name, uid) };
}
