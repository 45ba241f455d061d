import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Option } from '@commander-js/extra-typings';
import { type ProviderName, providerNames } from '../../harness/lab/catalog/provider-names.ts';
import type { Namespaces } from '../../harness/lab/hermetic/lab-processes.ts';
import { messageOf } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { pollUntil } from '../../harness/this-machine/poll.ts';
import { readResults } from '../../reports/results/read-results.ts';
import { resultsFileName } from '../../reports/results/run-folder.ts';
import { benchmark, publish, start, whole } from '../script/benchmark.ts';
import { quickChecks } from '../script/quick-checks.ts';
import { outFolder, rdc } from '../script/rdc-process.ts';
import { continuedLog, momentText, type Plan, planFaults } from './campaign-plan.ts';
import { containerFaults } from './container-faults.ts';
import { type FaultKind, faultKinds } from './fault-kinds.ts';
import { type Aftermath, broken, endsWithinMs } from './invariants.ts';
import { labNamespaces, leftAfterDown } from './lab-leftovers.ts';

/** One line of the log. */
type Outcome = {
  readonly kind: string;
  /** `1.2 s after verdict 3` */
  readonly moment: string;
  readonly code: number | 'signal';
  readonly judged: number;
  readonly tookS: number;
  readonly injectedS: number;
  readonly broken: readonly string[];
  /** why nothing was tried, e.g. the run was over before the fault could be injected */
  readonly missed?: string;
};

/** Every other one: still of all areas, and a turn takes half as long. */
const checks = quickChecks.filter((_, index) => index % 2 === 0);

const allKinds = [...faultKinds, ...containerFaults];

await start(
  benchmark(
    'reliability/campaign.ts',
    'Faults at random moments of runs, and what is left after each (bench/README.md). Exit code 1 when a rule was broken.',
  )
    .argument('<machine>', 'with a snapshot, and nothing else at work in the lab')
    .option('--faults <n>', 'turns', whole(1, 1000), 60)
    .option('--seed <n>', 'decides kinds and moments', whole(0, 2 ** 31), 1)
    .option('--kind <word>', `only kinds with this in their name: ${allKinds.map(({ name }) => name).join(', ')}`, '')
    .addOption(
      new Option('--provider <kind>', 'what runs the machine').choices(providerNames).default('libvirt' as const),
    )
    .option('--log <file>', 'a line of JSON for each turn; those that are in it are not made again')
    .action(async (machine, { faults, seed, kind: word, provider, log, write }) => {
      if (write && provider !== 'libvirt')
        throw new RdcError('USAGE', `--write cannot be used with --provider ${provider}: the page is about VMs`);
      // for all that it starts
      process.env.RDC_PROVIDER = provider;
      const kinds = kindsOf(provider, word);
      const plans = planFaults({ faults, seed, kinds, checks: checks.length });
      const outcomes =
        log === undefined ? [] : continuedLog<Outcome>(log, { machine, faults, seed, kind: word, provider });
      for (const plan of plans.slice(outcomes.length)) {
        const outcome = await tryFault(machine, plan);
        outcomes.push(outcome);
        if (log !== undefined) appendFileSync(log, `${JSON.stringify(outcome)}\n`);
        process.stderr.write(`${String(outcomes.length).padStart(3)}/${faults}  ${lineOf(outcome)}\n`);
      }
      const tried = outcomes.filter(({ missed }) => missed === undefined);
      const isHeld = (one: Outcome) => one.broken.length === 0;
      publish(sectionOf(machine, kindsOf(provider), outcomes), write);
      process.exitCode = tried.every(isHeld) && tried.length > 0 ? 0 : 1;
    }),
);

function kindsOf(provider: ProviderName, word = ''): FaultKind[] {
  const all = allKinds.filter(({ provider: only = provider }) => only === provider);
  const kinds = all.filter(({ name }) => name.includes(word));
  if (kinds.length > 0) return kinds;
  const names = all.map(({ name }) => name).join(', ');
  throw new RdcError('USAGE', `--kind is ${JSON.stringify(word)}; with ${provider} there are: ${names}`);
}

function lineOf({ kind, moment, code, judged, injectedS, tookS, broken: rules, missed }: Outcome): string {
  const what = missed ?? (rules.length === 0 ? 'held' : `BROKEN: ${rules.join('; ')}`);
  return `${kind}, ${moment} (${injectedS} s): exit code ${code}, ${judged} judged, ${tookS} s: ${what}`;
}

async function tryFault(machine: string, plan: Plan): Promise<Outcome> {
  const { kind } = plan;
  const folder = outFolder();
  const { ended, lab, problem, ...run } = await runUnderFault(machine, plan, folder);
  const results = readOrWhyNot(join(folder, machine, resultsFileName));
  const code: Outcome['code'] = ended.code === -2 ? 'signal' : ended.code;
  const output = ended.stdout + ended.stderr;
  const left = await leftAfterDown(lab);
  const missed = Number.isNaN(run.injectedMs) ? (problem ?? 'the run was over before it') : undefined;
  const aftermath = { ...run, kind, machine, code, output, results, selected: checks.length, left };
  const rules = missed === undefined ? broken(aftermath) : [];
  // what a broken turn left is kept, with what it printed
  if (rules.length > 0) writeFileSync(join(folder, 'output.txt'), output);
  else rmSync(folder, { recursive: true, force: true });
  return {
    kind: kind.name,
    moment: momentText(plan),
    code,
    judged: typeof results === 'object' ? results.checks.length : 0,
    tookS: Math.round(run.tookMs / 1000),
    injectedS: Math.round(run.injectedMs / 1000),
    broken: rules.length > 0 ? [...rules, folder] : rules,
    ...(missed === undefined ? {} : { missed }),
  };
}

async function runUnderFault(machine: string, { kind, afterCheck, delayMs }: Plan, folder: string) {
  const startedAt = performance.now();
  const now = () => performance.now() - startedAt;
  const lines: Aftermath['lines'][number][] = [];
  let [seen, injectedMs, isOver] = [0, Number.NaN, false];
  let lab: Namespaces | undefined;
  let injecting: Promise<unknown> | undefined;
  let problem: string | undefined;
  const inject = async (signal: (name: NodeJS.Signals) => void) => {
    if (isOver) return true;
    try {
      await kind.inject({ machine, asRoot: (script) => asRoot(machine, script), signal });
      injectedMs = now();
    } catch (error) {
      problem = `the fault could not be applied: ${messageOf(error).trim()}`;
    }
    return !Number.isNaN(injectedMs);
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
      if (afterCheck === 0 ? !text.includes('restoring') : lines.length < afterCheck) return;
      // a machine that is being restored lets nobody in yet: the fault is injected as soon as it can be
      const again = { withinMs: Number.POSITIVE_INFINITY, everyMs: 500 };
      injecting ??= delay(delayMs).then(() => pollUntil(() => inject(kill), again));
    },
  });
  isOver = true;
  const tookMs = now();
  await injecting;
  return { ended, lab, problem, lines, injectedMs, tookMs };
}

function readOrWhyNot(file: string): Aftermath['results'] {
  if (!existsSync(file)) return undefined;
  try {
    return readResults(file);
  } catch (error) {
    return messageOf(error);
  }
}

/** Its connection may die of the fault, so its exit code says nothing; that it came through does, 255 is ssh's own. */
async function asRoot(machine: string, script: string): Promise<void> {
  const { code, stderr } = await rdc(['ssh', machine, '--root', '--', `echo injected >&2; ${script}`]);
  if (!stderr.includes('injected')) throw new Error(`exit code ${code}: ${stderr.slice(-300)}`);
}

function sectionOf(machine: string, kinds: readonly FaultKind[], outcomes: readonly Outcome[]) {
  const tried = outcomes.filter(({ missed }) => missed === undefined);
  const failed = tried.filter((one) => one.broken.length > 0);
  const rows = kinds.map(({ name, codes }) => {
    const same = tried.filter(({ kind }) => kind === name);
    const held = same.filter((one) => !failed.includes(one)).length;
    const seen = [...new Set(same.map(({ code }) => String(code)))].sort().join(', ');
    return [name, String(same.length), String(held), seen, codes.join(', ')];
  });
  return {
    name: 'faults',
    heading: '## Fault campaign',
    about: `Runs of ${checks.length} checks on ${machine}, each with one fault at a random moment: while the machine is restored, or after any of its verdicts. \`rdc down\` comes after each.`,
    tables: [[['fault', 'tried', 'held', 'exit codes seen', 'documented'], ...rows]],
    after: [
      `${tried.length} faults, ${tried.length - failed.length} held; ${outcomes.length - tried.length} came when the run was over.`,
      ...failed.map((one) => `- ${lineOf({ ...one, broken: one.broken.slice(0, -1) })}`),
    ],
  };
}
