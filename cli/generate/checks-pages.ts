import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { labelsOf } from '../../harness/checks/faults.ts';
import { levels } from '../../harness/verdicts/verdict.ts';
import type { DocFile } from './doc-files.ts';
import { escapeMarkdown, generatedNote, inlineCode, table } from './markdown.ts';
import { type Judged, sittingsOf, wordsText } from './recorded-verdicts.ts';

const folder = 'docs/reference/checks';

/** The pages of all checks: one an area, and README.md, which links them and says how far they are proven. */
export function checksPages(checks: readonly DeclaredCheck[], judged: Judged): DocFile[] {
  const areas = [...Map.groupBy(checks, ({ area }) => area)];
  return [
    { path: `${folder}/README.md`, text: indexPage(areas, checks, judged) },
    ...areas.map(([area, own]) => ({ path: `${folder}/${area}.md`, text: areaPage(area, own, { checks, judged }) })),
  ];
}

function indexPage(
  areas: readonly (readonly [area: string, own: readonly DeclaredCheck[]])[],
  checks: readonly DeclaredCheck[],
  judged: Judged,
): string {
  const used = levels.filter((level) => checks.some((check) => check.level === level));
  const counts = (some: readonly DeclaredCheck[]) =>
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

/**
 * How many faults turned their check red on a real machine, of those that can; the others by name. A fault shows nothing
 * where the check is skipped or red without it: one of a check that never passed is not possible there.
 */
function proofSection(checks: readonly DeclaredCheck[], judged: Judged): string {
  if (Object.keys(judged.faults).length === 0) return '';
  const was = (words: Judged['checks'], verdict: string) => (check: DeclaredCheck) =>
    Object.values(words[check.id] ?? {}).some((word) => word.startsWith(verdict));
  const groups = Map.groupBy(checks, (check) => {
    if (was(judged.faults, 'killed')(check)) return 'killed';
    if (was(judged.faults, 'survived')(check)) return 'survived';
    if (was(judged.checks, 'pass')(check) || !was(judged.checks, '')(check)) return 'untried';
    return was(judged.checks, 'fail')(check) ? 'red' : 'skipped';
  });
  const of = (group: Parameters<typeof groups.get>[0]) => groups.get(group) ?? [];
  const row = (what: string, some: readonly DeclaredCheck[]) =>
    some.length > 0 ? [[what, String(some.length), some.map(linkTo).join(' ')]] : [];
  const days = of('killed').flatMap(({ id }) =>
    Object.values(judged.faults[id] ?? {}).map((word) => word.split(' ')[1]),
  );
  const rows = [
    [
      'the check turned red with its own message',
      String(of('killed').length),
      `last on ${days.sort().at(-1) ?? 'no day'}`,
    ],
    ...row('the check stayed green', of('survived')),
    ...row('not tried yet', of('untried')),
    ...row('cannot show: the check is skipped on every machine judged so far', of('skipped')),
    ...row('cannot show: the check fails without it', of('red')),
  ];
  return `
## Faults

Each check has a fault that must turn it red. This is what \`./rdc selftest\` found on real machines:

${table([['the fault', 'checks', 'which'], ...rows], 'left')}
`;
}

/** With which state of the suite the verdicts were made; today's digest is not here, since it changes with each commit. */
function sittingsSection({ checks, faults }: Judged): string {
  const rows = [
    ['check', sittingsOf(checks)],
    ['fault', sittingsOf(faults)],
  ] as const;
  const lines = rows.flatMap(([what, sittings]) =>
    sittings.map(({ machine, day, suite, count }) => {
      const state = suite === undefined ? 'not recorded' : `\`${suite}\``;
      return [machine, `${count} ${what}${count === 1 ? '' : 's'}`, day, state];
    }),
  );
  if (lines.length === 0) return '';
  return `
## Judged by which suite

The last column is the beginning of \`suite.digest\` in results.json. \`./rdc --version\` prints the digest of a checkout. A verdict
of another digest may be of an older state of the check.

${table([['machine', 'judged last', 'day', 'suite'], ...lines], 'left')}
`;
}

type All = { readonly checks: readonly DeclaredCheck[]; readonly judged: Judged };

function areaPage(area: string, own: readonly DeclaredCheck[], all: All): string {
  const rows = own.map((check) => [
    `[${check.id}](#${check.id.toLowerCase()})`,
    check.level,
    escapeMarkdown(check.title),
  ]);
  return `# Checks: ${area}

${generatedNote}

${table([['check', 'level', 'claim'], ...rows], 'left')}

${own.map((check) => checkSection(check, all)).join('\n\n')}
`;
}

function checkSection(check: DeclaredCheck, { checks, judged }: All): string {
  const { id, level, title, source, remedy } = check;
  const links = check.needsDaemon ? checks.filter((other) => other.id === 'SOCK-PATH').map(linkTo) : [];
  const lines = [
    ['Applies', check.applies ? 'depends on the host; a skip says why not' : 'everywhere'],
    ['Needs', links.join(' ')],
    ['Runs', howItRuns(check)],
    ['Source', `[${escapeMarkdown(source.section)}](${linkOf(source.url)})`],
    ['Remedy', escapeMarkdown(remedy)],
    ['Fault', faultText(check)],
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

function faultText({ fault }: DeclaredCheck): string {
  const labels = labelsOf(fault).map(inlineCode).join(' or ');
  return `${escapeMarkdown(fault.name)}; the check must fail with ${labels}`;
}

function linkTo({ id, area }: DeclaredCheck): string {
  return `[${id}](${area}.md#${id.toLowerCase()})`;
}

function linkOf(url: string): string {
  return encodeURI(decodeURI(url)).replaceAll('(', '%28').replaceAll(')', '%29');
}
