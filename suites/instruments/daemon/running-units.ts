import { quoteWord, type Target } from '../../../harness/checks/index.ts';

export async function runningUnits(target: Target): Promise<string[]> {
  const { stdout } = await target.shell(
    'systemctl --user list-units --state=active --type=service,socket,timer,path --plain --no-legend --no-pager',
  );
  return [...stdout.matchAll(/^(\S+\.\w+)\s/gm)].map(([, name = '']) => name);
}

/** A unit that does not start is only noted: it may belong to a session that is gone. */
export async function startAgain(target: Target, units: readonly string[]): Promise<void> {
  if (units.length === 0) return;
  const shown = await target.exec(['systemctl', '--user', 'show', '-p', 'Id,LoadState,ActiveState,CanStart', ...units]);
  const stopped = stoppedUnits(shown.stdout);
  if (stopped.length === 0) return;
  const names = stopped.map(quoteWord).join(' ');
  const { stdout } = await target.shell(
    `for u in ${names}; do timeout 30 systemctl --user start "$u" >/dev/null 2>&1 || echo "$u"; done`,
    { timeoutMs: 120_000 },
  );
  if (stdout !== '') target.note(`units of the user that did not start again:\n${stdout}`);
}

/** Pure: blocks of `Name=value` lines. A transient unit is not loaded any more. */
export function stoppedUnits(text: string): string[] {
  const has = (block: string, line: string) => block.split('\n').includes(line);
  return text
    .split('\n\n')
    .filter((block) => ['LoadState=loaded', 'ActiveState=inactive', 'CanStart=yes'].every((line) => has(block, line)))
    .flatMap((block) => /^Id=(\S+)$/m.exec(block)?.[1] ?? []);
}
