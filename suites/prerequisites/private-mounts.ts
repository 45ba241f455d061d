import { known, quoteWord, type Target } from '../../harness/checks/index.ts';
import { whereScripts } from './shipped-scripts.ts';

type MountedRun = { readonly mounts: string; readonly script: string };

/**
 * `mounts` runs as root, then `script` as the user; `$w` is an empty directory of the user. The mount namespace ends
 * with the script: nothing has to be undone, even by a killed run.
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
  return known(/^@mounted\n([\s\S]*)$/m.exec(stdout)?.[1], 'what happens under other mounts');
}

export const mountedIds = (lines: string) => `
echo ${quoteWord(lines)} > "$w/ids"; chmod 666 "$w/ids"
mount --bind "$w/ids" /etc/subuid; mount --bind "$w/ids" /etc/subgid`;
