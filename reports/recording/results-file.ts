import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import { writeResultsFile } from '../results/run-folder.ts';
import type { Waiver } from '../waivers/waivers.schema.ts';
import { TargetRecord } from './target-record.ts';

/** By the name of the target; the results file feeds them, every other report reads them. */
export type TargetRecords = Map<string, TargetRecord>;

export function createResultsFile(
  run: RunContext,
  records: TargetRecords,
  waivers: readonly Waiver[] = [],
): RunListener {
  const update = (name: string, change: (record: TargetRecord) => void) => {
    const record = records.get(name);
    if (!record) throw new Error(`reports: ${name} was not started (targetStarted comes first)`);
    change(record);
    writeResultsFile(record.target.folder, record.results());
  };
  return {
    targetStarted(target) {
      records.set(target.name, new TargetRecord(run, target, waivers));
      update(target.name, () => {});
    },
    factsRead: ({ name }, facts) => update(name, (record) => record.readFacts(facts)),
    checkJudged: ({ name }, result) => update(name, (record) => record.judge(result)),
    viewsTaken: ({ name }, id, views) => update(name, (record) => record.view(id, views)),
    targetEnded: ({ name }, end) => update(name, (record) => record.end(end)),
    runEnded() {
      const broken = 'the run ended before this target was done';
      for (const [name, { hasEnded }] of records)
        if (!hasEnded) update(name, (record) => record.end({ infraRetries: 0, broken }));
    },
  };
}
