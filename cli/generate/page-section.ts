import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { checkout } from '../../harness/this-machine/paths.ts';

const performancePage = join(checkout, 'docs/performance.md');
const head = `# Performance

Figures with the commands that make them again; each section is written by its command. Goals: bench/README.md.
`;

/** Puts a section on a page of docs/, in place of the one with this name; the others stay. */
export function writeSection(name: string, text: string, page = performancePage): void {
  const before = existsSync(page) ? readFileSync(page, 'utf8') : head;
  writeFileAtomic(page, withSection(before, name, text));
}

/** Pure. */
export function withSection(before: string, name: string, text: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const section = `${open}\n${text.trim()}\n${close}`;
  const from = before.indexOf(open);
  const to = before.indexOf(close);
  if (from === -1 || to < from) return `${before.trimEnd()}\n\n${section}\n`;
  return before.slice(0, from) + section + before.slice(to + close.length);
}

/** A table of Markdown; a bar in a cell would end it. */
export function table(rows: readonly (readonly string[])[]): string {
  const [first = [], ...others] = rows.map(
    (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  const line = `|${rows[0]?.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`;
  return [first, line, ...others].join('\n');
}

/** Where and when: what a figure is worth depends on it. */
export function circumstances(): string {
  const model = cpus()[0]?.model.trim() || 'CPU of unknown model';
  const load = loadavg()[0]?.toFixed(1);
  return `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.version}, ${availableParallelism()} cores (${model}), load average ${load} at the end.`;
}
