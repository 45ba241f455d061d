import { RdcError } from '../../messages/errors.ts';
import type { Executor } from '../transport/executor.ts';

/** Runs a script that has to succeed, such as a fault or its undoing, and gives what it prints. Throws COMMAND. */
export async function mustRun(executor: Executor, script: string, timeoutMs = 120_000): Promise<string> {
  const { code, stdout } = await executor.shell(`set -e\n${script}`, { timeoutMs });
  if (code === 0) return stdout;
  const firstLine = script.trim().split('\n')[0]?.slice(0, 120);
  const what = `command failed on the target with exit code ${code}: ${firstLine}`;
  throw new RdcError('COMMAND', what, { hint: "its output is in the check's evidence" });
}
