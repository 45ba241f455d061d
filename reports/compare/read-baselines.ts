import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { judgedCount } from '../results/conformance.ts';
import { type ProviderName, providerOf } from '../results/provider.ts';
import { findResultsFiles, readResultsFile } from '../results/read-results.ts';
import type { Results } from '../results/results.schema.ts';
import { isUnpackedBundle, resultsFileName } from '../results/run-folder.ts';

/** What a run is compared with: the results of an earlier run of the same target. */
export type Baseline = {
  /** the results file */
  readonly file: string;
  readonly results: Results;
  /** what was passed over for it, one line each; for the summary */
  readonly passedOver: readonly string[];
};

/** By the name of the target. */
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
  const folder = resolve(path);
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) throw new RdcError('INPUT', `the baseline ${path}: no such file or folder`, { hint: 'ls reports/out' });
  const isOneRun = !stats.isDirectory() || isRun(folder, wanted.targets);
  const found = isOneRun ? namedBaselines(path, wanted) : newestBaselines(folder, wanted);
  const missing = wanted.targets.flatMap((target) => {
    const baseline = found.get(target);
    return typeof baseline === 'object' ? [] : [`\n  ${target}: ${baseline ?? 'no results of it'}`];
  });
  if (missing.length > 0) {
    throw new RdcError('INPUT', `the baseline ${path} cannot be used for every target:${missing.join('')}`, {
      hint: 'run once without --baseline, or name a results file: --baseline reports/out/RUN/TARGET/results.json',
    });
  }
  return new Map([...found].flatMap(([name, baseline]) => (typeof baseline === 'object' ? [[name, baseline]] : [])));
}

/** `reports/out/<run-id>` or a target's folder in it; else a folder of runs. */
function isRun(folder: string, targets: readonly string[]): boolean {
  return ['', ...targets].some((name) => existsSync(join(folder, name, resultsFileName)));
}

/** A baseline, or why there is none. */
type Found = Map<string, Baseline | string>;

function namedBaselines(path: string, { targets, checks }: Wanted): Found {
  const runs = findResultsFiles(path).map((file) => ({ file, results: readResultsFile(file) }));
  const names = runs.map(({ results }) => plainLine(results.target.name, 100)).join(', ');
  return new Map(
    targets.map((target): [string, Baseline | string] => {
      const run = runs.find(({ results }) => results.target.name === target);
      if (!run) return [target, `it has results of ${names} (./rdc compare compares one host with another)`];
      if (coverage(run.results, checks) === 0) return [target, 'it judged none of the checks of this run'];
      return [target, { ...run, passedOver: [] }];
    }),
  );
}

function newestBaselines(folder: string, wanted: Wanted): Found {
  const runs = runFoldersIn(folder);
  return new Map(wanted.targets.map((target) => [target, newestBaseline(runs, target, wanted)]));
}

function newestBaseline(runs: readonly string[], target: string, { checks, provider }: Wanted): Baseline | string {
  const damaged: string[] = [];
  const found = runs.flatMap((run) => resultsOf(run, target, damaged));
  const isOther = ({ results }: { results: Results }) =>
    provider !== undefined && (providerOf(results) ?? provider) !== provider;
  const all = found.filter((run) => !isOther(run));
  const good = all.filter(({ results }) => results.conformance === 'conformant');
  const covered = good.map((run) => ({ ...run, count: coverage(run.results, checks) }));
  const most = Math.max(0, ...covered.map(({ count }) => count));
  const [newest] = covered
    .filter(({ count }) => count === most && most > 0)
    .sort((a, b) => b.results.run.startedAt.localeCompare(a.results.run.startedAt));
  if (!newest) {
    const unreadable = damaged.length > 0 ? `; ${damaged.join('; ')}` : '';
    const others = found.length - all.length;
    const ofOthers =
      others > 0 ? ` (and ${others} not by ${provider}, which have to be named to be compared with)` : '';
    return `${all.length} runs of it${ofOthers}, ${good.length} of them conformant, none that judged a check of this run${unreadable}`;
  }
  return { file: newest.file, results: newest.results, passedOver: damaged };
}

/** Folders of runs below `folder`, each once: `latest` is another name of one of them. Bundles that `rdc report` left are not own runs. */
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
function resultsOf(run: string, target: string, damaged: string[]): { file: string; results: Results }[] {
  const files = [join(run, target, resultsFileName), join(run, resultsFileName)].filter((file) => existsSync(file));
  return files.flatMap((file) => {
    try {
      const results = readResultsFile(file);
      return results.target.name === target ? [{ file, results }] : [];
    } catch (error) {
      if (!(error instanceof RdcError)) throw error;
      damaged.push(`passed over: ${plainLine(error.message, 300)}`);
      return [];
    }
  });
}

/** How many of the checks the results have a pass or a fail of. */
function coverage(results: Results, checks: readonly string[]): number {
  const wanted = new Set(checks);
  return judgedCount(results.checks.filter(({ id }) => wanted.has(id)));
}
