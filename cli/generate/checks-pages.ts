// Writes docs/checks.md from the declarations: node cli/generate/write-checks-page.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredCheck } from '../../harness/checks/check.ts';
import { loadChecks } from '../../harness/checks/load-checks.ts';
import { levels } from '../../harness/verdicts/verdict.ts';
import { type Judged, readJudged, sittingsOf, wordsText } from './recorded-verdicts.ts';

export const checksFile = join(import.meta.dirname, '../../docs/checks.md');

/** The catalogue page as it is to be; a test fails when the file differs. */
export async function renderChecksPage(judged: Judged = readJudged()): Promise<string> {
  const checks = await loadChecks();
  const areas = [...new Set(checks.map((check) => check.area))];
  return `${[header(checks, areas, judged), ...areas.map((area) => renderArea(area, checks, judged))].join('\n\n')}\n`;
}

function header(checks: readonly DeclaredCheck[], areas: readonly string[], judged: Judged): string {
  const counts = levels
    .map((level) => [level, checks.filter((check) => check.level === level).length] as const)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${count} ${level}`);
  const contents = areas.map((area) => {
    const ids = checks.filter((check) => check.area === area).map(({ id }) => `[${id}](#${id.toLowerCase()})`);
    return `- **${area}**: ${ids.join(' ')}`;
  });
  return `# Checks

<!-- Generated from suites/**/*.spec.ts by \`node cli/generate/write-checks-page.ts\`; do not edit. The tests fail when it is stale. -->

${checks.length} checks: ${counts.join(', ')}.

\`MUST\` gates, \`SHOULD\` gates on request; a \`LIMITATION\` holds when rootless Docker falls short exactly as documented, a \`WORKAROUND\` when the documented remedy works. *Fault* is what \`./rdc selftest\` does to the machine, *red with*
the message with which the check must then fail.${scoreText(checks, judged)}

${contents.join('\n')}${sittingsText(judged)}`;
}

/** With which state of the suite the verdicts were made; today's is told by `./rdc --version`, not here: it changes with each commit. */
function sittingsText({ checks, faults }: Judged): string {
  const rows = [
    ['check', sittingsOf(checks)],
    ['fault', sittingsOf(faults)],
  ] as const;
  const lines = rows.flatMap(([what, sittings]) =>
    sittings.map(({ machine, day, suite, count }) => {
      const state = suite === undefined ? 'not recorded' : `\`${suite}\``;
      return `| ${machine} | ${count} ${what}${count === 1 ? '' : 's'} | ${day} | ${state} |`;
    }),
  );
  if (lines.length === 0) return '';
  return `

With which state of the suite that was judged last: the beginning of its digest (\`suite.digest\` of results.json: the spec files,
who judges them, and all that these import). That of a checkout is told by \`./rdc --version\`; what was judged with another one
may be of another state of the check.

| machine | judged last | day | suite |
|---|---|---|---|
${lines.join('\n')}`;
}

/**
 * How many faults were killed on a real machine, of those that are possible; and which were not, by name. A fault shows
 * nothing where the check is skipped or red without it: one of a check that was green on no machine is not possible there.
 */
function scoreText(checks: readonly DeclaredCheck[], judged: Judged): string {
  if (Object.keys(judged.faults).length === 0) return '';
  const was = (words: Judged['checks'], verdict: string) => (check: DeclaredCheck) =>
    Object.values(words[check.id] ?? {}).some((word) => word.startsWith(verdict));
  const groups = Map.groupBy(checks, (check) => {
    if ('impossible' in check.sabotage) return 'impossible';
    if (was(judged.faults, 'killed')(check)) return 'killed';
    if (was(judged.faults, 'survived')(check)) return 'survived';
    if (was(judged.checks, 'pass')(check) || !was(judged.checks, '')(check)) return 'untried';
    return was(judged.checks, 'fail')(check) ? 'red' : 'skipped';
  });
  const of = (group: Parameters<typeof groups.get>[0]) => groups.get(group) ?? [];
  const listed = (what: string, some: readonly DeclaredCheck[]) =>
    some.length > 0 ? ` ${what}: ${some.map(linkTo).join(', ')}.` : '';
  const killed = of('killed');
  const possible = killed.length + of('survived').length + of('untried').length;
  const days = killed
    .flatMap(({ id }) => Object.values(judged.faults[id] ?? {}))
    .map((word) => word.split(' ')[1] ?? '');
  return `

**${killed.length} of ${possible} possible faults were killed** on a real machine, the last on ${days.sort().at(-1) ?? 'no day'}.${listed('Survived', of('survived'))}${listed('Not proven yet', of('untried'))}${listed('Impossible', of('impossible'))}${listed('No fault can show on the machines judged so far, since the check is skipped on all of them', of('skipped'))}${listed('Nor can one where the check is red without one', of('red'))}`;
}

function linkTo({ id }: DeclaredCheck): string {
  return `[${id}](#${id.toLowerCase()})`;
}

function renderArea(area: string, checks: readonly DeclaredCheck[], judged: Judged): string {
  const own = checks.filter((check) => check.area === area);
  return [`## ${area}`, ...own.map((check) => renderCheck(check, judged))].join('\n\n');
}

function renderCheck(check: DeclaredCheck, judged: Judged): string {
  const { id, level, title, source, remedy, sabotage, needs = [] } = check;
  const conditions = [
    check.applies ? 'depending on the host' : 'everywhere',
    ...needs.map((need) => `needs [${need}](#${need.toLowerCase()})`),
    ...(check.disruptive ? ['restarts the daemon, runs after the others'] : []),
    ...(check.readOnly ? ['only reads: also in `rdc doctor TARGET`'] : []),
  ];
  const fault =
    'impossible' in sabotage
      ? `impossible: ${escapeMarkdown(sabotage.impossible)}`
      : `${escapeMarkdown(sabotage.name)}; red with ${inlineCode(String(sabotage.fails))}`;
  const words = [
    ['Judged', wordsText(judged.checks[id])],
    ['Selftest', wordsText(judged.faults[id])],
  ].filter(([, text]) => text !== '');
  return `### ${id}

**${level}**: ${escapeMarkdown(title)}

- Applies: ${conditions.join('; ')}
- Source: [${escapeMarkdown(source.section)}](${encodeURI(decodeURI(source.url)).replaceAll('(', '%28').replaceAll(')', '%29')})
- Remedy: ${escapeMarkdown(remedy)}
- Fault: ${fault}${words.map(([name, text]) => `\n- ${name}: ${text}`).join('')}`;
}

/** GitHub also takes `$...$` for a formula and `<` for a tag; an underscore within a word is none of its business. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*[\]<>$~|]|_(?![a-z\d])|(?<![a-z\d])_/gi, '\\$&');
}

function inlineCode(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

if (import.meta.main) writeFileSync(checksFile, await renderChecksPage());
