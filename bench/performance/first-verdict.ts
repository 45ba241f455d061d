// How long a person waits for the first verdict on a warm machine: node bench/performance/first-verdict.ts MACHINE [--times 5]
// From the call of `./rdc run MACHINE`, which restores the snapshot, to the first line with a verdict; then the run is
// interrupted. Wants the machine's snapshot (./rdc run MACHINE once). Writes a section of docs/benchmarks.md; ends with 1
// when the goal is not met.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { table } from '../../cli/generate/markdown.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { isVerdict, outFolder, rdc } from '../script/rdc-process.ts';
import { runMain } from '../script/script.ts';
import { medianOf } from './measure.ts';

const goalS = 20;

/** seconds since the call */
type Waited = { readonly restore: number; readonly verdict: number };

await runMain(main);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { times: { type: 'string', default: '5' } },
    allowPositionals: true,
  });
  const [machine, ...others] = positionals;
  const times = Number(values.times);
  if (machine === undefined || others.length > 0 || !Number.isInteger(times) || times < 1)
    throw new RdcError('USAGE', 'one machine of the lab, and a number of times from 1 on', {
      hint: 'node bench/performance/first-verdict.ts debian-13 --times 5',
    });
  const all: Waited[] = [];
  for (let time = 1; time <= times; time += 1) {
    all.push(await waitForVerdict(machine));
    process.stderr.write(`${time}: ${JSON.stringify(all.at(-1))}\n`);
  }
  const median = (of: (one: Waited) => number) => of(medianOf(all, of));
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  const verdict = median((one) => one.verdict);
  const slowest = Math.max(...all.map((one) => one.verdict));
  const text = table([
    ['', `median of ${times}`],
    ['from the call to the start of the restore: lab, libvirt', seconds(median((one) => one.restore))],
    [
      'from there to the first verdict: machine restored and proven, facts, runner',
      seconds(median((one) => one.verdict - one.restore)),
    ],
    ['from the call to the first verdict', `${seconds(verdict)} (slowest ${seconds(slowest)})`],
  ]);
  process.stdout.write(`${text}\n`);
  writeSection(
    'first-verdict',
    [
      `## The first verdict on a warm machine`,
      '',
      `\`./rdc run ${machine}\` with a snapshot; goal: under ${goalS} s without KVM, ${verdict < goalS ? 'reached' : 'not reached'}.`,
      '',
      text,
    ],
    `node bench/performance/first-verdict.ts ${machine} --times ${times}`,
  );
  return verdict < goalS ? 0 : 1;
}

async function waitForVerdict(machine: string): Promise<Waited> {
  const out = outFolder();
  const startedAt = performance.now();
  const seen = { restore: 0, verdict: 0 };
  const since = () => (performance.now() - startedAt) / 1000;
  const { code, stderr } = await rdc(['run', machine, '--no-color', '--out', out], {
    onOutput(text, kill) {
      if (seen.restore === 0 && text.includes('restoring the snapshot')) seen.restore = since();
      if (seen.verdict === 0 && isVerdict.test(text)) {
        seen.verdict = since();
        kill('SIGINT');
      }
    },
  });
  rmSync(out, { recursive: true, force: true });
  if (code !== 130 || seen.restore === 0 || seen.verdict === 0)
    throw new RdcError('COMMAND', `rdc run ${machine} ended with ${code}, not from a snapshot: ${stderr.slice(-300)}`, {
      hint: `./rdc run ${machine} once, then again`,
    });
  return seen;
}
