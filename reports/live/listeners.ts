import { join } from 'node:path';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import { historyFolderOf } from '../allure/kept-history.ts';
import { createAllureListener } from '../allure/listener.ts';
import type { BaselineOptions } from '../compare/baseline.ts';
import { junitXml } from '../formats/junit.ts';
import { createResultsFile, type TargetRecords } from '../recording/results-file.ts';
import { present } from '../results/present.ts';
import { createTerminal } from '../terminal/listener.ts';
import { outputOf } from '../terminal/plain-lines.ts';
import type { Waiver } from '../waivers/waivers.schema.ts';
import { createLatestLink } from './latest-link.ts';

export type ListenerOptions = {
  readonly run: RunContext;
  readonly live: boolean;
  readonly waivers?: readonly Waiver[];
  readonly baseline?: BaselineOptions;
  readonly history?: string;
};

/** Every report of a run, in the order in which they are to be told: the results file first, since the others read it. */
export function createListeners({ run, live, waivers = [], baseline, history }: ListenerOptions): RunListener[] {
  const records: TargetRecords = new Map();
  const allure = createAllureListener(records, history);
  const { built } = allure;
  return [
    createResultsFile(run, records, waivers),
    createLatestLink(),
    createJunitFiles(records),
    allure,
    createTerminal(
      records,
      present({ output: outputOf(run), run, live, built, baseline, history: historyFolderOf(run.folder, history) }),
    ),
  ];
}

function createJunitFiles(records: TargetRecords): RunListener {
  const write = (name: string) => {
    const record = records.get(name);
    if (record) writeFileAtomic(join(record.target.folder, 'junit.xml'), junitXml(record.results()));
  };
  return {
    targetEnded: ({ name }) => write(name),
    runEnded: () => {
      // a target that was cut off has its results closed by now, but no file of its own yet
      for (const name of records.keys()) write(name);
    },
  };
}
