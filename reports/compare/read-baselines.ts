import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { judgedCount } from '../results/conformance.ts';
import { type ProviderName, providerOf } from '../results/provider.ts';
import { findResultsFiles, readResultsFile } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import { isUnpackedBundle, resultsFileName } from '../results/run-folder.ts';

type Run = { readonly file: string; readonly results: Results };

/** What a run is compared with; `passedOver`: files that could not be read, one line each. */
export type Baseline = Run & { readonly passedOver: readonly string[] };

export type Baselines = ReadonlyMap<string, Baseline>;

/** `provider`: what runs those of the targets that are machines of the lab. */
export type Wanted = {
  readonly targets: readonly string[];
  readonly checks: readonly string[];
  readonly provider?: ProviderName;
};

const maxRuns = 2_000;

/**
 * The baseline of every target of a run. A results file, or the folder of one run, is taken as it is named, whatever
 * its conclusion. In a folder of many runs it is the newest conformant run of the target; one that judged fewer of
 * the checks of this run than another (a run of a part, a look) is no baseline while there is a fuller one, and of a
 * machine only runs of the same provider count.
 * Throws INPUT with every target that has none: a comparison with nothing finds no regression.
 */
export function readBaselines(path: string, wanted: Wanted): Baselines {
  const { targets, checks } = wanted;
  const folder = resolve(path);
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) throw new RdcError('INPUT', `the baseline ${path}: no such file or folder`, { hint: 'ls reports/out' });
  const isOneRun =
    !stats.isDirectory() || ['', ...targets].some((name) => existsSync(join(folder, name, resultsFileName)));
  const runs = isOneRun ? findResultsFiles(path).map((file) => ({ file, results: readResultsFile(file) })) : [];
  const folders = isOneRun ? [] : runFoldersIn(folder);
  const baselines = new Map<string, Baseline>();
  const missing: string[] = [];
  for (const target of targets) {
    const found = isOneRun ? namedBaseline(runs, target, checks) : newestBaseline(folders, target, wanted);
    if (typeof found === 'string') missing.push(`\n  ${target}: ${found}`);
    else baselines.set(target, found);
  }
  if (missing.length === 0) return baselines;
  throw new RdcError('INPUT', `the baseline ${path} cannot be used for every target:${missing.join('')}`, {
    hint: 'run once without --baseline, or name a results file: --baseline reports/out/RUN/TARGET/results.json',
  });
}

function namedBaseline(runs: readonly Run[], target: string, checks: readonly string[]): Baseline | string {
  const run = runs.find(({ results }) => results.target.name === target);
  const names = runs.map(({ results }) => plainLine(results.target.name, 100)).join(', ');
  if (!run) return `it has results of ${names} (./rdc compare compares one host with another)`;
  return coverage(run.results, checks) === 0 ? 'it judged none of the checks of this run' : { ...run, passedOver: [] };
}

function newestBaseline(folders: readonly string[], target: string, { checks, provider }: Wanted): Baseline | string {
  const passedOver: string[] = [];
  const runs = folders.flatMap((folder) => resultsOf(folder, target, passedOver));
  const all = runs.filter(({ results }) => provider === undefined || (providerOf(results) ?? provider) === provider);
  const good = all.filter(({ results }) => results.conformance === 'conformant');
  const byCoverage = Map.groupBy(good, ({ results }) => coverage(results, checks));
  const most = Math.max(0, ...byCoverage.keys());
  const fullest = most > 0 ? (byCoverage.get(most) ?? []) : [];
  const [newest] = fullest.sort((a, b) => b.results.run.startedAt.localeCompare(a.results.run.startedAt));
  if (newest) return { ...newest, passedOver };
  const others = runs.length - all.length;
  const ofOthers = others > 0 ? ` (and ${others} not by ${provider}, which have to be named to be compared with)` : '';
  const found = `${all.length} runs of it${ofOthers}, ${good.length} of them conformant, none that judged a check of this run`;
  return [found, ...passedOver].join('; ');
}

/** Each folder once: `latest` is another name of one of them. Bundles that `rdc report` unpacked are not own runs. */
function runFoldersIn(folder: string): string[] {
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const folders = readdirSync(folder)
    .sort()
    .reverse()
    .map((name) => join(folder, name))
    .filter((path) => isFolder(path) && !isUnpackedBundle(path));
  return [...new Set(folders.map((path) => realpathSync(path)))].slice(0, maxRuns);
}

/** `<run>/<target>/results.json` as `rdc run` leaves it, or `<run>/results.json` of a pipeline that kept only that. */
function resultsOf(run: string, target: string, passedOver: string[]): Run[] {
  const files = [join(run, target, resultsFileName), join(run, resultsFileName)].filter((file) => existsSync(file));
  return files.flatMap((file) => {
    try {
      const results = readResultsFile(file);
      return results.target.name === target ? [{ file, results }] : [];
    } catch (error) {
      if (!(error instanceof RdcError)) throw error;
      passedOver.push(`passed over: ${plainLine(error.message, 300)}`);
      return [];
    }
  });
}

function coverage(results: Results, checks: readonly string[]): number {
  const wanted = new Set(checks);
  return judgedCount(results.checks.filter(({ id }) => wanted.has(id)));
}
