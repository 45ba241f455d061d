import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { withSection } from '../../cli/generate/markdown.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { checkout } from '../../harness/this-machine/paths.ts';

const page = join(checkout, 'docs/benchmarks.md');

/** Puts a section on docs/benchmarks.md, in place of the one with this name; `made`: the command that made it. */
export function writeSection(name: string, lines: readonly string[], made: string): void {
  const text = [...lines, '', `${circumstances()} Made by \`${made}\`.`].join('\n');
  writeFileAtomic(page, withSection(readFileSync(page, 'utf8'), name, text));
}

/** Where and when: what a figure is worth depends on it. */
function circumstances(): string {
  const model = cpus()[0]?.model.trim() || 'CPU of unknown model';
  const load = loadavg()[0]?.toFixed(1);
  return `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.version}, ${availableParallelism()} cores (${model}), load average ${load} at the end.`;
}
