import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import { writeResultsFile } from '../results/run-folder.ts';
import type { Waiver } from '../waivers/waivers.schema.ts';
import { TargetRecord } from './target-record.ts';

/** The records of a run's targets by name; the results file feeds them, every other report reads them. */
export type TargetRecords = Map<string, TargetRecord>;

/** Keeps results.json true at every moment: it is rewritten before the next check starts. */
export function createResultsFile(
  run: RunContext,
  records: TargetRecords,
  waivers: readonly Waiver[] = [],
): RunListener {
  const write = (record: TargetRecord) => writeResultsFile(record.target.folder, record.results());
  return {
    targetStarted(target) {
      const record = new TargetRecord(run, target, waivers);
      records.set(target.name, record);
      write(record);
    },
    factsRead(target, facts) {
      const record = recordOf(records, target.name);
      record.readFacts(facts);
      write(record);
    },
    checkJudged(target, result) {
      const record = recordOf(records, target.name);
      record.judge(result);
      write(record);
    },
    viewsTaken(target, id, views) {
      const record = recordOf(records, target.name);
      record.view(id, views);
      write(record);
    },
    targetEnded(target, end) {
      const record = recordOf(records, target.name);
      record.end(end);
      write(record);
    },
    runEnded() {
      for (const record of records.values()) {
        if (record.hasEnded) continue;
        record.end({ infraRetries: 0, broken: 'the run ended before this target was done' });
        write(record);
      }
    },
  };
}

function recordOf(records: TargetRecords, name: string): TargetRecord {
  const record = records.get(name);
  if (!record) throw new Error(`reports: ${name} was not started (targetStarted comes first)`);
  return record;
}
