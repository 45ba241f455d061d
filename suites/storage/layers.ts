import { type Container, type Inject, known, mustRun, quoteWord, type Target } from '../../harness/checks/index.ts';
import { dataRoot } from '../instruments/daemon/data-root.ts';

/** Files and folders of a container's root below these, by the host's kernel: `FOLDER`, `FILE CONTENT`. */
export async function filesOf(target: Target, container: Container, names: readonly string[]): Promise<string[]> {
  const pid = await container.hostPid();
  const list = `cd /proc/${pid}/root || exit
find ${names.map(quoteWord).join(' ')} 2>/dev/null | sort | while read -r p; do
  if [ -f "$p" ]; then echo "$p $(cat "$p")"; else echo "$p"; fi
done`;
  // a FUSE file system answers nobody outside of the user namespace that mounted it, not even root
  const stdout = await mustRun(target.root, `nsenter --user --target ${pid} sh -c ${quoteWord(list)}`);
  return stdout.split('\n').filter(Boolean);
}

/** All files of a container with kind, mode, owner and content, a line each; what the daemon mounts is left out. */
export async function listing(container: Container): Promise<string[]> {
  const mounted = ['hostname', 'hosts', 'resolv.conf', 'mtab'].map((name) => `! -path /etc/${name}`).join(' ');
  const script = `find / -xdev ${mounted} ! -path / ! -path '/tmp/*' ! -name .dockerenv ! -path '/bin/*' | sort | while read -r p; do
s=; [ -L "$p" ] || [ ! -f "$p" ] || s=$(md5sum < "$p"); echo "$(stat -c '%N %F %a %u:%g' "$p") $s"; done`;
  const { stdout } = await container.exec(['sh', '-c', script]);
  return stdout.split('\n').filter(Boolean);
}

/** What lies in the data root, without what builders keep and what databases are split into. */
export async function entriesOf(target: Target, root: string): Promise<string[]> {
  const stdout = await mustRun(
    target.root,
    `cd ${quoteWord(root)} && find . -mindepth 2 -maxdepth 6 ! -path './buildkit/*' ! -path './overlay2/*/*/*' ! -path './containerd/daemon/*.db*' | sort`,
  );
  return stdout.split('\n').filter(Boolean);
}

/** The mark by which a layer removes a file of the one below goes from the disk; layers are thrown away afterwards. */
export function withoutWhiteout(name: string): Inject {
  return async ({ target }) => {
    const root = quoteWord(known(await dataRoot(target), 'the data root'));
    await mustRun(
      target.root,
      `find ${root} \\( -name ${quoteWord(name)} -type c -o -name '.wh.${name}' \\) -delete -print | grep -q .`,
    );
    return async () => {};
  };
}

/** What the daemon cannot remove: a folder of the host's root in a layer that was made for the check. */
export const heldByRoot: Inject = async ({ target }) => {
  const root = quoteWord(known(await dataRoot(target), 'the data root'));
  const layer = (await mustRun(target.root, `find ${root} -type d -name owned -print -quit`)).trim();
  await mustRun(target.root, `mkdir -m 700 ${quoteWord(layer)}/held && touch ${quoteWord(layer)}/held/file`);
  return async () => void (await mustRun(target.root, `find ${root} -type d -name held -prune -exec rm -rf {} +`));
};
