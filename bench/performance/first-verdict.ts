import { RdcError } from '../../harness/messages/errors.ts';
import { benchmark, inContainers, publish, seconds, start, temporaryFolder, whole } from '../script/benchmark.ts';
import { isVerdict, rdc } from '../script/rdc-process.ts';
import { medianOf } from './measure.ts';

const goalMs = inContainers ? 5000 : 20_000;

/** since the call */
type Waited = { readonly restoreMs: number; readonly verdictMs: number };

await start(
  benchmark(
    'performance/first-verdict.ts',
    `From the call of rdc run, which restores the snapshot, to the first verdict; then the run is interrupted. Exit code 1 from ${seconds(goalMs)} on.`,
  )
    .argument('<machine>', 'with a snapshot (./rdc run MACHINE once)')
    .option('--times <n>', 'runs', whole(1, 100), 5)
    .action(async (machine, { times, write }) => {
      const all: Waited[] = [];
      while (all.length < times) {
        all.push(await waitForVerdict(machine));
        process.stderr.write(`${all.length}: ${JSON.stringify(all.at(-1))}\n`);
      }
      const median = (of: (one: Waited) => number) => of(medianOf(all, of));
      const verdictMs = median((one) => one.verdictMs);
      const slowest = seconds(Math.max(...all.map((one) => one.verdictMs)));
      const rows = [
        ['', `median of ${times}`],
        ['from the call to the start of the restore: lab, libvirt', seconds(median((one) => one.restoreMs))],
        [
          'from there to the first verdict: machine restored and proven, facts, runner',
          seconds(median((one) => one.verdictMs - one.restoreMs)),
        ],
        ['from the call to the first verdict', `${seconds(verdictMs)} (slowest ${slowest})`],
      ];
      const isMet = verdictMs < goalMs;
      const about = `\`./rdc run ${machine}\` with a snapshot; goal: under ${goalMs / 1000} s without KVM, ${isMet ? 'reached' : 'not reached'}.`;
      const heading = '## The first verdict on a warm machine';
      publish({ name: 'first-verdict', heading, about, tables: [rows] }, write);
      process.exitCode = isMet ? 0 : 1;
    }),
);

async function waitForVerdict(machine: string): Promise<Waited> {
  using out = temporaryFolder();
  const startedAt = performance.now();
  const seen = { restoreMs: 0, verdictMs: 0 };
  const { code, stderr } = await rdc(['run', machine, '--no-color', '--out', out.path], {
    onOutput(text, kill) {
      if (text.includes('restoring the snapshot')) seen.restoreMs ||= performance.now() - startedAt;
      if (seen.verdictMs > 0 || !isVerdict.test(text)) return;
      seen.verdictMs = performance.now() - startedAt;
      kill('SIGINT');
    },
  });
  if (code === 130 && seen.restoreMs > 0 && seen.verdictMs > 0) return seen;
  throw new RdcError('COMMAND', `rdc run ${machine} ended with ${code}, not from a snapshot: ${stderr.slice(-300)}`, {
    hint: `./rdc run ${machine} once, then again`,
  });
}
