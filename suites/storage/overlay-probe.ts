import { quoteWord, type Target } from '../../harness/checks/index.ts';
import { onSearchPath } from '../instruments/daemon/search-path.ts';

const inside = `
echo inside
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w,userxattr m 2>refusal || { sed 's/^/refusal /' refusal; exit 0; }
echo new > m/new
rm m/gone`;

/** Below the user's home, as the data root is: /tmp may be another file system. */
export async function overlayProbe(target: Target) {
  const { stdout } = await target.shell(
    `${onSearchPath(target.facts.host)}d=$(mktemp -d "$HOME/rdc.XXXXXX") && cd "$d" && mkdir l u w m && echo lower > l/gone
rootlesskit --state-dir="$d/state" sh -c ${quoteWord(inside)}
[ ! -s u/new ] || echo copied
[ ! -e u/gone ] || stat -c 'whiteout %F %t:%T' u/gone
[ ! -e w/work ] || chmod 700 w/work
cd /; rm -rf "$d"`,
    { timeoutMs: 120_000 },
  );
  return parseOverlayProbe(stdout);
}

export function parseOverlayProbe(text: string) {
  return {
    isInside: /^inside$/m.test(text),
    refusal: /^refusal (.*)$/m.exec(text)?.[1] ?? null,
    copiedUp: /^copied$/m.test(text),
    whiteout: /^whiteout (.*)$/m.exec(text)?.[1] ?? 'nothing',
  };
}
