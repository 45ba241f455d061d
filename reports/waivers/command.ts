import { readRun } from '../results/read-results.ts';
import { findRun } from '../results/run-folder.ts';
import { reviewWaivers } from './check-waivers.ts';
import { readWaivers } from './read-waivers.ts';

/** Prints what there is to say of each waiver, on runs too where some are named. True when one of them is stale. */
export function checkWaiversCommand(file: string, runs: readonly string[], checkIds: readonly string[]): boolean {
  const waivers = readWaivers(file, checkIds);
  const results = runs.flatMap((run) => readRun(findRun(run))).map((one) => one.results);
  const { lines, isStale } = reviewWaivers(waivers, todayInUtc(), results);
  process.stdout.write(`${[...lines, `${waivers.length} waivers${isStale ? ', some are stale' : ''}`].join('\n')}\n`);
  return isStale;
}

export function todayInUtc(): string {
  return new Date().toISOString().slice(0, 10);
}
