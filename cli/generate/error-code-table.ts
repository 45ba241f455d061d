import { errorCodes } from '../../harness/messages/errors.ts';
import { table } from './page-section.ts';

/** docs/reference/exit-codes.md: the exit code that each error code ends a command with. */
export function errorCodeTable(): string {
  const byExitCode = Map.groupBy(Object.keys(errorCodes), (code) => errorCodes[code as keyof typeof errorCodes]);
  const rows = [...byExitCode].map(([exitCode, codes]) => [
    String(exitCode),
    codes.map((code) => `[\`${code}\`](../troubleshooting.md#${code.toLowerCase()})`).join(' '),
  ]);
  return table([['exit code', 'error codes'], ...rows], 'left');
}
