import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { checkout } from '../../harness/this-machine/paths.ts';
import type { Results } from '../../reports/results/results.schema.ts';
import type { Selftest } from '../../reports/selftest/fault-results.ts';

/**
 * By check, then by machine: the last verdict, its day and the start of the suite's digest, e.g. `pass 2026-11-22 0f3a9c12`;
 * old entries have no digest.
 */
type Words = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The last verdicts: of each check (`pass`, `fail`, `skip`), and of its fault (as in selftest.json). */
type Verdicts = { readonly checks: Words; readonly faults: Words };

/** Of machines as containers: never a machine's `verified`; `skipped` has the reasons of skips. */
type InContainers = Verdicts & { readonly skipped: Words };

/** Of machines as VMs, and the same machines as containers. */
export type Judged = Verdicts & { readonly containers: InContainers };

export const judgedFile = join(checkout, 'docs/judged.json');

export function readJudged(): Judged {
  return JSON.parse(readFileSync(judgedFile, 'utf8')) as Judged;
}

/** Records a run on a machine of the lab; a blocked check or an error leaves what was recorded before. */
export function withResults(judged: Judged, { target, checks, ...made }: Results): Judged {
  if (target.kind !== 'machine') return judged;
  const said = checks.filter(({ verdict }) => ['pass', 'fail', 'skip'].includes(verdict));
  const words = said.map(({ id, verdict }) => [id, verdict] as const);
  const news = { machine: target.name, words, ...made };
  if (target.provider !== 'nspawn') return { ...judged, checks: noted(judged.checks, news) };
  const { containers } = judged;
  const skipped = withReasons(containers, news, said);
  return { ...judged, containers: { ...containers, checks: noted(containers.checks, news), skipped } };
}

/** The reasons of the skips among the news; a check that is judged now has none any more. */
function withReasons({ checks, skipped }: InContainers, news: News, said: Results['checks']): Words {
  const changes = newer(checks, news).map(([id]) => {
    const { [news.machine]: _, ...others } = skipped[id] ?? {};
    const { verdict, reason = '' } = said.find((check) => check.id === id) ?? {};
    return [id, verdict === 'skip' ? { ...others, [news.machine]: plainLine(reason) } : others] as const;
  });
  return { ...skipped, ...Object.fromEntries(changes) };
}

/** An error leaves what was recorded before. */
export function withSelftest(judged: Judged, { target, provider, checks, ...made }: Selftest): Judged {
  const words = checks.filter(({ outcome }) => outcome !== 'error').map(({ id, outcome }) => [id, outcome] as const);
  const news = { machine: target, words, ...made };
  if (provider !== 'nspawn') return { ...judged, faults: noted(judged.faults, news) };
  const { containers } = judged;
  return { ...judged, containers: { ...containers, faults: noted(containers.faults, news) } };
}

type News = Pick<Selftest, 'run' | 'suite'> & {
  readonly machine: string;
  readonly words: readonly (readonly [id: string, word: string])[];
};

function noted(before: Words, news: News): Words {
  const { machine, run, suite } = news;
  // as Git abbreviates a commit
  const state = suite.digest.replace(/^sha256:/, '').slice(0, 8);
  const changes = newer(before, news).map(
    ([id, word]) => [id, { ...before[id], [machine]: `${word} ${dayOf(run)} ${state}` }] as const,
  );
  return { ...before, ...Object.fromEntries(changes) };
}

function newer(before: Words, { machine, run, words }: News): News['words'] {
  return words.filter(([id]) => (before[id]?.[machine]?.split(' ')[1] ?? '') <= dayOf(run));
}

function dayOf({ startedAt }: News['run']): string {
  return startedAt.slice(0, 10);
}

/** Only checks and machines that still exist, sorted by name: small diffs. */
export function pruned(
  { checks, faults, containers }: Judged,
  ids: readonly string[],
  machines: readonly string[],
): Judged {
  const prune = (words: Words): Words => {
    const byId = only(words, ids).map(
      ([id, byMachine]) => [id, Object.fromEntries(only(byMachine, machines))] as const,
    );
    return Object.fromEntries(byId.filter(([, byMachine]) => Object.keys(byMachine).length > 0));
  };
  return {
    checks: prune(checks),
    faults: prune(faults),
    containers: {
      checks: prune(containers.checks),
      faults: prune(containers.faults),
      skipped: prune(containers.skipped),
    },
  };
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
