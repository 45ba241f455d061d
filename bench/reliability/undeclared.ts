// The undeclared faults (undeclared-faults.ts), one after the other on a running machine: does a check fail?
// node bench/reliability/undeclared.ts MACHINE [--fault WORD] [--quick] [--needing] [--write]. Wants ./rdc up MACHINE
// before; RDC_PROVIDER=nspawn for a container.
// --quick: one fault for each check, of those that restart nothing, and without the checks that restart the daemon.
// --needing: of those that need what not every machine has, e.g. serial ports.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../cli/generate/page-section.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { messageOf } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import type { HostFacts } from '../../harness/target-host/facts/host-facts.ts';
import { readResults } from '../../reports/results/read-results.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { onMachine, outFolder, rdc } from '../script/rdc-process.ts';
import { runMain } from '../script/script.ts';
import { asUser, needs, type UndeclaredFault } from './undeclared-fault.ts';
import { undeclaredFaults } from './undeclared-faults.ts';

type Noticed = { readonly fault: UndeclaredFault; readonly before: string; readonly under: string };

await runMain(main);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      fault: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      needing: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [machine, ...others] = positionals;
  const faults = await selected(values);
  if (machine === undefined || others.length > 0 || faults.length === 0)
    throw new RdcError('USAGE', 'one machine of the lab that runs, and a fault there is', {
      hint: './rdc up debian-13 && node bench/reliability/undeclared.ts debian-13',
    });
  const ids = [...new Set(faults.flatMap(({ red }) => red))];
  const first = await judge(machine, ids);
  const all: Noticed[] = [];
  for (const [index, fault] of faults.entries()) {
    const one = { fault, ...(await tryFault(machine, fault, first)) };
    all.push(one);
    process.stdout.write(`${wordOf(one).padEnd(9)}  ${fault.name}: ${one.under} (${index + 1} of ${faults.length})\n`);
  }
  const { verdicts: last } = await judge(machine, ids);
  const leftBehind = all.filter((one) => isPossible(one) && words(last, one.fault) !== one.before);
  for (const { fault } of leftBehind)
    process.stdout.write(`not as before when it was taken back: ${fault.name}: ${words(last, fault)}\n`);
  const possible = all.filter(isPossible);
  process.stdout.write(`${possible.filter(isNoticed).length} of ${possible.length} noticed\n`);
  if (values.write) write(machine, possible);
  return possible.every(isNoticed) && leftBehind.length === 0 ? 0 : 1;
}

type Selection = { readonly fault: string; readonly quick: boolean; readonly needing: boolean };

async function selected({ fault: word, quick, needing }: Selection): Promise<readonly UndeclaredFault[]> {
  const named = undeclaredFaults.filter(({ name, red }) => name.includes(word) || red.includes(word));
  const wanted = needing ? named.filter((fault) => fault.needs !== undefined) : named;
  return quick ? await quickOnes(wanted) : wanted;
}

/** Where the machine does not have what the fault needs, and where no check could notice it, nothing is touched. */
async function tryFault(machine: string, fault: UndeclaredFault, { verdicts, host }: Judged) {
  const before = words(verdicts, fault);
  if (fault.needs !== undefined && !needs[fault.needs](host)) return { before: '', under: `needs ${fault.needs}` };
  if (!before.includes('pass')) return { before, under: before };
  try {
    await onMachine(machine, patiently(fault.apply));
  } catch (error) {
    // half of it may be there
    await onMachine(machine, patiently(fault.undo)).catch(() => {});
    process.stderr.write(`${messageOf(error)}\n`);
    return { before, under: 'not applied' };
  }
  const under = await judge(machine, fault.red).finally(() => onMachine(machine, patiently(fault.undo)));
  return { before, under: words(under.verdicts, fault) };
}

/** So many restarts in a minute are too many for a unit of the user manager, which then refuses the next. */
function patiently(script: string): string {
  return `${asUser} reset-failed docker 2>/dev/null || :\n${script}`;
}

function wordOf(one: Noticed): string {
  if (!isPossible(one)) return 'not here';
  return isNoticed(one) ? 'noticed' : 'UNNOTICED';
}

async function quickOnes(faults: readonly UndeclaredFault[]): Promise<UndeclaredFault[]> {
  const restarting = new Set((await loadChecks()).filter((check) => check.restartsDaemon).map(({ id }) => id));
  const isQuick = ({ apply, red }: UndeclaredFault) =>
    !/ (re)?start /.test(apply) && !red.some((id) => restarting.has(id));
  const byChecks = Map.groupBy(faults.filter(isQuick), ({ red }) => red.join());
  return [...byChecks.values()].flatMap((same) => same.slice(0, 1));
}

/** A check that is skipped or red on the machine as it is cannot notice anything. */
function isPossible({ before }: Noticed): boolean {
  return before.includes('pass');
}

function isNoticed({ before, under }: Noticed): boolean {
  return under.includes('fail') && !before.includes('fail');
}

type Judged = { readonly verdicts: ReadonlyMap<string, string>; readonly host: HostFacts };

async function judge(machine: string, ids: readonly string[]): Promise<Judged> {
  const out = outFolder();
  const { code, stderr } = await rdc(['run', machine, '--as-is', '--check', ids.join(','), '--out', out]);
  if (code === 2) throw new RdcError('COMMAND', `rdc run: ${stderr.slice(-300)}`);
  const { checks, facts } = readResults(join(out, machine));
  rmSync(out, { recursive: true, force: true });
  // of a run that was judged just now, by these very facts
  const host = facts.host as unknown as HostFacts;
  return { verdicts: new Map(checks.map(({ id, verdict }) => [id, verdict])), host };
}

function words(verdicts: ReadonlyMap<string, string>, { red }: UndeclaredFault): string {
  return red.map((id) => `${id} ${verdicts.get(id) ?? 'not judged'}`).join(', ');
}

function write(machine: string, all: readonly Noticed[]): void {
  const rows = all.map((one) => [one.fault.name, one.under, isNoticed(one) ? 'yes' : 'no']);
  const text = [`### Each of them on ${machine}`, '', table([['fault', 'verdict under it', 'noticed'], ...rows])];
  writeSection('undeclared', text, `./rdc up ${machine}; node bench/reliability/undeclared.ts ${machine} --write`);
}
