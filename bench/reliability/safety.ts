// What a run does to the machine that it runs on: node bench/reliability/safety.ts MACHINE OTHER
// What it writes and where; two runs at once, a third one that is refused, one that dies, and the next one after it.
// Both machines from their snapshots (./rdc run MACHINE once); nothing else may be at work on this host. Writes a section
// of docs/benchmarks.md; ends with 1 when a rule did not hold.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { table } from '../../cli/generate/markdown.ts';
import { findLab } from '../../harness/lab/libvirt/hermetic-lab.ts';
import { membersOf, namespacesOf } from '../../harness/lab/libvirt/lab-processes.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { cacheRoot, checkout } from '../../harness/this-machine/paths.ts';
import { readResults } from '../../reports/results/read-results.ts';
import type { Results } from '../../reports/results/results.schema.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { quickChecks } from '../script/quick-checks.ts';
import { type Ended, isVerdict, rdc } from '../script/rdc-process.ts';
import { runMain } from '../script/script.ts';
import { changedVerdicts } from './changed-verdicts.ts';
import { changedSince, outsideOf } from './footprint.ts';

type Row = { readonly what: string; readonly seen: string; readonly holds: boolean };

/** for the second run, which has to outlast the others */
const longChecks = [...quickChecks, 'NET-BRIDGE', 'CG-CPU', 'PORT-LISTENER', 'SVC-STOP', 'SVC-RESTART', 'SOCK-STALE'];
const shortChecks = quickChecks.slice(0, 8);

await runMain(main);

async function main(): Promise<number> {
  const [machine, other, ...more] = process.argv.slice(2);
  if (machine === undefined || other === undefined || machine === other || more.length > 0)
    throw new RdcError('USAGE', 'two machines of the lab', {
      hint: 'node bench/reliability/safety.ts debian-13 debian-12',
    });
  const folder = mkdtempSync(join(tmpdir(), 'rdc-safety-'));
  const rows: Row[] = [];
  const add = (row: Row) => {
    rows.push(row);
    process.stdout.write(`${row.holds ? 'holds  ' : 'BROKEN '} ${row.what}: ${row.seen}\n`);
  };
  try {
    const alone = await lookAtFootprint(other, folder, add);
    await disturb({ machine, other, folder, alone }, add);
    add(await downLeavesNothing());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const text = [
    '## Safety of the machine that runs it',
    '',
    table([['what', 'seen', 'holds'], ...rows.map(({ what, seen, holds }) => [what, seen, holds ? 'yes' : 'no'])]),
  ];
  writeSection('safety', text, `node bench/reliability/safety.ts ${machine} ${other}`);
  return rows.every(({ holds }) => holds) ? 0 : 1;
}

type Add = (row: Row) => void;

/** A whole run with its machine from nothing but the snapshot, to `rdc down`: what it wrote, and where. */
async function lookAtFootprint(machine: string, folder: string, add: Add): Promise<Results> {
  const out = join(folder, 'alone');
  await rdc(['down']);
  // the kernel's clock for files ticks some milliseconds late
  await delay(50);
  const since = Date.now();
  await delay(50);
  const ended = await rdc(['run', machine, '--check', longChecks.join(','), '--out', out]);
  requireJudged(ended, machine);
  await rdc(['down']);
  const places = [cacheRoot(), folder];
  const outside = outsideOf(changedSince(since), places);
  const told = outside
    .slice(0, 12)
    .map((path) => (path.startsWith(checkout) ? `CHECKOUT${path.slice(checkout.length)}` : path));
  add({
    what: `changed by \`./rdc run ${machine}\` and \`./rdc down\`, outside of the cache and of --out`,
    seen: outside.length === 0 ? 'nothing' : `${outside.length}: ${told.join(', ')}`,
    holds: outside.length === 0,
  });
  return readResults(join(out, machine));
}

type Scene = { readonly machine: string; readonly other: string; readonly folder: string; readonly alone: Results };

/** While `other` is judged, a run of `machine` is begun, refuses a second one, is killed, and is followed by another. */
async function disturb({ machine, other, folder, alone }: Scene, add: Add): Promise<void> {
  const short = ['run', machine, '--check', shortChecks.join(','), '--out'];
  let isOver = false;
  const beside = rdc(['run', other, '--check', longChecks.join(','), '--out', join(folder, 'beside')]).finally(() => {
    isOver = true;
  });
  let refused: Promise<Ended> | undefined;
  const killed = await rdc([...short, join(folder, 'killed')], {
    onOutput(text, kill) {
      if (!isVerdict.test(text)) return;
      refused ??= rdc([...short, join(folder, 'refused')]).finally(() => kill('SIGKILL'));
    },
  });
  const second = await refused;
  const said = second ? second.stdout + second.stderr : '';
  const words = /\[MACHINE\] .*/.exec(said)?.[0] ?? 'no word of it';
  add({
    what: 'a second run of a machine that is in use',
    seen: `exit code ${second?.code}, ${words.replace(/process \d+/, 'process PID').replaceAll(folder, 'OUT')}`,
    holds: second?.code === 3 && /in use by process \d+ \(rdc run .*\) since \S+, for \d+/.test(said),
  });
  add({
    what: 'that run, killed (SIGKILL) in the middle',
    seen: killed.code === -2 ? 'ended by the signal' : `exit code ${killed.code}`,
    holds: killed.code === -2,
  });
  const startedAt = performance.now();
  const next = await rdc([...short, join(folder, 'next')]);
  const tookS = Math.round((performance.now() - startedAt) / 1000);
  const cleared = /powered off, and its lock of a run that died/.test(next.stdout + next.stderr);
  add({
    what: 'the next run of that machine',
    seen: `exit code ${next.code} after ${tookS} s, ${judgedIn(join(folder, 'next', machine))} of ${shortChecks.length} judged, what the dead one left was ${cleared ? '' : 'not '}powered off and its lock cleared`,
    holds: next.code === 0 && cleared,
  });
  const wasBeside = !isOver;
  requireJudged(await beside, other);
  const results = readResults(join(folder, 'beside', other));
  const changed = changedVerdicts([alone, results]);
  add({
    what: `the run of ${other} beside all that${wasBeside ? '' : ' (it was over before the last)'}, against its run alone`,
    seen:
      changed.length === 0
        ? `all ${results.checks.length} verdicts the same`
        : `changed: ${changed.map(({ id, verdicts }) => `${id} ${verdicts.join(', ')}`).join('; ')}`,
    holds: changed.length === 0,
  });
}

function judgedIn(folder: string): number {
  const { ledger } = readResults(folder);
  return ledger.pass + ledger.fail;
}

/** The second run is measured against this one: it has to have judged what was asked. */
function requireJudged({ code, stderr }: Ended, machine: string): void {
  if (code !== 0 && code !== 1)
    throw new RdcError('COMMAND', `rdc run ${machine} ended with ${code}: ${stderr.trim().slice(-400)}`, {
      hint: `./rdc run ${machine}`,
    });
}

async function downLeavesNothing(): Promise<Row> {
  const holder = findLab();
  const lab = holder && namespacesOf(holder.pid);
  const down = await rdc(['down']);
  const left = lab ? membersOf(lab) : [];
  const isGone = findLab() === undefined;
  return {
    what: '`./rdc down`',
    seen: `exit code ${down.code}, ${left.length} processes left in the lab's namespaces, the lab is ${isGone ? 'gone' : 'there'}`,
    holds: lab !== undefined && down.code === 0 && left.length === 0 && isGone,
  };
}
