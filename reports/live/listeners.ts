import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import { createAllureListener } from '../allure/listener.ts';
import type { BaselineOptions } from '../compare/baseline.ts';
import { createResultsFile, type TargetRecords } from '../recording/results-file.ts';
import { createTerminal } from '../terminal/listener.ts';
import { outputOf } from '../terminal/output.ts';
import type { Waiver } from '../waivers/waivers.schema.ts';
import { createJunitFile } from './junit-file.ts';
import { createLatestLink } from './latest-link.ts';

export type ListenerOptions = {
  readonly run: RunContext;
  /** a terminal that can be redrawn: the live list instead of plain lines */
  readonly live: boolean;
  readonly waivers?: readonly Waiver[];
  readonly baseline?: BaselineOptions;
  /** `--history`: where the runs of each target are kept for the trends */
  readonly history?: string;
};

/** Every report of a run, in the order in which they are to be told: the results file first, since the others read it. */
export function createListeners({ run, live, waivers = [], baseline, history }: ListenerOptions): RunListener[] {
  const records: TargetRecords = new Map();
  const allure = createAllureListener(records, history);
  return [
    createResultsFile(run, records, waivers),
    createLatestLink(),
    createJunitFile(records),
    allure,
    createTerminal(records, {
      output: outputOf(run),
      run,
      live,
      built: allure.built,
      ...(baseline === undefined ? {} : { baseline }),
    }),
  ];
}
