import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheRoot, checkout } from '../../harness/this-machine/paths.ts';
import type { Results } from '../../reports/results/results.schema.ts';
import { benchmark, publish, seconds, start, temporaryFolder } from '../script/benchmark.ts';
import { quickChecks } from '../script/quick-checks.ts';
import { type Ended, isVerdict, judged, rdc } from '../script/rdc-process.ts';
import { changedSince, outsideOf } from './footprint.ts';
import { labNamespaces, leftAfterDown } from './lab-leftovers.ts';
import { changedVerdicts } from './repeat.ts';

/** of the run beside the others, which has to outlast them */
const longChecks = [...quickChecks, 'NET-BRIDGE', 'CG-CPU', 'PORT-LISTENER', 'SVC-STOP', 'SVC-RESTART', 'SOCK-STALE'];
const long = ['--check', longChecks.join(',')];
const shortChecks = quickChecks.slice(0, 8);
const short = ['--check', shortChecks.join(',')];

type Add = (what: string, seen: string, holds: boolean) => void;

await start(
  benchmark(
    'reliability/safety.ts',
    'What a run does to the machine that it runs on: what it writes; two runs at once, a third one that is refused, one that is killed, and the next one after it. Nothing else may be at work on this host. Exit code 1 when a rule did not hold.',
  )
    .argument('<machine>', 'with a snapshot (./rdc run MACHINE once)')
    .argument('<other>', 'another one')
    .action(async (machine, other, { write }) => {
      using folder = temporaryFolder();
      const rows: string[][] = [];
      const add: Add = (what, seen, holds) => {
        rows.push([what, seen, holds ? 'yes' : 'no']);
        process.stderr.write(`${holds ? 'holds ' : 'BROKEN'} ${what}: ${seen}\n`);
      };
      const alone = await tryFootprint(other, folder.path, add);
      await disturb({ machine, other, folder: folder.path, alone }, add);
      await tryDown(add);
      const tables = [[['what', 'seen', 'holds'], ...rows]];
      publish({ name: 'safety', heading: '## Safety of the machine that runs it', tables }, write);
      process.exitCode = rows.every(([, , holds]) => holds === 'yes') ? 0 : 1;
    }),
);

/** A whole run with its machine from nothing but the snapshot, to `rdc down`: what it wrote, and where. */
async function tryFootprint(machine: string, folder: string, add: Add): Promise<Results> {
  await rdc(['down']);
  // the kernel's clock for files ticks some milliseconds late
  await delay(50);
  const since = Date.now();
  await delay(50);
  const { results } = await judged(machine, long, { out: join(folder, 'alone') });
  await rdc(['down']);
  const outside = outsideOf(changedSince(since), [cacheRoot(), folder]);
  const paths = outside.slice(0, 12).map((path) => path.replace(checkout, 'CHECKOUT'));
  add(
    `changed by \`./rdc run ${machine}\` and \`./rdc down\`, outside of the cache and of --out`,
    outside.length === 0 ? 'nothing' : `${outside.length}: ${paths.join(', ')}`,
    outside.length === 0,
  );
  return results;
}

type Scene = { readonly machine: string; readonly other: string; readonly folder: string; readonly alone: Results };

/** While `other` is judged, a run of `machine` is begun, refuses a second one, is killed, and is followed by another. */
async function disturb({ machine, other, folder, alone }: Scene, add: Add): Promise<void> {
  let isOver = false;
  const beside = judged(other, long, { out: join(folder, 'beside') }).finally(() => {
    isOver = true;
  });
  // its error is thrown below, where it is awaited
  beside.catch(() => {});
  let refused: Promise<Ended> | undefined;
  const killed = await rdc(['run', machine, ...short, '--out', join(folder, 'killed')], {
    onOutput(text, kill) {
      if (!isVerdict.test(text)) return;
      refused ??= rdc(['run', machine, ...short, '--out', join(folder, 'refused')]).finally(() => kill('SIGKILL'));
    },
  });
  const second = await refused;
  const said = second ? second.stdout + second.stderr : '';
  const message = /\[MACHINE\] .*/.exec(said)?.[0] ?? 'no message of it';
  add(
    'a second run of a machine that is in use',
    `exit code ${second?.code}, ${message.replace(/process \d+/, 'process PID').replaceAll(folder, 'OUT')}`,
    second?.code === 3 && /in use by process \d+ \(rdc run .*\) since \S+, for \d+/.test(said),
  );
  const end = killed.code === -2 ? 'ended by the signal' : `exit code ${killed.code}`;
  add('that run, killed (SIGKILL) in the middle', end, killed.code === -2);
  await tryNextRun(machine, join(folder, 'next'), add);
  const note = isOver ? ' (it was over before the last)' : '';
  const { results } = await beside;
  const changed = changedVerdicts([alone, results]).map(({ id, verdicts }) => `${id} ${verdicts.join(', ')}`);
  add(
    `the run of ${other} beside all that${note}, against its run alone`,
    changed.length === 0 ? `all ${results.checks.length} verdicts the same` : `changed: ${changed.join('; ')}`,
    changed.length === 0,
  );
}

async function tryNextRun(machine: string, out: string, add: Add): Promise<void> {
  const startedAt = performance.now();
  const { code, output, results } = await judged(machine, short, { out, codes: [0, 1, 3] });
  const { pass, fail } = results.ledger;
  const isCleared = /powered off, and its lock of a run that died/.test(output);
  const took = seconds(performance.now() - startedAt);
  add(
    'the next run of that machine',
    `exit code ${code} after ${took}, ${pass + fail} of ${shortChecks.length} judged, what the dead one left was ${isCleared ? '' : 'not '}powered off and its lock cleared`,
    code === 0 && isCleared,
  );
}

async function tryDown(add: Add): Promise<void> {
  const lab = labNamespaces();
  const left = lab === undefined ? ['there was no lab before it'] : await leftAfterDown(lab);
  const seen =
    left.length === 0 ? "exit code 0, no processes left in the lab's namespaces, the lab is gone" : left.join('; ');
  add('`./rdc down`', seen, left.length === 0);
}
