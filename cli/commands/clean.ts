import { join } from 'node:path';
import type { CacheEntry } from '../../harness/lab/cleanup/cache-state.ts';
import { type Cleaned, clean } from '../../harness/lab/cleanup/clean.ts';
import { diskState, diskWarning } from '../../harness/lab/cleanup/disk-usage.ts';
import { exitCodes, RdcError } from '../../harness/messages/errors.ts';
import { sizeText } from '../../harness/messages/quantities.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { parseWords } from '../options/command-line.ts';

const known = {
  'dry-run': { type: 'boolean' },
  all: { type: 'boolean' },
  'older-than': { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `rdc clean`: what nothing uses any more goes, with its size; 0 also when there was nothing. */
export async function cleanCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words, known, { command: 'clean' });
  if (positionals.length > 0)
    throw new RdcError('USAGE', `clean takes no names, got ${JSON.stringify(positionals[0])}`, {
      hint: './rdc clean --dry-run; one machine with its disk: ./rdc down MACHINE',
    });
  const dryRun = values['dry-run'] === true;
  const cleaned = await clean(join(checkout, 'reports', 'out'), {
    all: values.all === true,
    olderThanDays: daysOf(values['older-than'] as string | undefined),
    dryRun,
    onStage: (text) => void process.stderr.write(`${text}\n`),
  });
  process.stdout.write(values.json === true ? asJson(cleaned, dryRun) : asText(cleaned, dryRun));
  for (const failure of cleaned.failed) process.stderr.write(`not removed: ${failure}\n`);
  return cleaned.failed.length === 0 ? exitCodes.ok : exitCodes.notJudged;
}

function daysOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,5}$/.test(value)) return Number(value);
  throw new RdcError('USAGE', `--older-than is ${JSON.stringify(value)}; allowed: a number of days from 0 on`, {
    hint: './rdc clean --older-than 7 --dry-run',
  });
}

function asJson({ unused, kept, freedBytes, failed }: Cleaned, dryRun: boolean): string {
  return `${JSON.stringify({ dryRun, unused, kept, freedBytes, failed, ...diskState() }, null, 2)}\n`;
}

function asText({ unused, kept, freedBytes }: Cleaned, dryRun: boolean): string {
  const state = diskState();
  const total = unused.reduce((sum, { bytes }) => sum + bytes, 0);
  const result = dryRun
    ? `would free ${sizeText(total)} (--dry-run: nothing was removed)`
    : `freed ${sizeText(freedBytes)}`;
  const warning = diskWarning(state);
  return [
    ...rowsOf(unused),
    ...(kept.length > 0 ? ['', 'kept:', ...rowsOf(kept).map((row) => `  ${row}`), ''] : []),
    `${unused.length} ${unused.length === 1 ? 'thing' : 'things'} that nothing uses: ${result}`,
    `the cache holds ${sizeText(state.cacheBytes)}, ${sizeText(state.freeBytes)} of its disk are free`,
    ...(warning === undefined ? [] : [warning]),
    '',
  ].join('\n');
}

function rowsOf(things: readonly CacheEntry[]): string[] {
  const width = Math.min(60, Math.max(0, ...things.map(({ kind, name }) => kind.length + 1 + name.length)));
  return things.map(({ kind, name, bytes, why }) => {
    const what = `${kind} ${name}`.replaceAll(/\p{C}/gu, '');
    return `${what.padEnd(width)}  ${sizeText(bytes).padStart(10)}  ${why}`;
  });
}
