import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import type { TargetRecords } from '../recording/results-file.ts';
import { completeAllureResults } from './complete.ts';
import { type AllureReport, generateAllureReport } from './generate.ts';
import { historyFolderOf } from './kept-history.ts';

export type BuiltReport = AllureReport | { readonly problem: Error };

/** A report that cannot be built changes no verdict: the summary says so, and results.json stands. */
export function createAllureListener(
  records: TargetRecords,
  history?: string,
): RunListener & { readonly built: Promise<BuiltReport> } {
  const { promise: built, resolve } = Promise.withResolvers<BuiltReport>();
  return {
    built,
    targetEnded({ name }) {
      const record = records.get(name);
      if (record) completeAllureResults(record.target.folder, record.results());
    },
    async runEnded({ folder }) {
      try {
        if (records.size === 0) throw new Error('no target was started');
        resolve(await generateAllureReport(folder, historyFolderOf(folder, history)));
      } catch (error) {
        resolve({ problem: error instanceof Error ? error : new Error(String(error)) });
      }
    },
  };
}
