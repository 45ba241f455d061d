import { loadChecks } from '../../harness/checks/load-checks.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { benchmark, publish, start, temporaryFolder } from '../script/benchmark.ts';
import { judged, onMachine } from '../script/rdc-process.ts';
import { type UndeclaredFault, undeclaredFaults } from './undeclared-faults.ts';

type Noticed = { readonly fault: UndeclaredFault; readonly before: string; readonly under: string };

await start(
  benchmark(
    'reliability/undeclared.ts',
    'Applies faults that no check declares, one after the other: does a check fail? Exit code 1 when one went unnoticed.',
  )
    .argument('<machine>', 'one of the lab that runs (./rdc up MACHINE)')
    .option('--fault <word>', 'only those with this in their name, or of this check', '')
    .option('--quick', 'one fault for each check, of those that restart nothing', false)
    .action(async (machine, { fault: word, quick, write }) => {
      const named = undeclaredFaults.filter(({ name, red }) => name.includes(word) || red === word);
      const faults = quick ? await quickOnes(named) : named;
      if (faults.length === 0) throw new RdcError('USAGE', `no undeclared fault for ${JSON.stringify(word)}`);
      const all = await tryAll(machine, faults);
      const last = await judge(machine, faults);
      const changed = all.filter(({ fault, before }) => last(fault) !== before);
      for (const { fault } of changed)
        process.stdout.write(`not as before when it was taken back: ${fault.name}: ${last(fault)}\n`);
      const possible = all.filter(isPossible);
      process.stdout.write(`${possible.filter(isNoticed).length} of ${possible.length} noticed\n`);
      const rows = possible.map((one) => [one.fault.name, one.under, isNoticed(one) ? 'yes' : 'no']);
      const tables = [[['fault', 'verdict under it', 'noticed'], ...rows]];
      if (write) publish({ name: 'undeclared', heading: `### Each of them on ${machine}`, tables }, write);
      process.exitCode = possible.every(isNoticed) && changed.length === 0 ? 0 : 1;
    }),
);

async function quickOnes(faults: readonly UndeclaredFault[]): Promise<UndeclaredFault[]> {
  const restarting = (await loadChecks()).filter((check) => check.restartsDaemon).map(({ id }) => id);
  const quick = faults.filter(({ apply, red }) => !/ (re)?start /.test(apply) && !restarting.includes(red));
  return [...Map.groupBy(quick, ({ red }) => red).values()].flatMap((same) => same.slice(0, 1));
}

async function tryAll(machine: string, faults: readonly UndeclaredFault[]): Promise<Noticed[]> {
  const first = await judge(machine, faults);
  const all: Noticed[] = [];
  for (const fault of faults) {
    await onMachine(machine, fault.apply);
    const under = await judge(machine, [fault]).finally(() => onMachine(machine, fault.undo));
    const one = { fault, before: first(fault), under: under(fault) };
    const word = !isPossible(one) ? 'not here ' : isNoticed(one) ? 'noticed  ' : 'UNNOTICED';
    process.stdout.write(`${word}  ${fault.name}: ${one.under}\n`);
    all.push(one);
  }
  return all;
}

/** A check that is skipped or red on the machine as it is cannot notice anything. */
function isPossible({ before }: Noticed): boolean {
  return before.endsWith('pass');
}

function isNoticed({ under }: Noticed): boolean {
  return under.endsWith('fail');
}

/** What the check of a fault says now, e.g. `NS-INFO pass`. */
async function judge(machine: string, faults: readonly UndeclaredFault[]): Promise<(fault: UndeclaredFault) => string> {
  using out = temporaryFolder();
  const ids = new Set(faults.map(({ red }) => red));
  const words = ['--as-is', '--check', [...ids].join(',')];
  const { checks } = (await judged(machine, words, { out: out.path, codes: [0, 1, 3] })).results;
  return ({ red }) => `${red} ${checks.find(({ id }) => id === red)?.verdict ?? 'not judged'}`;
}
