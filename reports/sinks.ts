import type { ReportSink, RunContext } from '../harness/report-sink.ts';
import { createAllureSink } from './allure/sink.ts';
import { createJunitFile } from './junit.ts';
import { createLatestLink } from './latest.ts';
import { createResultsFile, type TargetRecords } from './results-file.ts';
import { createTerminal } from './terminal/sink.ts';
import type { Waiver } from './waivers/waivers.schema.ts';

export type SinkOptions = {
  readonly run: RunContext;
  /** a terminal that can be redrawn: the live list instead of plain lines */
  readonly live: boolean;
  readonly waivers?: readonly Waiver[];
};

/** Every report of a run, in the order in which they are to be told: the results file first, since the others read it. */
export function createSinks({ run, live, waivers = [] }: SinkOptions): ReportSink[] {
  const records: TargetRecords = new Map();
  const allure = createAllureSink(records);
  return [
    createResultsFile(run, records, waivers),
    createLatestLink(),
    createJunitFile(records),
    allure,
    createTerminal(records, { ...outputOf(run), run, live, built: allure.built }),
  ];
}

/** For a look at a target (`rdc doctor`): its results and what a person reads at once; `latest` stays the last run. */
export function createLookSinks(run: RunContext): ReportSink[] {
  const records: TargetRecords = new Map();
  return [createResultsFile(run, records), createTerminal(records, { ...outputOf(run), run, live: false })];
}

function outputOf({ json }: RunContext) {
  const stream = json ? process.stderr : process.stdout;
  // A reader that went away (`rdc run | head`) ends neither the run nor its results.
  stream.on('error', () => undefined);
  return { print: (text: string) => void stream.write(text), screen: stream };
}
