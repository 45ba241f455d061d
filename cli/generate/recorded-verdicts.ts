import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../reports/results/results.schema.ts';
import type { Selftest } from '../../reports/selftest/fault-results.ts';

/**
 * By check, then by machine: the last word, its day and the beginning of the suite's digest, e.g. `pass 2026-11-22 0f3a9c12`;
 * without a digest where it was noted before digests were.
 */
type Words = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What real machines said last: of each check (`pass`, `fail`, `skip`), and of its fault (as selftest.json says). */
export type Judged = { readonly checks: Words; readonly faults: Words };

export const judgedFile = join(import.meta.dirname, '../../docs/judged.json');

export function readJudged(): Judged {
  return JSON.parse(readFileSync(judgedFile, 'utf8')) as Judged;
}

/** A run of a machine of the lab is noted; a blocked check and an error say nothing, and what was said before stays. */
export function withResults(judged: Judged, { target, suite, run, checks }: Results): Judged {
  if (target.kind !== 'machine') return judged;
  const said = checks.filter(({ verdict }) => ['pass', 'fail', 'skip'].includes(verdict));
  const words = said.map(({ id, verdict }) => [id, verdict] as const);
  const news = { machine: target.name, day: dayOf(run.startedAt), suite: stateOf(suite.digest), words };
  return { ...judged, checks: noted(judged.checks, news) };
}

/** An error says nothing of a fault, whatever was said before of it stays. */
export function withSelftest(judged: Judged, { target, suite, run, checks }: Selftest): Judged {
  const words = checks.filter(({ outcome }) => outcome !== 'error').map(({ id, outcome }) => [id, outcome] as const);
  const news = { machine: target, day: dayOf(run.startedAt), suite: stateOf(suite.digest), words };
  return { ...judged, faults: noted(judged.faults, news) };
}

/** Only what is still declared and still a machine, in the order of names: a small diff each time. */
export function pruned({ checks, faults }: Judged, ids: readonly string[], machines: readonly string[]): Judged {
  const prune = (words: Words): Words =>
    Object.fromEntries(
      sorted(words)
        .filter(([id]) => ids.includes(id))
        .map(([id, byMachine]) => [id, sorted(byMachine).filter(([machine]) => machines.includes(machine))] as const)
        .filter(([, byMachine]) => byMachine.length > 0)
        .map(([id, byMachine]) => [id, Object.fromEntries(byMachine)]),
    );
  return { checks: prune(checks), faults: prune(faults) };
}

type News = {
  readonly machine: string;
  readonly day: string;
  readonly suite: string;
  readonly words: readonly (readonly [id: string, word: string])[];
};

function noted(words: Words, { machine, day, suite, words: news }: News): Words {
  const newer = news.filter(([id]) => (words[id]?.[machine]?.split(' ')[1] ?? '') <= day);
  const changes = newer.map(([id, word]) => [id, { ...words[id], [machine]: `${word} ${day} ${suite}` }] as const);
  return { ...words, ...Object.fromEntries(changes) };
}

function dayOf(startedAt: string): string {
  return startedAt.slice(0, 10);
}

/** A suite by the beginning of its digest, as Git names a commit: enough to tell those apart that were ever run. */
function stateOf(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 8);
}

/** What was judged on a machine on one day with one state of the suite; undefined where that was not recorded. */
export type Sitting = { readonly machine: string; readonly day: string; readonly suite: string | undefined };

/** Each with the number of words that are from it, the machines in the order of names, the newest first. */
export function sittingsOf(words: Words): (Sitting & { readonly count: number })[] {
  const all = Object.values(words).flatMap((byMachine) =>
    Object.entries(byMachine).map(([machine, word]) => `${machine} ${word.split(' ').slice(1).join(' ')}`),
  );
  return [...Map.groupBy(all, (one) => one)]
    .map(([one, same]) => {
      const [machine = '', day = '', suite] = one.split(' ');
      return { machine, day, suite, count: same.length };
    })
    .sort((a, b) => a.machine.localeCompare(b.machine, 'en') || b.day.localeCompare(a.day) || b.count - a.count);
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** e.g. `pass on debian-12 and debian-13 (2026-11-22); skip on debian-11 (2026-11-20)`; empty when nothing is known. */
export function wordsText(byMachine: Readonly<Record<string, string>> = {}): string {
  const groups = Map.groupBy(Object.entries(byMachine), ([, word]) => word.split(' ').slice(0, 2).join(' '));
  return [...groups]
    .map(([word, same]) => {
      const [verdict, day] = word.split(' ');
      return `${verdict} on ${same.map(([machine]) => machine).join(', ')} (${day})`;
    })
    .join('; ');
}
