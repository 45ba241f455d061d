// Writes docs/checks.md from the declarations: node docs/write-checks.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredCheck } from '../harness/check.ts';
import { loadChecks } from '../harness/run/load-checks.ts';
import { levels } from '../harness/verdict.ts';

export const checksFile = join(import.meta.dirname, 'checks.md');

/** The catalogue page as it is to be; a test fails when the file differs. */
export async function renderChecksPage(): Promise<string> {
  const checks = await loadChecks();
  const areas = [...new Set(checks.map((check) => check.area))];
  return `${[header(checks, areas), ...areas.map((area) => renderArea(area, checks))].join('\n\n')}\n`;
}

function header(checks: readonly DeclaredCheck[], areas: readonly string[]): string {
  const counts = levels
    .map((level) => [level, checks.filter((check) => check.level === level).length] as const)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${count} ${level}`);
  const contents = areas.map((area) => {
    const ids = checks.filter((check) => check.area === area).map(({ id }) => `[${id}](#${id.toLowerCase()})`);
    return `- **${area}**: ${ids.join(' ')}`;
  });
  return `# Checks

<!-- Generated from suites/**/*.spec.ts by \`node docs/write-checks.ts\`; do not edit. The tests fail when it is stale. -->

${checks.length} checks: ${counts.join(', ')}.

\`MUST\` gates, \`SHOULD\` gates on request, \`MAY\` informs; a \`LIMITATION\` holds when rootless Docker falls short exactly as
documented, a \`WORKAROUND\` when the documented remedy works. *Fault* is what \`./rdc selftest\` does to the machine, *red with*
the message with which the check must then fail.

${contents.join('\n')}`;
}

function renderArea(area: string, checks: readonly DeclaredCheck[]): string {
  const own = checks.filter((check) => check.area === area);
  return [`## ${area}`, ...own.map(renderCheck)].join('\n\n');
}

function renderCheck(check: DeclaredCheck): string {
  const { id, level, title, source, remedy, sabotage, needs = [] } = check;
  const conditions = [
    check.applies ? 'depending on the host' : 'everywhere',
    ...needs.map((need) => `needs [${need}](#${need.toLowerCase()})`),
    ...(check.disruptive ? ['restarts the daemon, runs after the others'] : []),
  ];
  const fault =
    'impossible' in sabotage
      ? `impossible: ${escapeMarkdown(sabotage.impossible)}`
      : `${escapeMarkdown(sabotage.name)}; red with ${inlineCode(String(sabotage.fails))}`;
  return `### ${id}

**${level}**: ${escapeMarkdown(title)}

- Applies: ${conditions.join('; ')}
- Source: [${escapeMarkdown(source.section)}](${encodeURI(decodeURI(source.url)).replaceAll('(', '%28').replaceAll(')', '%29')})
- Remedy: ${escapeMarkdown(remedy)}
- Fault: ${fault}`;
}

/** GitHub also takes `$...$` for a formula and `<` for a tag; an underscore within a word is none of its business. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*[\]<>$~|]|_(?![a-z\d])|(?<![a-z\d])_/gi, '\\$&');
}

function inlineCode(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

if (import.meta.main) writeFileSync(checksFile, await renderChecksPage());
