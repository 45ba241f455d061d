import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { factAt } from '../results/fact-path.ts';
import type { Results } from '../results/results.schema.ts';

/** When the run began; a results file of another hand may say anything here (INPUT). */
export function startOf({ run }: Results): Date {
  const start = new Date(run.startedAt);
  if (!Number.isNaN(start.getTime())) return start;
  throw new RdcError('INPUT', `/run/startedAt: expected an ISO 8601 time, got ${plainLine(run.startedAt, 80)}`, {
    hint: './rdc export --format junit   # needs no time',
  });
}

/** A fact as one line, such as `host.kernel`; undefined where the target has no such text. */
export function textFact(results: Results, path: string): string | undefined {
  const fact = factAt(path, results);
  return typeof fact === 'string' && plainLine(fact) !== '' ? plainLine(fact) : undefined;
}
