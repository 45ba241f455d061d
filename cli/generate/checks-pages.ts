import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { labelsOf } from '../../harness/checks/faults.ts';
import { levels } from '../../harness/verdicts/verdict.ts';
import type { DocFile } from './doc-files.ts';
import { escapeMarkdown, generatedNote, inlineCode, table } from './markdown.ts';
import { type Judged, sittingsOf, wordsText } from './recorded-verdicts.ts';

type Checks = readonly DeclaredCheck[];

/** The pages of all checks: one an area, and README.md, which links them and says how far they are proven. */
export function checksPages(checks: Checks, judged: Judged): DocFile[] {
  const areas = [...Map.groupBy(checks, ({ area }) => area)];
  const texts = [
    ['README', indexPage(areas, checks, judged)],
    ...areas.map(([area, own]) => [area, areaPage(area, own, judged)]),
  ];
  return texts.map(([name, text = '']) => ({ path: `docs/reference/checks/${name}.md`, text }));
}

function indexPage(areas: readonly [area: string, own: Checks][], checks: Checks, judged: Judged): string {
  const used = levels.filter((level) => checks.some((check) => check.level === level));
  const counts = (some: Checks) =>
    [some.length, ...used.map((level) => some.filter((check) => check.level === level).length)].map(String);
  const rows = areas.map(([area, own]) => [`[${area}](${area}.md)`, ...counts(own)]);
  const lists = areas.map(([area, own]) => `- **[${area}](${area}.md)**: ${own.map(linkTo).join(' ')}`);
  return `# Checks

${generatedNote}

${checks.length} checks. What a level, a fault and a verdict are: [concepts](../../concepts.md). \`./rdc explain ID\` prints one check.

${table([['area', 'checks', ...used], ...rows, ['all', ...counts(checks)]])}

${lists.join('\n')}
${proofSection(checks, judged)}${sittingsSection(judged)}`;
}

/** How many faults turned their check red on a real machine; the others by name. */
function proofSection(checks: Checks, judged: Judged): string {
  if (Object.keys(judged.faults).length === 0) return '';
  const groups = Map.groupBy(checks, ({ id }) =>
    proofOf(Object.values(judged.faults[id] ?? {}), Object.values(judged.checks[id] ?? {})),
  );
  const killed = groups.get('killed') ?? [];
  const days = killed.flatMap(({ id }) => Object.values(judged.faults[id] ?? {}).map((word) => word.split(' ')[1]));
  const others = (['survived', 'untried', 'skipped', 'red'] as const).flatMap((group) => {
    const some = groups.get(group) ?? [];
    return some.length > 0 ? [[proofs[group], String(some.length), some.map(linkTo).join(' ')]] : [];
  });
  const rows = [[proofs.killed, String(killed.length), `last on ${days.sort().at(-1) ?? 'no day'}`], ...others];
  return `
## Faults

Each check has a fault that must turn it red. This is what \`./rdc selftest\` found on real machines:

${table([['the fault', 'checks', 'which'], ...rows], 'left')}
`;
}

const proofs = {
  killed: 'the check turned red with its own message',
  survived: 'the check stayed green',
  untried: 'not tried yet',
  skipped: 'cannot show: the check is skipped on every machine judged so far',
  red: 'cannot show: the check fails without it',
};

/** A fault shows nothing where the check is skipped or red without it. */
function proofOf(outcomes: readonly string[], verdicts: readonly string[]): keyof typeof proofs {
  const isAny = (words: readonly string[], start: string) => words.some((word) => word.startsWith(start));
  if (isAny(outcomes, 'killed')) return 'killed';
  if (isAny(outcomes, 'survived')) return 'survived';
  if (isAny(verdicts, 'pass') || verdicts.length === 0) return 'untried';
  return isAny(verdicts, 'fail') ? 'red' : 'skipped';
}

/** With which state of the suite the verdicts were made; today's digest is not here, since it changes with each commit. */
function sittingsSection({ checks, faults }: Judged): string {
  const linesOf = (what: string, words: Judged['checks']) =>
    sittingsOf(words).map(({ machine, day, suite, count }) => {
      const state = suite === undefined ? 'not recorded' : `\`${suite}\``;
      return [machine, `${count} ${what}${count === 1 ? '' : 's'}`, day, state];
    });
  const lines = [...linesOf('check', checks), ...linesOf('fault', faults)];
  if (lines.length === 0) return '';
  return `
## Judged by which suite

The last column is the beginning of \`suite.digest\` in results.json. \`./rdc --version\` prints the digest of a checkout. A verdict
of another digest may be of an older state of the check.

${table([['machine', 'judged last', 'day', 'suite'], ...lines], 'left')}
`;
}

function areaPage(area: string, own: Checks, judged: Judged): string {
  const rows = own.map(({ id, level, title }) => [`[${id}](#${id.toLowerCase()})`, level, escapeMarkdown(title)]);
  return `# Checks: ${area}

${generatedNote}

${table([['check', 'level', 'claim'], ...rows], 'left')}

${own.map((check) => checkSection(check, judged)).join('\n\n')}
`;
}

function checkSection(check: DeclaredCheck, judged: Judged): string {
  const { id, level, title, source, remedy, fault } = check;
  const labels = labelsOf(fault).map(inlineCode).join(' or ');
  const lines = [
    ['Applies', check.applies ? 'depends on the host; a skip says why not' : 'everywhere'],
    ['Needs', check.needsDaemon ? linkTo({ id: 'SOCK-PATH', area: 'sockets' }) : ''],
    ['Runs', howItRuns(check)],
    ['Source', `[${escapeMarkdown(source.section)}](${linkOf(source.url)})`],
    ['Remedy', escapeMarkdown(remedy)],
    ['Fault', `${escapeMarkdown(fault.name)}; the check must fail with ${labels}`],
    ['Judged', wordsText(judged.checks[id])],
    ['Fault test', wordsText(judged.faults[id])],
  ].filter(([, text]) => text !== '');
  return `## ${id}

**${level}**: ${escapeMarkdown(title)}

${lines.map(([name, text]) => `- ${name}: ${text}`).join('\n')}`;
}

function howItRuns({ restartsDaemon, readOnly }: DeclaredCheck): string {
  if (restartsDaemon) return 'after the others, because it restarts the daemon or the machine';
  return readOnly ? 'reads only, so also in `./rdc doctor TARGET`' : '';
}

function linkTo({ id, area }: Pick<DeclaredCheck, 'id' | 'area'>): string {
  return `[${id}](${area}.md#${id.toLowerCase()})`;
}

function linkOf(url: string): string {
  return encodeURI(decodeURI(url)).replaceAll('(', '%28').replaceAll(')', '%29');
}
