import type { ReportSink, RunContext } from '../harness/report-sink.ts';
import { createAllureSink } from './allure/sink.ts';
import { createJunitFile } from './junit.ts';
import { createLatestLink } from './latest.ts';
import { createResultsFile, type TargetRecords } from './results-file.ts';
import { createTerminal } from './terminal/sink.ts';

export type SinkOptions = {
  readonly run: RunContext;
  /** a terminal that can be redrawn: the live list instead of plain lines */
  readonly live: boolean;
};

/** Every report of a run, in the order in which they are to be told: the results file first, since the others read it. */
export function createSinks({ run, live }: SinkOptions): ReportSink[] {
  const records: TargetRecords = new Map();
  const stream = run.json ? process.stderr : process.stdout;
  const allure = createAllureSink(records);
  // A reader that went away (`rdc run | head`) ends neither the run nor its results.
  stream.on('error', () => undefined);
  const print = (text: string) => void stream.write(text);
  return [
    createResultsFile(run, records),
    createLatestLink(),
    createJunitFile(records),
    allure,
    createTerminal(records, { run, live, print, screen: stream, built: allure.built }),
  ];
}
