import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../../harness/this-machine/paths.ts';
import type { Results } from '../../reports/results/results.schema.ts';
import type { Selftest } from '../../reports/selftest/fault-results.ts';

/**
 * By check, then by machine: the last verdict, its day and the start of the suite's digest, e.g. `pass 2026-11-22 0f3a9c12`;
 * old entries have no digest.
 */
type Words = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The last verdicts on real machines: of each check (`pass`, `fail`, `skip`), and of its fault (as in selftest.json). */
export type Judged = { readonly checks: Words; readonly faults: Words };

export const judgedFile = join(checkout, 'docs/judged.json');

export function readJudged(): Judged {
  return JSON.parse(readFileSync(judgedFile, 'utf8')) as Judged;
}

/** Records a run on a VM of the lab; a blocked check or an error leaves what was recorded before. */
export function withResults(judged: Judged, { target, checks, ...made }: Results): Judged {
  if (target.kind !== 'machine' || target.provider === 'nspawn') return judged;
  const said = checks.filter(({ verdict }) => ['pass', 'fail', 'skip'].includes(verdict));
  const words = said.map(({ id, verdict }) => [id, verdict] as const);
  return { ...judged, checks: noted(judged.checks, target.name, words, made) };
}

/** An error leaves what was recorded before. */
export function withSelftest(judged: Judged, { target, provider, checks, ...made }: Selftest): Judged {
  if (provider === 'nspawn') return judged;
  const words = checks.filter(({ outcome }) => outcome !== 'error').map(({ id, outcome }) => [id, outcome] as const);
  return { ...judged, faults: noted(judged.faults, target, words, made) };
}

function noted(
  before: Words,
  machine: string,
  words: readonly (readonly [id: string, word: string])[],
  { run, suite }: Pick<Selftest, 'run' | 'suite'>,
): Words {
  const day = run.startedAt.slice(0, 10);
  // as Git abbreviates a commit
  const state = suite.digest.replace(/^sha256:/, '').slice(0, 8);
  const newer = words.filter(([id]) => (before[id]?.[machine]?.split(' ')[1] ?? '') <= day);
  const changes = newer.map(([id, word]) => [id, { ...before[id], [machine]: `${word} ${day} ${state}` }] as const);
  return { ...before, ...Object.fromEntries(changes) };
}

/** Only checks and machines that still exist, sorted by name: small diffs. */
export function pruned({ checks, faults }: Judged, ids: readonly string[], machines: readonly string[]): Judged {
  const prune = (words: Words): Words => {
    const byId = only(words, ids).map(
      ([id, byMachine]) => [id, Object.fromEntries(only(byMachine, machines))] as const,
    );
    return Object.fromEntries(byId.filter(([, byMachine]) => Object.keys(byMachine).length > 0));
  };
  return { checks: prune(checks), faults: prune(faults) };
}

function only<T>(record: Readonly<Record<string, T>>, names: readonly string[]): [string, T][] {
  const kept = Object.entries(record).filter(([name]) => names.includes(name));
  return kept.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What was judged on a machine on one day with one state of the suite (undefined: not recorded), and how much. */
type Sitting = { machine: string; day: string; suite: string | undefined; count: number };

/** Sorted by machine, the newest first. */
export function sittingsOf(words: Words): Sitting[] {
  const all = Object.values(words).flatMap((byMachine) =>
    Object.entries(byMachine).map(([machine, word]) => word.replace(/^\S+/, machine)),
  );
  return [...Map.groupBy(all, (one) => one)]
    .map(([one, same]) => {
      const [machine = '', day = '', suite] = one.split(' ');
      return { machine, day, suite, count: same.length };
    })
    .sort((a, b) => a.machine.localeCompare(b.machine, 'en') || b.day.localeCompare(a.day) || b.count - a.count);
}

/** e.g. `pass on debian-12, debian-13 (2026-11-22); skip on debian-11 (2026-11-20)`; empty when nothing is known. */
export function wordsText(byMachine: Readonly<Record<string, string>> = {}): string {
  const groups = Map.groupBy(Object.entries(byMachine), ([, word]) => word.split(' ').slice(0, 2).join(' '));
  const texts = [...groups].map(([word, same]) => {
    const [verdict, day] = word.split(' ');
    return `${verdict} on ${same.map(([machine]) => machine).join(', ')} (${day})`;
  });
  return texts.join('; ');
}
