import type { Target } from '../../harness/checks/index.ts';
import { onSearchPath, underRootlessKit } from '../instruments/daemon/search-path.ts';
import { type IdMapLine, parseIdMap } from '../instruments/kernel/id-map.ts';

export type IdHelper = { readonly path: string | null; readonly privilege: 'setuid root' | 'file capability' | 'none' };

export async function idHelper(target: Target, name: 'newuidmap' | 'newgidmap'): Promise<IdHelper> {
  const { stdout } = await target.shell(
    `${onSearchPath(target.facts.host)}p=$(command -v ${name}) && { echo "$p"; stat -Lc '%a %u' "$p"; getcap "$p"; }`,
  );
  return parseIdHelper(stdout);
}

export function parseIdHelper(text: string): IdHelper {
  const [path = '', modeAndOwner = '', capabilities = ''] = text.split('\n');
  if (path === '') return { path: null, privilege: 'none' };
  const [mode = '0', uid] = modeAndOwner.split(' ');
  const isSetuidRoot = (Number.parseInt(mode, 8) & 0o4000) !== 0 && uid === '0';
  if (isSetuidRoot) return { path, privilege: 'setuid root' };
  return { path, privilege: /cap_set[ug]id[\w,]{0,200}[+=]ei?p/.test(capabilities) ? 'file capability' : 'none' };
}

type IdMaps = { readonly uidMap: readonly IdMapLine[]; readonly gidMap: readonly IdMapLine[] };

export const printMaps = "sh -c 'cat /proc/self/uid_map; echo --; cat /proc/self/gid_map'";

export function parseMaps(text: string): IdMaps {
  const [uidMap = '', gidMap = ''] = text.split('--\n');
  return { uidMap: parseIdMap(uidMap), gidMap: parseIdMap(gidMap) };
}

/** The helpers at work, under whatever mount options or LSM. Null: refused, as the evidence says. */
export async function freshUserNamespace(target: Target): Promise<IdMaps | null> {
  const { code, stdout } = await target.shell(underRootlessKit(target.facts.host, printMaps));
  return code === 0 ? parseMaps(stdout) : null;
}
