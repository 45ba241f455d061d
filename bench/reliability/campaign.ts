// Faults at random moments of runs, and what is left after each: node bench/reliability/campaign.ts MACHINE [--faults 60]
// [--seed 1] [--kind WORD] [--provider nspawn] [--log FILE [--resume]] [--write]. See bench/README.md. Bounded: every run has a limit of its own.
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { table } from '../../cli/generate/page-section.ts';
import { providerNames } from '../../harness/lab/catalog/provider-names.ts';
import { findLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { membersOf, type Namespaces, namespacesOf } from '../../harness/lab/hermetic/lab-processes.ts';
import { messageOf } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { pollUntil } from '../../harness/this-machine/poll.ts';
import { readResults } from '../../reports/results/read-results.ts';
import { resultsFileName } from '../../reports/results/run-folder.ts';
import { writeSection } from '../script/benchmarks-page.ts';
import { quickChecks } from '../script/quick-checks.ts';
import { outFolder, rdc } from '../script/rdc-process.ts';
import { runMain } from '../script/script.ts';
import { isOfPlan, momentText, type Plan, planFaults } from './campaign-plan.ts';
import { containerFaults, leftOfContainers } from './container-faults.ts';
import { type FaultKind, faultKinds, type Scene } from './fault-kinds.ts';
import { type Aftermath, broken, endsWithinMs } from './invariants.ts';

/** One line of the log. */
type Outcome = Plan & {
  readonly machine: string;
  readonly kind: string;
  readonly code: number | 'signal';
  readonly judged: number;
  readonly tookS: number;
  readonly injectedS: number;
  readonly broken: readonly string[];
  /** the run was over before the fault could inject: nothing was tried */
  readonly missed?: string;
};

/** Every other one: still of all areas, and a turn takes half as long. */
const checks = quickChecks.filter((_, index) => index % 2 === 0);

await runMain(main);

async function main(): Promise<number> {
  const { machine, faults, seed, kinds, log, resume, write, provider } = readWords();
  // for all that it starts
  process.env.RDC_PROVIDER = provider;
  const plans = planFaults({ faults, seed, kinds: kinds.length, checks: checks.length });
  const outcomes = resume ? outcomesIn(log, machine, plans) : [];
  if (log) writeFileSync(log, outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
  for (const [index, plan] of [...plans.entries()].slice(outcomes.length)) {
    const outcome = await tryFault(machine, plan, kinds[plan.kindIndex] as FaultKind);
    outcomes.push(outcome);
    if (log) appendFileSync(log, `${JSON.stringify(outcome)}\n`);
    process.stdout.write(`${String(index + 1).padStart(3)}/${faults}  ${lineOf(outcome)}\n`);
  }
  const tried = outcomes.filter(({ missed }) => missed === undefined);
  const held = tried.filter((one) => one.broken.length === 0).length;
  process.stdout.write(`${tried.length} faults, ${held} held, ${outcomes.length - tried.length} came too late\n`);
  if (write) writePage(machine, seed, outcomes);
  return held === tried.length && tried.length > 0 ? 0 : 1;
}

function lineOf({ kind, code, judged, injectedS, tookS, broken: rules, missed, ...plan }: Outcome): string {
  const what = missed ?? (rules.length === 0 ? 'held' : `BROKEN: ${rules.join('; ')}`);
  return `${kind}, ${momentText(plan)} (${injectedS} s): exit code ${code}, ${judged} judged, ${tookS} s: ${what}`;
}

function readWords() {
  const { values, positionals } = parseArgs({
    options: {
      faults: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      kind: { type: 'string', default: '' },
      log: { type: 'string' },
      resume: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      provider: { type: 'string', default: 'libvirt' },
    },
    allowPositionals: true,
  });
  const [machine, ...others] = positionals;
  const [faults, seed] = [Number(values.faults), Number(values.seed)];
  const provider = providerNames.find((name) => name === values.provider);
  const kinds = [...faultKinds, ...containerFaults].filter(
    ({ name, provider: only = provider }) => only === provider && name.includes(values.kind),
  );
  const isSound =
    Number.isInteger(faults) &&
    faults > 0 &&
    faults <= 1000 &&
    Number.isInteger(seed) &&
    !(values.write && provider !== 'libvirt');
  if (provider === undefined || machine === undefined || others.length > 0 || !isSound || kinds.length === 0)
    throw new RdcError('USAGE', 'one machine of the lab, 1 to 1000 faults, a whole number as seed, a kind there is', {
      hint: `node bench/reliability/campaign.ts debian-13 --faults 60   # kinds: ${faultKinds.map(({ name }) => name).join(', ')}`,
    });
  const { log = '', resume, write } = values;
  return { machine, faults, seed, kinds, log, resume, write, provider };
}

/** The turns that an earlier call has behind it, from its log; the one in which it was ended is not among them. */
function outcomesIn(log: string, machine: string, plans: readonly Plan[]): Outcome[] {
  const foreign = (cause?: unknown) =>
    new RdcError('USAGE', `--log ${log || '(none)'} is no log of this campaign`, {
      hint: 'the same machine, --faults, --seed and --kind as in the call that wrote it, or no --resume',
      cause,
    });
  try {
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    const outcomes = lines.map((line) => JSON.parse(line) as Outcome);
    if (outcomes.every((turn, index) => turn.machine === machine && isOfPlan(turn, plans[index]))) return outcomes;
  } catch (error) {
    throw foreign(error);
  }
  throw foreign();
}

async function tryFault(machine: string, planned: Plan, kind: FaultKind): Promise<Outcome> {
  // a machine that is lost while it is restored is booted anew, and a session that is not there yet cannot be killed
  const plan = kind.loses ? { ...planned, afterCheck: Math.max(1, planned.afterCheck) } : planned;
  const folder = outFolder();
  const { ended, lab, problem, ...run } = await runUnderFault(machine, plan, kind, folder);
  const file = join(folder, machine, resultsFileName);
  const results = existsSync(file) ? readOrWhyNot(file) : undefined;
  const code: Outcome['code'] = ended.code === -2 ? 'signal' : ended.code;
  const output = ended.stdout + ended.stderr;
  const left = await leftAfterDown(lab);
  const missed = Number.isNaN(run.injectedMs) ? (problem ?? 'the run was over before it') : undefined;
  const aftermath = { ...run, kind, machine, code, output, results, selected: checks.length, left };
  const rules = missed === undefined ? broken(aftermath) : [];
  if (rules.length > 0) writeFileSync(join(folder, 'output.txt'), output);
  else rmSync(folder, { recursive: true, force: true });
  return {
    ...plan,
    machine,
    kind: kind.name,
    code,
    judged: typeof results === 'object' ? results.checks.length : 0,
    tookS: Math.round(run.tookMs / 1000),
    injectedS: Math.round(run.injectedMs / 1000),
    broken: rules.length > 0 ? [...rules, folder] : rules,
    ...(missed === undefined ? {} : { missed }),
  };
}

async function runUnderFault(machine: string, plan: Plan, kind: FaultKind, folder: string) {
  const startedAt = performance.now();
  const now = () => performance.now() - startedAt;
  const lines: Aftermath['lines'][number][] = [];
  let [seen, injectedMs, isOver] = [0, Number.NaN, false];
  let lab: Namespaces | undefined;
  let injecting: Promise<void> | undefined;
  let problem: string | undefined;
  const inject = async (signal: Scene['signal']) => {
    await delay(plan.delayMs);
    // a machine that is being restored lets nobody in yet: the fault is injected as soon as it can be
    const isDone = async () => {
      if (isOver) return true;
      try {
        await kind.inject({ machine, asRoot: (script) => asRoot(machine, script), signal });
        injectedMs = now();
      } catch (error) {
        problem = `the fault could not be applied: ${messageOf(error).trim()}`;
      }
      return !Number.isNaN(injectedMs);
    };
    await pollUntil(isDone, { withinMs: Number.POSITIVE_INFINITY, everyMs: 500 });
  };
  const limit = AbortSignal.timeout(endsWithinMs + 60_000);
  const ended = await rdc(['run', machine, '--check', checks.join(','), '--out', folder], {
    onOutput(text, kill) {
      if (limit.aborted) kill('SIGKILL');
      lab ??= labNamespaces();
      const fresh = text.slice(0, text.lastIndexOf('\n') + 1).slice(seen);
      seen += fresh.length;
      for (const [, word = '', id = ''] of fresh.matchAll(/^\S+:\s+\d+\/\d+\s+(\S+)\s+([A-Z][A-Z0-9-]+) /gm)) {
        lines.push({ id, word, atMs: now() });
      }
      const isDue = plan.afterCheck === 0 ? text.includes('restoring') : lines.length >= plan.afterCheck;
      if (isDue) injecting ??= inject(kill);
    },
  });
  isOver = true;
  const tookMs = now();
  await injecting;
  return { ended, lab, problem, lines, injectedMs, tookMs };
}

function readOrWhyNot(file: string): Aftermath['results'] {
  try {
    return readResults(file);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Its connection may die of the fault, so its exit code says nothing; that it came through does, 255 is ssh's own. */
async function asRoot(machine: string, script: string): Promise<void> {
  const { code, stderr } = await rdc(['ssh', machine, '--root', '--', `echo injected >&2; ${script}`]);
  if (!stderr.includes('injected')) throw new Error(`exit code ${code}: ${stderr.slice(-300)}`);
}

function labNamespaces(): Namespaces | undefined {
  const holder = findLab();
  return holder && namespacesOf(holder.pid);
}

async function leftAfterDown(lab: Namespaces | undefined): Promise<string[]> {
  const down = await rdc(['down']);
  const members = lab ? membersOf(lab) : [];
  return [
    down.code === 0 ? '' : `rdc down: exit code ${down.code}: ${down.stderr.slice(-300)}`,
    members.length === 0 ? '' : `processes that rdc down left: ${members.join(', ')}`,
    findLab() === undefined ? '' : 'the lab is there after rdc down',
    ...(await leftOfContainers()),
  ].filter(Boolean);
}

function writePage(machine: string, seed: number, outcomes: readonly Outcome[]): void {
  const rows = faultKinds.map(({ name, codes }) => {
    const tried = outcomes.filter((one) => one.kind === name && one.missed === undefined);
    const held = tried.filter((one) => one.broken.length === 0);
    const seen = [...new Set(tried.map(({ code }) => String(code)))].sort().join(', ');
    return [name, String(tried.length), String(held.length), seen, codes.join(', ')];
  });
  const tried = outcomes.filter(({ missed }) => missed === undefined);
  const brokenOnes = tried.filter((one) => one.broken.length > 0);
  const text = [
    '## Fault campaign',
    '',
    `Runs of ${checks.length} checks on ${machine}, each with one fault at a random moment: while the machine is restored, or`,
    'after any of its verdicts. `rdc down` comes after each.',
    '',
    table([['fault', 'tried', 'held', 'exit codes seen', 'documented'], ...rows]),
    '',
    `${tried.length} faults, ${tried.length - brokenOnes.length} held; ${outcomes.length - tried.length} came when the run was over.`,
    ...brokenOnes.map((one) => `- ${lineOf({ ...one, broken: one.broken.slice(0, -1) })}`),
  ];
  writeSection(
    'faults',
    text,
    `node bench/reliability/campaign.ts ${machine} --faults ${outcomes.length} --seed ${seed} --write`,
  );
}
