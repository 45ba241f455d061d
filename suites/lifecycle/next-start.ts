import { type Inject, mustRun, quoteWord, type ReadableTarget } from '../../harness/checks/index.ts';
import { type DaemonProcess, daemonProcess } from '../instruments/daemon/process.ts';

/**
 * Programs of the service that are not those on disk: their file is another one by now, or gone; another one by that name
 * comes first on their PATH; containerd's shim, which it starts later, came after it.
 */
export async function replacedPrograms(target: ReadableTarget, { service, pid }: DaemonProcess): Promise<string[]> {
  const { stdout } = await target.root.shell(
    `id() { stat -Lc %d:%i "$1" 2>/dev/null; }
path=$(tr '\\0' '\\n' < /proc/${pid}/environ | sed -n 's/^PATH=//p')
for p in ${service.map((process) => process.pid).join(' ')}; do
  f=$(readlink /proc/$p/exe) || continue
  f=\${f% (deleted)}; own=$(id /proc/$p/exe)
  echo "looked $f"
  first=$(PATH=$path; command -v "\${f##*/}")
  if [ "$(id "$f")" != "$own" ]; then echo "replaced $f"
  elif [ -n "$first" ] && [ "$(id "$first")" != "$own" ]; then echo "replaced $f by $first"; fi
done
started=$(( $(awk '/^btime/{print $2}' /proc/stat) + $(sed 's/.*) //' /proc/${pid}/stat | cut -d' ' -f20) / $(getconf CLK_TCK) ))
f=$(PATH=$path; command -v containerd-shim-runc-v2)
# not every file system, and not every stat, knows when a file was made
[ "$(stat -Lc %W "$f" 2>/dev/null)" -gt $((started + 2)) ] 2>/dev/null && echo "replaced $f"
:`,
  );
  if (!/^looked /m.test(stdout)) throw new Error('no program of the service could be looked at');
  return [...new Set([...stdout.matchAll(/^replaced (.+)$/gm)].map(([, file = '']) => file))];
}

type Configuration = {
  /** what the daemon was started with, without its name */
  readonly flags: readonly string[];
  /** `--config-file`, or the user's */
  readonly file: string;
  /** of the file, in seconds since 1970; null where there is none */
  readonly changed: number | null;
  /** when the daemon was started, or last told to read it again */
  readonly read: number;
};

/** The daemon's configuration file, and when it was read. */
export async function configurationOf(target: ReadableTarget, pid: number): Promise<Configuration> {
  const { home } = target.facts.host.user;
  const flags = (await target.root.shell(`tr '\\0' '\\n' < /proc/${pid}/cmdline`)).stdout
    .split('\n')
    .slice(1)
    .filter(Boolean);
  const at = flags.findIndex((flag) => /^--config-file(=|$)/.test(flag));
  const file = flags[at]?.split('=')[1] ?? (at < 0 ? `${home}/.config/docker/daemon.json` : (flags[at + 1] ?? ''));
  const { stdout } = await target.root.shell(`stat -Lc 'changed %Y' ${quoteWord(file)} 2>/dev/null
awk '/^btime/{print "boot", $2}' /proc/stat; echo "ticks $(sed 's/.*) //' /proc/${pid}/stat | cut -d' ' -f20) $(getconf CLK_TCK)"
journalctl -q --no-pager -o short-unix _PID=${pid} 2>/dev/null | awk '/Got signal to reload configuration/{t=$1} END{print "reload", int(t)}'`);
  return { flags, file, ...parseTimes(stdout) };
}

/** Pure: lines `changed SECONDS`, `boot SECONDS`, `ticks TICKS PER_SECOND` and `reload SECONDS`. */
export function parseTimes(text: string): Pick<Configuration, 'changed' | 'read'> {
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const changed = number(/^changed (\d+)$/m);
  const started = number(/^boot (\d+)$/m) + number(/^ticks (\d+) /m) / number(/^ticks \d+ (\d+)$/m);
  if (Number.isNaN(started)) throw new Error('when the daemon was started could not be read');
  return { changed: Number.isNaN(changed) ? null : changed, read: Math.max(started, number(/^reload (\d+)$/m) || 0) };
}

/** The file of a program that runs is replaced by the same bytes, as an update does; the link count of the old one falls. */
export const programUpdated: Inject = async ({ target }) => {
  const { pid } = await daemonProcess(target);
  const path = quoteWord((await mustRun(target.root, `readlink /proc/${pid}/exe`)).trim());
  await mustRun(
    target.root,
    `ln ${path} ${path}.rdc-old && cp -a ${path} ${path}.rdc-new && mv ${path}.rdc-new ${path}`,
  );
  return async () => void (await mustRun(target.root, `mv ${path}.rdc-old ${path}`));
};

/** Pure: the variables that say where a daemon's files are and what it reaches the network by, sorted. */
export function settingsIn(environment: string): string[] {
  const isSetting = /^(HOME|PATH|XDG_(DATA|CONFIG)_HOME|XDG_RUNTIME_DIR|DOCKER[A-Z_]+|(https?|all|no)_proxy)=/i;
  return environment
    .split('\n')
    .filter((line) => isSetting.test(line))
    .sort();
}
