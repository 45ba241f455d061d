import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../../target-host/access/target.ts';
import { quoteWord } from '../../target-host/transport/quote.ts';
import type { ExecResult } from '../../target-host/transport/transport.ts';
import { Blocked } from './preconditions.ts';

/** What the user can still write to a file system; null where it does not count that. */
type DiskSpace = { readonly mount: string; readonly freeKiB: number | null; readonly freeInodes: number | null };

/** A container's layer, its configuration and logs; below this the daemon's refusals are about the disk. */
const neededKiB = 16 * 1024;
const neededInodes = 200;
/** As much as containers leave in the runtime directory. */
const runtimeKiB = 256;

/** Pure: `df -Pk PATH; df -Pi PATH`. A file system without a fixed number of inodes (btrfs) prints 0 of 0 or `-`. */
export function parseDiskSpace(text: string): DiskSpace[] {
  const rows = text
    .split('\n')
    .map((line) => /^(?:.*\S)\s+(\S+)\s+(\S+)\s+(\S+)\s+(?:\d+%|-)\s+(\/.*)$/.exec(line))
    .filter((row) => row !== null)
    .map(([, total, , free, mount = '']) => ({ free: total === '0' || free === '-' ? null : Number(free), mount }));
  const half = rows.length / 2;
  return rows.slice(0, half).map(({ free, mount }, index) => ({
    mount,
    freeKiB: free,
    freeInodes: rows[half + index]?.free ?? null,
  }));
}

/** The file system without room for one more container, or undefined. */
export function fullAmong(spaces: readonly DiskSpace[]): DiskSpace | undefined {
  return spaces.find(
    ({ freeKiB, freeInodes }) => (freeKiB ?? neededKiB) < neededKiB || (freeInodes ?? neededInodes) < neededInodes,
  );
}

/**
 * Throws NO_SPACE when the user's data lies on a full disk: what the daemon refuses then says nothing about rootless
 * Docker. FACTS where the target does not tell its space.
 */
export async function requireDiskSpace(target: Target): Promise<void> {
  refuseFullDisk(target, await target.shell(lookAtDisk(target)));
}

/**
 * After a check that did not hold: throws as `requireDiskSpace` does. A full runtime directory (a tmpfs of the host's
 * size, a quota, which df does not see) does not end the run: PRE-XDG fails by it, and other checks are Blocked.
 */
export async function requireRoom(target: Target): Promise<void> {
  const { user, runtimeDir } = target.facts.host;
  const answer = await target.shell(
    `# was it a full disk?\n${lookAtDisk(target)}\n${runtimeDir === null ? '' : tryToWrite(runtimeDir)}`,
  );
  refuseFullDisk(target, answer);
  if (!/: (?:No space left on device|Disk quota exceeded)$/m.test(answer.stdout)) return;
  throw new Blocked('PRE-XDG', `${runtimeDir} is full: ${user.name} cannot write ${runtimeKiB} KiB there`);
}

function lookAtDisk({ facts }: Target): string {
  const home = quoteWord(facts.host.user.home);
  return `export LC_ALL=C; df -Pk ${home} && df -Pi ${home} || exit 1`;
}

/** With content: an empty file has room in a tmpfs that has none. */
function tryToWrite(folder: string): string {
  return `d=${quoteWord(folder)}
[ ! -d "$d" ] || { t=$(mktemp "$d/rdc.XXXXXX") && head -c ${runtimeKiB * 1024} /dev/zero > "$t"; rm -f "$t"; } 2>&1
:`;
}

function refuseFullDisk({ name, facts }: Target, { code, stdout }: Pick<ExecResult, 'code' | 'stdout'>): void {
  const { user } = facts.host;
  const spaces = parseDiskSpace(stdout);
  if (code !== 0 || spaces.length === 0) {
    const home = quoteWord(user.home);
    throw new RdcError('FACTS', `${name}: cannot read the free space of ${user.home}`, {
      hint: `on ${name}: df -Pk ${home}; df -Pi ${home}`,
    });
  }
  const full = fullAmong(spaces);
  if (!full) return;
  const free = `${full.freeKiB ?? '?'} KiB and ${full.freeInodes ?? 'any number of'} inodes free for ${user.name}`;
  throw new RdcError('NO_SPACE', `${name}: the disk is full: ${full.mount} has ${free}; needed: ${neededKiB} KiB`, {
    hint: `free some space on ${name}: sudo du -xh ${full.mount} | sort -h | tail`,
  });
}
