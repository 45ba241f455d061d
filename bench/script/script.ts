import { RdcError, renderError } from '../../harness/messages/errors.ts';

/** The script's own work: its number is the exit code, and what it throws is told as the command line tells it. */
export async function runMain(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${renderError(error)}\n`);
    process.exitCode = error instanceof RdcError ? error.exitCode : 3;
  }
}
