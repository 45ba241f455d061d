import { loadChecks } from '../../harness/checks/load-checks.ts';
import { messageOf } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import type { HostFacts } from '../../harness/target-host/facts/host-facts.ts';
import { benchmark, publish, start, temporaryFolder } from '../script/benchmark.ts';
import { judged, onMachine } from '../script/rdc-process.ts';
import { asUser, needs } from './undeclared-fault.ts';
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
    .option('--needing', 'only those that need what not every machine has, e.g. serial ports', false)
    .action(async (machine, { fault: word, quick, needing, write }) => {
      const named = undeclaredFaults.filter(({ name, red }) => name.includes(word) || red === word);
      const wanted = needing ? named.filter((fault) => fault.needs !== undefined) : named;
      const faults = quick ? await quickOnes(wanted) : wanted;
      if (faults.length === 0) throw new RdcError('USAGE', `no undeclared fault for ${JSON.stringify(word)}`);
      const all = await tryAll(machine, faults);
      const { verdictOf } = await judge(machine, faults);
      const changed = all.filter((one) => isPossible(one) && verdictOf(one.fault) !== one.before);
      for (const { fault } of changed)
        process.stdout.write(`not as before when it was taken back: ${fault.name}: ${verdictOf(fault)}\n`);
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
  for (const [index, fault] of faults.entries()) {
    const one = { fault, ...(await tryFault(machine, fault, first)) };
    const word = !isPossible(one) ? 'not here ' : isNoticed(one) ? 'noticed  ' : 'UNNOTICED';
    process.stdout.write(`${word}  ${fault.name}: ${one.under} (${index + 1} of ${faults.length})\n`);
    all.push(one);
  }
  return all;
}

/** Where the machine does not have what the fault needs, and where no check could notice it, nothing is touched. */
async function tryFault(machine: string, fault: UndeclaredFault, { verdictOf, host }: Judged) {
  const before = verdictOf(fault);
  if (fault.needs !== undefined && !needs[fault.needs](host)) return { before: '', under: `needs ${fault.needs}` };
  if (!isPossible({ before })) return { before, under: before };
  try {
    await onMachine(machine, patiently(fault.apply));
  } catch (error) {
    // half of it may be there
    await onMachine(machine, patiently(fault.undo)).catch(() => {});
    process.stderr.write(`${messageOf(error)}\n`);
    return { before, under: 'not applied' };
  }
  const under = await judge(machine, [fault]).finally(() => onMachine(machine, patiently(fault.undo)));
  return { before, under: under.verdictOf(fault) };
}

/** So many restarts in a minute are too many for a unit of the user manager, which then refuses the next. */
function patiently(script: string): string {
  return `${asUser} reset-failed docker 2>/dev/null || :\n${script}`;
}

/** A check that is skipped or red on the machine as it is cannot notice anything. */
function isPossible({ before }: Pick<Noticed, 'before'>): boolean {
  return before.endsWith('pass');
}

function isNoticed({ under }: Noticed): boolean {
  return under.endsWith('fail');
}

type Judged = { readonly verdictOf: (fault: UndeclaredFault) => string; readonly host: HostFacts };

/** `verdictOf`: what the check of a fault says now, e.g. `NS-INFO pass`. */
async function judge(machine: string, faults: readonly UndeclaredFault[]): Promise<Judged> {
  using out = temporaryFolder();
  const ids = new Set(faults.map(({ red }) => red));
  const words = ['--as-is', '--check', [...ids].join(',')];
  const { checks, facts } = (await judged(machine, words, { out: out.path, codes: [0, 1, 3] })).results;
  return {
    verdictOf: ({ red }) => `${red} ${checks.find(({ id }) => id === red)?.verdict ?? 'not judged'}`,
    // of a run that was judged just now, by these very facts
    host: facts.host as unknown as HostFacts,
  };
}
