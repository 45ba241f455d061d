import type { DeclaredCheck } from '../../harness/checks/check.ts';
import type { RunOptions } from '../options/options.ts';
import { usageError } from '../options/values.ts';
import { type Asker, isAgreed } from './agreement.ts';
import type { TargetName } from './target-names.ts';

export type Asked = {
  readonly targets: readonly TargetName[];
  readonly checks: readonly DeclaredCheck[];
  readonly mode: 'conformance' | 'fault-test';
  readonly options: Pick<RunOptions, 'rootVia'> & { readonly yes?: boolean };
};

/**
 * Asks before anything that is not read-only runs on a machine that is not the lab's. Resolves to false when the
 * answer is no. Throws USAGE where nobody can answer and `--yes` was not given.
 */
export async function confirmHosts(
  asked: Asked,
  { input, output }: Asker = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const hosts = asked.targets.filter(({ kind }) => kind !== 'machine').map(({ name }) => name);
  if (hosts.length === 0 || asked.options.yes === true) return true;
  if (asked.mode === 'conformance' && asked.checks.every((check) => check.readOnly)) return true;
  const plan = planOf(hosts.join(', '), asked);
  if (input.isTTY !== true || output.isTTY !== true) {
    const hint = 'agree with --yes, or use ./rdc doctor TARGET, which is read-only';
    throw usageError(`not read-only, and no terminal to ask for agreement.\n${plan}`, hint);
  }
  output.write(`${plan}\n`);
  if (!(await isAgreed(`Go on with ${hosts.join(', ')}? [y/N] `, { input, output }))) {
    output.write('nothing was run; ./rdc doctor TARGET is read-only\n');
    return false;
  }
  // the command may start again inside the lab, with these words: it must not ask twice
  process.argv.splice(3, 0, '--yes');
  return true;
}

/** What will be done on hosts in use, from the declarations: see docs/guides/existing-hosts.md for each of these in full. */
export function planOf(hosts: string, { checks, mode, options }: Omit<Asked, 'targets'>): string {
  const changing = checks.filter((check) => !check.readOnly);
  const restarting = checks.filter((check) => check.restartsDaemon).map(({ id }) => id);
  const root = options.rootVia === 'none' ? 'never as root' : `some of it as root (--root-via ${options.rootVia})`;
  return [
    `${hosts}: ${checks.length} checks to run, ${checks.length - changing.length} of them read-only. The others, ${root}:`,
    "- load an image into the user's daemon and start, stop and remove containers from it; a helper stays in /tmp",
    '- write files, settings of the daemon and of the kernel; each check undoes its changes when it ends',
    restarting.length > 0 &&
      `- restart the user's daemon or all of the user's services, the user's own among them: ${restarting.join(', ')}`,
    options.rootVia === 'none' && '- leave some folders rdc.* behind that only root can remove',
    mode === 'fault-test' &&
      '- break the host on purpose: the fault of each check is applied as root and undone after it',
    'Details: docs/guides/existing-hosts.md',
  ]
    .filter((line) => line !== false)
    .join('\n');
}
