import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Results } from '../../reports/results/results.schema.ts';
import { benchmark, publish, seconds, start, whole } from '../script/benchmark.ts';
import { judged } from '../script/rdc-process.ts';

/** Checks that had more than one verdict over runs of the same machine; one that a run did not judge had `none`. */
export function changedVerdicts(runs: readonly Pick<Results, 'checks'>[]): { id: string; verdicts: string[] }[] {
  const ids = [...new Set(runs.flatMap(({ checks }) => checks.map(({ id }) => id)))];
  return ids
    .map((id) => ({ id, verdicts: runs.map(({ checks }) => checks.find((one) => one.id === id)?.verdict ?? 'none') }))
    .filter(({ verdicts }) => new Set(verdicts).size > 1);
}

const script = benchmark(
  'reliability/repeat.ts',
  'The same run again and again from the snapshot: which verdicts change? Exit code 1 when one did.',
)
  .argument('<machine>', 'a machine of the lab')
  .option('--times <n>', 'runs', whole(2, 100), 10)
  .option('--check <ids>', 'only these checks')
  .option('--out <dir>', 'keep the runs there')
  .action(async (machine, { times, check, out, write }) => {
    const folder = out ?? mkdtempSync(join(tmpdir(), 'rdc-repeat-'));
    const runs: Results[] = [];
    for (let turn = 1; turn <= times; turn += 1) {
      const words = check === undefined ? [] : ['--check', check];
      const { code, results } = await judged(machine, words, { out: join(folder, String(turn)), codes: [0, 1, 3] });
      runs.push(results);
      const { total: _, ...counts } = results.ledger;
      const text = Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`);
      process.stdout.write(
        `${turn}/${times}  exit code ${code}, ${seconds(results.run.durationMs)}: ${text.join(', ')}\n`,
      );
    }
    const changed = changedVerdicts(runs);
    const total = runs.reduce((sum, { ledger }) => sum + ledger.total, 0);
    const result = changed.length === 0 ? 'none changed.' : `${changed.length} checks changed theirs:`;
    const about = `${times} runs of ${runs[0]?.ledger.total} checks on ${machine}, each from its snapshot: ${total} verdicts, ${result}`;
    const after = changed.map(({ id, verdicts }) => `- ${id}: ${verdicts.join(', ')}`);
    publish({ name: 'repeat', heading: '## Repeatability', about, tables: [], after }, write);
    process.exitCode = changed.length === 0 ? 0 : 1;
  });

if (import.meta.main) await start(script);
