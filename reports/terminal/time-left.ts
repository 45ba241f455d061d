import { readHistory } from '../allure/kept-history.ts';
import type { TargetRecords } from '../recording/results-file.ts';

/** A pace that is taken from less than this part of the work says nothing. */
const leastPart = 0.05;

type Earlier = { readonly startedMs: number; readonly durations: ReadonlyMap<string, number> };

/** The time that is left: what the checks to come took in earlier runs of their target, at the pace of this run. */
export function createTimeLeft(records: TargetRecords, history?: string) {
  const targets = new Map<string, Earlier>();
  return {
    started(name: string) {
      const results = records.get(name)?.results();
      if (history === undefined || results === undefined) return;
      const checks = readHistory(history, results).points.flatMap((point) => point.checks);
      // of several runs the newest that judged the check; one that was cut off has none of it
      const timed = checks.filter(({ durationMs }) => durationMs > 0);
      const durations = new Map(timed.map(({ id, durationMs }) => [id, durationMs]));
      targets.set(name, { startedMs: Date.now(), durations });
    },
    /** of the slowest target; undefined while nothing can be said */
    ms(): number | undefined {
      const left = [...targets].flatMap(([name, earlier]) => targetMs(records, name, earlier) ?? []);
      return left.length > 0 ? Math.max(...left) : undefined;
    },
  };
}

function targetMs(records: TargetRecords, name: string, { startedMs, durations }: Earlier): number | undefined {
  const record = records.get(name);
  if (record === undefined) return undefined;
  const judged = new Set(record.results().checks.map(({ id }) => id));
  const took = (ids: readonly string[]) => ids.reduce((sum, id) => sum + (durations.get(id) ?? 0), 0);
  const ids = record.target.expected.map(({ id }) => id);
  const done = took(ids.filter((id) => judged.has(id)));
  const left = took(ids.filter((id) => !judged.has(id)));
  return done > 0 && done >= leastPart * (done + left) ? (left * (Date.now() - startedMs)) / done : undefined;
}
