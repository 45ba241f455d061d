import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckDeclaration, RunContext } from '../../harness/verdicts/run-listener.ts';
import { TargetRecord } from '../../reports/recording/target-record.ts';
import { writeResultsFile } from '../../reports/results/run-folder.ts';
import { declared, facts, judged, syntheticRun, syntheticTarget } from '../../reports/synthetic-runs/synthetic-run.ts';

export const checksPerResult = 150;
const areas = ['prerequisites', 'namespaces', 'ports', 'network', 'cgroups', 'sockets', 'storage', 'lifecycle'];

const declarations: readonly CheckDeclaration[] = Array.from({ length: checksPerResult }, (_, index) =>
  declared(`NS-CHECK-${index}`, { area: areas[index % areas.length] ?? 'namespaces' }),
);

/**
 * A run of `count` targets of 150 checks each in `folder`: one in twenty fails, another one on each target, each with
 * 1 KiB of evidence; the facts differ. Nothing of it comes from a machine.
 */
export function writeSyntheticResults(folder: string, count: number): string[] {
  const run = syntheticRun({ folder });
  return Array.from({ length: count }, (_, index) => writeOne(run, index));
}

function writeOne(run: RunContext, index: number): string {
  const name = `host-${String(index).padStart(4, '0')}`;
  const target = syntheticTarget(run, name, declarations);
  const record = new TargetRecord(run, target);
  record.readFacts({ ...facts, host: { ...facts.host, kernel: `6.12.${index % 60}`, cpus: 1 + (index % 4) } });
  for (const [position, check] of declarations.entries()) {
    const isRed = (position + index) % 20 === 0;
    const evidence = join('evidence', `${check.id}.txt`);
    if (isRed) writeFileSync(join(target.folder, evidence), `$ cat /proc/self/uid_map\n${'x'.repeat(1_000)}\n`);
    record.judge(judged(check, isRed ? { verdict: 'fail', reason: `expected ${index}, found 1`, evidence } : {}));
  }
  record.end({ infraRetries: 0 });
  mkdirSync(target.folder, { recursive: true });
  writeResultsFile(target.folder, record.results());
  return target.folder;
}
