import { known, quoteWord, type Target } from '../../harness/checks/index.ts';
import { whereScripts } from './shipped-scripts.ts';

/** `mounts` runs as root, then `script` as the user; both find an empty directory of the user in `$w`. */
export type MountedRun = { readonly mounts: string; readonly script: string };

/**
 * What a user's script says where other files lie on some paths: root mounts them in a mount namespace that ends with
 * the script. The machine itself is never changed, and a run that is killed leaves nothing to take back.
 */
export async function underMounts(target: Target, { mounts, script }: MountedRun): Promise<string> {
  const { user, runtimeDir } = target.facts.host;
  const asUser = [
    `runuser -u ${quoteWord(user.name)} -- env HOME=${quoteWord(user.home)}`,
    `XDG_RUNTIME_DIR=${quoteWord(runtimeDir ?? `/run/user/${user.uid}`)} PATH="$PATH:${whereScripts(user.home)}"`,
    `sh -c ${quoteWord(script)}`,
  ].join(' ');
  const { stdout } = await target.root.shell(`
w=$(mktemp -d /tmp/rdc.XXXXXX) && export w || exit 1
trap 'rm -rf "$w"' EXIT
chown ${user.uid}:${user.gid} "$w"
unshare -m sh -ec ${quoteWord(`${mounts}\necho '@mounted'\n${asUser}`)}`);
  // mounts that could not be made say nothing about the target's claim
  return known(/^@mounted\n([\s\S]*)$/m.exec(stdout)?.[1], 'what happens under other mounts');
}

/** The mounts that give the user other subordinate IDs: the content of `$w/ids`, which the script may change. */
export const mountedIds = (lines: string) => `
echo ${quoteWord(lines)} > "$w/ids"; chmod 666 "$w/ids"
mount --bind "$w/ids" /etc/subuid; mount --bind "$w/ids" /etc/subgid`;
