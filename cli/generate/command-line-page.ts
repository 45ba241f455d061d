import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';
import { generatedNote } from './markdown.ts';

/** Every command, in the order of the page: judge, look at results, pass them on, run the lab, work on the suite. */
export const commandNames = [
  'run',
  'doctor',
  'list',
  'explain',
  'compare',
  'waivers',
  'report',
  'export',
  'bundle',
  'merge',
  'up',
  'down',
  'ssh',
  'clean',
  'selftest',
  'test',
] as const;

/** docs/reference/command-line.md: what `./rdc --help` and `./rdc COMMAND --help` print. */
export function commandLinePage(): string {
  const contents = commandNames.map((name) => `[${name}](#${name})`).join(' · ');
  const sections = commandNames.map((name) => `## ${name}\n\n${helpBlock(name, '--help')}`);
  return `# Command line

${generatedNote}

What \`./rdc --help\` and \`./rdc COMMAND --help\` print. See also: [exit codes](exit-codes.md),
[environment variables](configuration.md).

${contents}

${helpBlock('--help')}

${sections.join('\n\n')}
`;
}

function helpBlock(...words: string[]): string {
  const argv = [...process.execArgv, join(checkout, 'cli/main.ts'), ...words];
  const env = { ...process.env, NO_COLOR: '1', COLUMNS: '120' };
  const text = execFileSync(process.execPath, argv, { encoding: 'utf8', env, timeout: 60_000 });
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}
