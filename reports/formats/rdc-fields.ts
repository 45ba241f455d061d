import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { factAt } from '../results/fact-path.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';

/** What other formats have no word for, as plain text under our own names, for the extension point that a format has. */
export function rdcFields(check: JudgedCheck): Readonly<Record<string, string>> {
  const { verdict, level, finding, blockedBy, flaky, waiver, source, remedy, evidence, oracle } = check;
  const fields = {
    level,
    verdict,
    finding,
    blockedBy,
    flaky: flaky === true ? 'yes' : undefined,
    waiver: waiver?.state,
    bug: waiver?.bug,
    owner: waiver?.owner,
    expires: waiver?.expires,
    source: source?.url,
    remedy,
    evidence,
    blame: oracle?.blame,
  };
  const known = Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [[name, plainText(text)]]));
  return Object.fromEntries(known);
}

/** When the run began. A results file of another hand may say anything here: INPUT. */
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
