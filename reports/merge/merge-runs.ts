import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { scratch } from '../../harness/this-machine/scratch.ts';
import { makeFolder, unwritableError } from '../../harness/this-machine/writable-path.ts';
import { filesBeside, folderNameOf, type RunFile, readRunFile } from '../bundle/run-files.ts';
import { junitXml } from '../formats/junit.ts';
import { exitCodeOf } from '../results/conformance.ts';
import { findResultsFiles, readResultsFile } from '../results/read-results.ts';
import { type NotJudgedCheck, type Results, resultsVersion } from '../results/results.schema.ts';
import { resultsFileName } from '../results/run-folder.ts';
import { countsText } from '../wording/verdict-words.ts';
import { joinResults, oweAll, type Shard } from './join-results.ts';

/** A run as it was named, and where it lies; `label` tells its targets apart from others of the same name. */
export type MergeInput = { readonly from: string; readonly path: string; readonly label?: string };

export type WholeSuite = { readonly suite: Results['suite']; readonly checks: readonly NotJudgedCheck[] };

type Merged = { readonly targets: readonly MergedTarget[]; readonly exitCode: 0 | 1 | 3 };

type Source = MergeInput & { readonly file: string };

/** Joins runs into the run folder `out`, which appears when it is whole. Throws INPUT when they do not belong together. */
export async function mergeRuns(inputs: readonly MergeInput[], out: string, whole?: WholeSuite): Promise<Merged> {
  const groups = await groupByTarget(inputs, whole?.suite);
  const temporary = join(dirname(out), `.${basename(out)}.${process.pid}.tmp`);
  using _ = scratch(temporary);
  try {
    if (existsSync(out) && !(statSync(out).isDirectory() && readdirSync(out).length === 0)) {
      const what = `--out ${out} is there already, and not an empty folder`;
      throw new RdcError('USAGE', what, { hint: 'name a new folder' });
    }
    makeFolder(temporary);
    const targets: MergedTarget[] = [];
    let exitCode: Merged['exitCode'] = 0;
    for (const [name, sources] of groups) {
      // so that Ctrl-C is heard
      await nextTurn();
      const merged = mergeTarget(sources, join(temporary, name), whole?.checks ?? []);
      targets.push(merged.target);
      if (merged.exitCode > exitCode) exitCode = merged.exitCode;
    }
    if (existsSync(out)) rmdirSync(out);
    renameSync(temporary, out);
    return { targets, exitCode };
  } catch (cause) {
    if (cause instanceof RdcError) throw cause;
    throw unwritableError(out, cause, '--out DIR: a folder that can be made');
  }
}

/** The results of each target by the folder they go to. Reads everything once, so that nothing is written in vain. */
async function groupByTarget(inputs: readonly MergeInput[], suite?: Results['suite']): Promise<Map<string, Source[]>> {
  const groups = new Map<string, Source[]>();
  const suites = new Map<string, string>(suite === undefined ? [] : [[idOf(suite), 'this checkout']]);
  for (const input of inputs) {
    for (const file of findResultsFiles(input.path)) {
      await nextTurn();
      const source = { ...input, file };
      const { suite, target } = readSource(source);
      const id = idOf(suite);
      if (!suites.has(id)) suites.set(id, input.from);
      const name = folderNameOf(target.name);
      groups.set(name, [...(groups.get(name) ?? []), source]);
    }
  }
  if (suites.size > 1) {
    const named = [...suites].slice(0, 5).map(([id, from]) => `\n  ${from}: ${id}`);
    throw new RdcError('INPUT', `results of ${suites.size} suites do not make one report:${named.join('')}`, {
      hint: './rdc compare takes results of different suites',
    });
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function idOf({ version, digest }: Results['suite']): string {
  return `${plainLine(version)} ${plainLine(digest)}`;
}

function readSource({ file, label }: Source): Results {
  const results = readResultsFile(file);
  if (label === undefined) return results;
  return { ...results, target: { ...results.target, name: `${label}-${results.target.name}` } };
}

type MergedTarget = ReturnType<typeof mergeTarget>['target'];

function mergeTarget(sources: readonly Source[], folder: string, owed: readonly NotJudgedCheck[]) {
  let joined: Shard | undefined;
  for (const [index, source] of sources.entries()) {
    const shard = { from: source.from, results: copyFiles(source, { folder, index }) };
    joined = joined === undefined ? shard : joinResults(joined, shard);
  }
  if (joined === undefined) throw new Error('a group without sources');
  const results = { ...oweAll(joined.results, owed), schema: resultsVersion };
  writeFileSync(join(folder, resultsFileName), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(folder, 'junit.xml'), junitXml(results));
  const target = {
    name: results.target.name,
    from: sources.map((source) => source.from),
    ledger: results.ledger,
    conformance: results.conformance,
    notJudged: results.notJudged?.length ?? 0,
    twice: joined.twice ?? 0,
    differing: joined.differing ?? [],
  };
  return { target, exitCode: exitCodeOf([results]) };
}

/** Copies what lies beside the results; where another shard has put a file of that name, under a name of its own. */
function copyFiles(source: Source, to: { folder: string; index: number }): Results {
  const results = readSource(source);
  const names = new Map<string, string>();
  mkdirSync(to.folder, { recursive: true });
  for (const file of filesBeside(source.file, results)) names.set(file.path, copyFile(file, to));
  const checks = results.checks.map((check) => {
    const evidence = names.get(check.evidence ?? '');
    return evidence === undefined ? check : { ...check, evidence };
  });
  return { ...results, checks };
}

function copyFile({ path, source }: RunFile, { folder, index }: { folder: string; index: number }): string {
  const content = readRunFile(source);
  const names = [path, ...Array.from({ length: index + 1 }, (_, n) => path.replace(/(\.[^./]*)?$/, `-${n + 2}$1`))];
  for (const name of names) {
    const to = join(folder, name);
    if (existsSync(to) && !readRunFile(to).equals(content)) continue;
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, content);
    return name;
  }
  throw new Error(`${names.length} files are called ${path}`);
}

const maxTargets = 40;

export function describeMerged({ targets }: Merged): string[] {
  const lines = targets.slice(0, maxTargets).flatMap(targetLines);
  if (targets.length > maxTargets) lines.push(`and ${targets.length - maxTargets} more targets`);
  return lines;
}

function targetLines({ name, conformance, ledger, notJudged, from, twice, differing }: MergedTarget): string[] {
  const both = twice > 0 ? `; ${twice} checks judged in more than one` : '';
  const origin = from.length === 1 ? '' : ` (from ${from.length} runs${both})`;
  const line = `${plainLine(name, 100)}: ${conformance}, ${countsText(ledger, notJudged)}${origin}`;
  return differing.length > 0 ? [line, `  judged twice, differently, now flaky: ${differing.join(', ')}`] : [line];
}
