import { join } from 'node:path';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import { junitXml } from '../formats/junit.ts';
import type { TargetRecords } from '../recording/results-file.ts';

export function createJunitFile(records: TargetRecords): RunListener {
  const write = (name: string) => {
    const record = records.get(name);
    if (record) writeFileAtomic(join(record.target.folder, 'junit.xml'), junitXml(record.results()));
  };
  return {
    targetEnded: (target) => write(target.name),
    runEnded: () => {
      // A target that was cut off has its results closed by now, but no file of its own yet.
      for (const name of records.keys()) write(name);
    },
  };
}
