import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Selftest } from '../harness/cli/selftest-file.ts';
import type { Results } from '../reports/results.schema.ts';

/** By check, then by machine: the last word and its day, e.g. `pass 2026-11-22`. */
type Words = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What real machines said last: of each check (`pass`, `fail`, `skip`), and of its fault (as selftest.json says). */
export type Judged = { readonly checks: Words; readonly faults: Words };

export const judgedFile = join(import.meta.dirname, 'judged.json');

export function readJudged(): Judged {
  return JSON.parse(readFileSync(judgedFile, 'utf8')) as Judged;
}

/** A run of a machine of the lab is noted; a blocked check and an error say nothing, and what was said before stays. */
export function withResults(judged: Judged, { target, run, checks }: Results): Judged {
  if (target.kind !== 'machine') return judged;
  const said = checks.filter(({ verdict }) => ['pass', 'fail', 'skip'].includes(verdict));
  const words = said.map(({ id, verdict }) => [id, verdict] as const);
  return { ...judged, checks: noted(judged.checks, { machine: target.name, day: dayOf(run.startedAt), words }) };
}

/** An error says nothing of a fault, whatever was said before of it stays. */
export function withSelftest(judged: Judged, { target, run, checks }: Selftest): Judged {
  const words = checks.filter(({ outcome }) => outcome !== 'error').map(({ id, outcome }) => [id, outcome] as const);
  return { ...judged, faults: noted(judged.faults, { machine: target, day: dayOf(run.startedAt), words }) };
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
  readonly words: readonly (readonly [id: string, word: string])[];
};

function noted(words: Words, { machine, day, words: news }: News): Words {
  const newer = news.filter(([id]) => (words[id]?.[machine]?.split(' ')[1] ?? '') <= day);
  const changes = newer.map(([id, word]) => [id, { ...words[id], [machine]: `${word} ${day}` }] as const);
  return { ...words, ...Object.fromEntries(changes) };
}

function dayOf(startedAt: string): string {
  return startedAt.slice(0, 10);
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** e.g. `pass on debian-12 and debian-13 (2026-11-22); skip on debian-11 (2026-11-20)`; empty when nothing is known. */
export function wordsText(byMachine: Readonly<Record<string, string>> = {}): string {
  const groups = Map.groupBy(Object.entries(byMachine), ([, word]) => word);
  return [...groups]
    .map(([word, same]) => {
      const [verdict, day] = word.split(' ');
      return `${verdict} on ${same.map(([machine]) => machine).join(', ')} (${day})`;
    })
    .join('; ');
}
