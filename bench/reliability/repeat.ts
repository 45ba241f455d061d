// The same run again and again on an unchanged machine, and every verdict that changed:
// node bench/reliability/repeat.ts MACHINE [--times 10] [--check ID,ID] [--out DIR] [--write]. Each run starts from the snapshot.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RdcError } from '../../harness/messages/errors.ts';
import { readResults } from '../../reports/results/read-results.ts';
import type { Results } from '../../reports/results/results.schema.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { rdc } from '../script/rdc-process.ts';
import { runMain } from '../script/script.ts';
import { changedVerdicts } from './changed-verdicts.ts';

await runMain(main);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      times: { type: 'string', default: '10' },
      check: { type: 'string' },
      out: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [machine, ...others] = positionals;
  const times = Number(values.times);
  if (machine === undefined || others.length > 0 || !Number.isInteger(times) || times < 2 || times > 100)
    throw new RdcError('USAGE', 'one machine of the lab, and 2 to 100 times', {
      hint: 'node bench/reliability/repeat.ts debian-13 --times 10',
    });
  const folder = values.out ?? mkdtempSync(join(tmpdir(), 'rdc-repeat-'));
  const runs: Results[] = [];
  for (let turn = 1; turn <= times; turn += 1) {
    const out = join(folder, String(turn));
    const words = ['run', machine, '--out', out, ...(values.check === undefined ? [] : ['--check', values.check])];
    const { code, stderr } = await rdc(words);
    if (code === 2 || code === 130) throw new RdcError('COMMAND', `rdc run: exit code ${code}: ${stderr.slice(-300)}`);
    const results = readResults(join(out, machine));
    runs.push(results);
    const { pass, fail, skip, blocked, error } = results.ledger;
    const took = Math.round(results.run.durationMs / 1000);
    process.stdout.write(
      `${turn}/${times}  exit code ${code}, ${took} s: ${pass} pass, ${fail} fail, ${skip} skip, ${blocked} blocked, ${error} error\n`,
    );
  }
  const changed = changedVerdicts(runs);
  const lines = changed.map(({ id, verdicts }) => `- ${id}: ${verdicts.join(', ')}`);
  process.stdout.write(changed.length === 0 ? 'no verdict changed\n' : `verdicts that changed:\n${lines.join('\n')}\n`);
  const words = `${machine} --times ${times}${values.check === undefined ? '' : ` --check ${values.check}`}`;
  if (values.write) writePage(machine, runs, lines, words);
  return changed.length === 0 ? 0 : 1;
}

function writePage(machine: string, runs: readonly Results[], changed: readonly string[], words: string): void {
  const total = runs.reduce((sum, { ledger }) => sum + ledger.total, 0);
  const text = [
    '## Repeatability',
    '',
    `${runs.length} runs of ${runs[0]?.ledger.total} checks on ${machine}, each from its snapshot: ${total} verdicts, ${changed.length === 0 ? 'none changed.' : `${changed.length} checks changed theirs:`}`,
    ...changed,
  ];
  writeSection('repeat', text, `node bench/reliability/repeat.ts ${words} --write`);
}
