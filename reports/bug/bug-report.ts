import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { everyCheck } from '../results/conformance.ts';
import { factAt } from '../results/fact-path.ts';
import { providerOf } from '../results/provider.ts';
import { readEvidence } from '../results/read-evidence.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import type { Waiver } from '../waivers/waivers.schema.ts';
import { block, code, sourceLink } from '../wording/markdown-text.ts';
import { providerText, reasonOf } from '../wording/verdict-words.ts';
import { parseEvidence, tellingSteps } from './evidence-steps.ts';

type Target = { readonly folder: string; readonly results: Results };
type Found = Target & { readonly check: JudgedCheck };
/** What the checkout says of the check, and the day for the waiver. */
type Known = { readonly reproduce?: string | undefined; readonly page?: string | undefined; readonly today: Date };

/** The first target on which the check is red, as Markdown for a tracker. Throws INPUT where there is none. */
export function bugReport(id: string, run: readonly Target[], known: Known): string {
  const found = run.flatMap((target): Found[] => {
    const check = everyCheck(target.results).find((one) => one.id === id);
    return check === undefined ? [] : [{ ...target, check }];
  });
  const [red] = found.filter(({ check }) => isRed(check));
  if (red === undefined) throw notRed(id, run, found);
  return `${sections(red, found, known).join('\n\n')}\n`;
}

function isRed({ verdict }: JudgedCheck): boolean {
  return verdict !== 'pass' && verdict !== 'skip';
}

function notRed(id: string, run: readonly Target[], found: readonly Found[]): RdcError {
  const verdicts = found.map(({ check, results }) => `${check.verdict} on ${plainLine(results.target.name, 80)}`);
  const what = verdicts.length > 0 ? `is ${verdicts.join(', ')}` : 'is not in this run';
  const red = [
    ...new Set(
      run.flatMap(({ results }) =>
        everyCheck(results)
          .filter(isRed)
          .map((check) => check.id),
      ),
    ),
  ];
  const hint = red.length > 0 ? `./rdc bug ${red[0]}   # red in this run: ${red.join(', ')}` : './rdc run';
  return new RdcError('INPUT', `${id} ${what}: there is nothing to report`, { hint });
}

function sections(red: Found, found: readonly Found[], known: Known): string[] {
  const { check, results } = red;
  const { title, source, remedy, area } = check;
  const suite = `rdc ${plainLine(results.suite.version)}, run ${plainLine(results.run.id)}`;
  return [
    `# ${titleOf(red)}`,
    versions(results),
    '## Steps to reproduce',
    ...stepsToReproduce(red, known),
    '## Expected',
    `${sentence(title)}${source === undefined ? '' : ` Promised by ${sourceLink(source)}.`}`,
    '## Found',
    code(reasonOf(check), 1_500),
    ...evidence(red),
    ...(remedy === undefined ? [] : ['## Remedy', code(remedy, 2_000)]),
    ...otherMachines(found),
    '## Links',
    [
      ...(source === undefined ? [] : [`- ${sourceLink(source)}`]),
      `- check ${check.id} (${check.level}, area ${code(area)}) of the rootless Docker conformance suite, ${code(suite)}`,
      ...(known.page === undefined ? [] : [`- what the check does, and how it is proven: ${code(known.page)}`]),
    ].join('\n'),
    '---',
    `Not for the tracker: an entry for the waivers file, once the bug has a number (${code('./rdc run --waivers FILE')}).`,
    block('json', JSON.stringify([waiverOf(red, known.today)], null, 2)),
  ];
}

/** What was seen and where, in one line: it is what a tracker lists. */
function titleOf({ check, results }: Found): string {
  const seen = plainLine(reasonOf(check), 400);
  const short = seen.length > 110 ? `${seen.slice(0, 110).replace(/\s+\S*$/, '')} …` : seen;
  const engine = factText(results, 'daemon.serverVersion');
  const where = [`rootless Docker${engine === undefined ? '' : ` ${engine}`}`, distribution(results)].join(', ');
  return plainMarkdown(`${short} (${where})`);
}

function versions(results: Results): string {
  const { target } = results;
  const provider = providerOf(results);
  const fact = (path: string) => factText(results, path);
  const driver = [fact('daemon.networkDriver'), fact('daemon.portDriver')].filter(Boolean).join(', ports by ');
  const rows = [
    ['machine', [plainLine(target.name, 100), provider && providerText(provider)].filter(Boolean).join(': ')],
    ['distribution', distribution(results)],
    ['kernel', [fact('host.kernel'), fact('host.architecture')].filter(Boolean).join(' ')],
    ['Docker', fact('host.versions.docker') ?? fact('daemon.serverVersion')],
    [
      'containerd, runc',
      [fact('daemon.components.containerd'), fact('daemon.components.runc')].filter(Boolean).join(', '),
    ],
    ['RootlessKit', fact('host.versions.rootlesskit') ?? fact('daemon.components.rootlesskit')],
    ['network', driver],
    ['storage driver', fact('daemon.storageDriver')],
    ['cgroup', [fact('daemon.cgroupVersion'), fact('daemon.cgroupDriver')].filter(Boolean).join(', driver ')],
    ['init', [fact('host.init'), fact('host.systemdVersion')].filter(Boolean).join(' ')],
  ];
  const known = rows.flatMap(([name = '', value]) => (value ? [`| ${name} | ${code(value, 200)} |`] : []));
  return ['| what | version |', '|---|---|', ...known].join('\n');
}

function stepsToReproduce({ check, results }: Found, { reproduce }: Known): string[] {
  const typed =
    reproduce === undefined
      ? ['The suite has no short form of this check. What it did is under Evidence.']
      : ['As the user of rootless Docker, on a fresh machine:', block('sh', reproduce)];
  const again = `./rdc run ${targetWords(results)} --check ${check.id}`;
  return [...typed, `The same by the suite: ${code(again)}.`, ...installation(results)];
}

/** The target as it is given on the command line. */
function targetWords({ target }: Results): string {
  const name = plainLine(target.name, 100);
  if (target.kind === 'local') return 'local';
  if (target.kind === 'ssh') return `ssh://${name.replace(/_(\d+)$/, ':$1')}`;
  return target.provider === 'nspawn' ? `${name} --provider nspawn` : name;
}

/** How the machine came to its Docker, folded away: a maintainer wants to see that nothing odd was done. */
function installation({ facts }: Results): string[] {
  const install = facts.host.install as { steps?: unknown } | null | undefined;
  const steps = Array.isArray(install?.steps) ? install.steps.slice(0, 40) : [];
  const lines = steps.flatMap((step: { command?: unknown; exitCode?: unknown } | null) => {
    if (typeof step?.command !== 'string' || step.command.startsWith('# grep ')) return [];
    const failed = typeof step.exitCode === 'number' && step.exitCode !== 0 ? `   # exit code ${step.exitCode}` : '';
    return [plainLine(step.command, 500).replace(/^# /, 'sudo ').replace(/^\$ /, '') + failed];
  });
  if (lines.length === 0) return [];
  return [
    `<details><summary>How rootless Docker was installed</summary>\n\n${block('sh', lines.join('\n'))}\n\n</details>`,
  ];
}

function evidence({ check, folder }: Found): string[] {
  const text = check.evidence === undefined ? undefined : readEvidence(folder, check.evidence);
  const steps = text === undefined ? [] : tellingSteps(parseEvidence(text), plainText(check.reason ?? ''));
  if (steps.length === 0) return [];
  const shown = steps.map(({ prompt, typed, output }) =>
    [prompt === undefined ? typed : `${prompt} ${typed}`, output].filter(Boolean).join('\n').slice(0, 3_000),
  );
  return [
    '## Evidence',
    'As the suite saw it (`$`: the user, `#`: root), cut to what matters:',
    block('console', shown.join('\n\n')),
  ];
}

function otherMachines(found: readonly Found[]): string[] {
  if (found.length < 2) return [];
  const rows = found.map(({ results, check }) => {
    const cells = [code(results.target.name, 100), code(distribution(results)), check.verdict];
    const versions = ['host.kernel', 'daemon.serverVersion', 'host.versions.rootlesskit'];
    return `| ${[...cells, ...versions.map((path) => code(factText(results, path) ?? ''))].join(' | ')} |`;
  });
  const head = ['| machine | distribution | verdict | kernel | Docker | RootlessKit |', '|---|---|---|---|---|---|'];
  return ['## Machines of this run', [...head, ...rows].join('\n')];
}

const waivedDays = 90;

/** Holds on this release of the distribution, or where that is not known on this target; stale when the check passes. */
function waiverOf({ check, results }: Found, today: Date): Waiver {
  const release = ['host.os.id', 'host.os.versionId'].map((path) => [path, factAt(path, results)] as const);
  const isKnown = release.every(([, value]) => typeof value === 'string' && value !== '');
  const when = isKnown ? Object.fromEntries(release as [string, string][]) : { 'target.name': results.target.name };
  return {
    check: check.id,
    when,
    reason: plainLine(reasonOf(check), 1_000),
    bug: 'https://tracker.example/NUMBER',
    owner: 'OWNER',
    expires: new Date(today.getTime() + waivedDays * 86_400_000).toISOString().slice(0, 10),
  };
}

function distribution(results: Results): string {
  return factText(results, 'host.os.prettyName') ?? plainLine(results.target.name, 100);
}

function factText(results: Results, path: string): string | undefined {
  const fact = factAt(path, results);
  if (typeof fact === 'number') return String(fact);
  return typeof fact === 'string' && plainLine(fact) !== '' ? plainLine(fact, 200) : undefined;
}

function sentence(text: string): string {
  const line = plainLine(text, 600);
  // a name such as host.docker.internal stays as it is
  return plainMarkdown(`${/^[a-z]+ /.test(line) ? line.slice(0, 1).toUpperCase() + line.slice(1) : line}.`);
}

/** A line of prose that shows every sign as it is. */
function plainMarkdown(text: string): string {
  return text.replace(/[\\`*[\]<>$~|]|_(?![a-z\d])|(?<![a-z\d])_/gi, '\\$&');
}
