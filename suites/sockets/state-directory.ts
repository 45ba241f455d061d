import { hostProbe, quoteWord, type Target } from '../../harness/checks/index.ts';

export async function stateDirectory(target: Target, path: string) {
  const connect = ['connect', 'unix', `${path}/api.sock`];
  const api = await hostProbe<{ peer: { pid: number } | null }>(target, target, connect);
  const { stdout } = await target.root.shell(readFiles(path));
  return { apiListener: api.peer?.pid ?? null, ...parseStateDirectory(stdout) };
}

export function readFiles(path: string): string {
  return `cd ${quoteWord(path)} || exit 0
c=$(cat child_pid) && echo "child $c" && sed -n 's/^PPid:[^0-9]*/parent /p' "/proc/$c/status"
i=$(stat -c %i lock) && sed -n "s/^.* FLOCK .* \\([0-9]*\\) [0-9a-f:]*:$i .*/lock \\1/p" /proc/locks
# a mount that only the child's mount namespace has: outside of it the file is an empty one
n=/proc/$c/root$PWD/netns; [ ! -e "$n" ] || stat -f -c 'netns %T' "$n"`;
}

/** Pure: lines `child PID`, `parent PID`, `lock PID`, `netns TYPE`, each optional. */
export function parseStateDirectory(text: string) {
  const value = (key: string) => new RegExp(`^${key} (\\S+)$`, 'm').exec(text)?.[1] ?? null;
  const pid = (key: string) => (value(key) === null ? null : Number(value(key)));
  return { child: pid('child'), parentOfChild: pid('parent'), lockHolder: pid('lock'), netns: value('netns') };
}
