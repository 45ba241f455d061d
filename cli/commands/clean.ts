import { join } from 'node:path';
import type { CacheEntry } from '../../harness/lab/cleanup/cache-state.ts';
import { type Cleaned, clean } from '../../harness/lab/cleanup/clean.ts';
import { diskState, diskWarning } from '../../harness/lab/cleanup/disk-usage.ts';
import { exitCodes } from '../../harness/messages/errors.ts';
import { sizeText } from '../../harness/messages/quantities.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import { withVersion } from '../contracts/outputs.ts';
import { declare, defineCommand } from '../options/command-line.ts';
import { json } from '../options/options.ts';
import { print, printJson, say } from '../options/output.ts';
import { usageError } from '../options/values.ts';

const about =
  'Removes from the cache (${XDG_CACHE_HOME:-~/.cache}/rdc) and from reports/out what nothing uses any more, with sizes. Never ' +
  'what a running process holds, a running machine, or the latest run.';
const notes = [
  'Unused are: boxes built from an older state, with their copies in Vagrant and in the libvirt of the lab; machines whose definition has changed since their snapshot; replaced fixture images; runs beyond the newest 20; logs older than 30 days; what crashed processes left.',
  'One machine with its disk: ./rdc down MACHINE. With --lab system, volumes are left alone: virsh vol-list default.',
];

const declared = declare('clean', about, { examples: ['clean --dry-run', 'clean --older-than 7'], notes })
  .option('--dry-run', 'only list it')
  .option('--all', 'everything in the cache that can be made again, also what is in order; no runs')
  .option('--older-than <days>', 'runs and logs older than that, instead of the limits below', daysOf)
  .addOption(json);

export const command = defineCommand(
  declared,
  async (_, { dryRun = false, all = false, olderThan: olderThanDays, json }) => {
    const cleaned = await clean(join(checkout, 'reports', 'out'), { all, olderThanDays, dryRun, onStage: say });
    const { unused, kept, freedBytes, failed } = cleaned;
    if (json) printJson(withVersion('clean', { dryRun, unused, kept, freedBytes, failed, ...diskState() }));
    else print(asText(cleaned, dryRun));
    for (const failure of failed) say(`not removed: ${failure}`);
    return failed.length === 0 ? exitCodes.ok : exitCodes.notJudged;
  },
);

function daysOf(value: string): number {
  if (/^\d{1,5}$/.test(value)) return Number(value);
  const hint = './rdc clean --older-than 7 --dry-run';
  throw usageError(`--older-than is ${JSON.stringify(value)}; allowed: a number of days from 0 on`, hint);
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
    `${unused.length} unused: ${result}`,
    `the cache holds ${sizeText(state.cacheBytes)}, ${sizeText(state.freeBytes)} free on its disk`,
    ...(warning === undefined ? [] : [warning]),
  ].join('\n');
}

function rowsOf(things: readonly CacheEntry[]): string[] {
  const width = Math.min(60, Math.max(0, ...things.map(({ kind, name }) => kind.length + 1 + name.length)));
  return things.map(({ kind, name, bytes, why }) => {
    const what = `${kind} ${name}`.replaceAll(/\p{C}/gu, '');
    return `${what.padEnd(width)}  ${sizeText(bytes).padStart(10)}  ${why}`;
  });
}
