import { RdcError } from '../../messages/errors.ts';
import type { Executor } from '../transport/executor.ts';

/** Runs a script that has to succeed: a fault that was not applied or not taken back is an error, never a verdict. */
export async function mustRun(executor: Executor, script: string, timeoutMs = 120_000): Promise<string> {
  const result = await executor.shell(`set -e\n${script}`, { timeoutMs });
  if (result.code === 0) return result.stdout;
  throw new RdcError(
    'COMMAND',
    `command failed on the target with exit code ${result.code}: ${script.trim().split('\n')[0]?.slice(0, 120)}`,
    {
      hint: "its output is in the check's evidence",
    },
  );
}
