import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { everyCheck } from '../results/every-check.ts';
import { providerOf } from '../results/provider.ts';
import type { Results } from '../results/results.schema.ts';
import { isUnpackedBundle, outFolder } from '../results/run-folder.ts';
import { dropUnknownFields, tellIgnored } from '../results/unknown-fields.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { statusOf } from './check-result.ts';
import { type HistoryPoint, pointSchema, pointVersion } from './history-point.schema.ts';

const maxBytes = 8 * 1024 * 1024;
/** runs kept for each target, the newest */
const maxPoints = 100;

const isPoint = new Ajv({ strict: true }).compile<HistoryPoint>(pointSchema);

/** Earlier points of one target, the oldest first, and what could not be read of them, one line each. */
export type TargetHistory = { readonly points: readonly HistoryPoint[]; readonly problems: readonly string[] };

/**
 * Where the history of a run's targets lies: where `--history` says, else in `history` beside the runs of
 * reports/out. A run with a folder elsewhere (`--out`) and a bundle have none unless they are asked for one.
 */
export function historyFolderOf(runFolder: string, asked?: string): string | undefined {
  if (asked !== undefined) return resolve(asked);
  const isOwn = dirname(resolve(runFolder)) === outFolder && !isUnpackedBundle(runFolder);
  return isOwn ? join(outFolder, 'history') : undefined;
}

/** The runs of a target before this one. One file a run: what is damaged costs that run and no other. */
export function readHistory(history: string, results: Results): TargetHistory {
  const { target, run } = results;
  const folder = targetFolder(history, results);
  const problems: string[] = [];
  const points = pointFiles(folder).flatMap((name) => {
    const point = readPoint(join(folder, name));
    if (typeof point === 'object') return [point];
    problems.push(`${join(folder, name)}: ${point}`);
    return [];
  });
  const earlier = points.filter(
    (point) => point.target === target.name && point.run.id !== run.id && point.run.startedAt < run.startedAt,
  );
  return { points: earlier.sort((a, b) => a.run.startedAt.localeCompare(b.run.startedAt)), problems };
}

/** Keeps what a later report needs of this run; the same run again replaces its own point. Throws REPORT. */
export function keepInHistory(history: string, results: Results): void {
  const folder = targetFolder(history, results);
  writeFileAtomic(join(folder, `${fileNameOf(results.run.id)}.json`), `${JSON.stringify(pointOf(results))}\n`);
  for (const name of pointFiles(folder).slice(0, -maxPoints)) rmSync(join(folder, name), { force: true });
}

export function pointOf(results: Results): HistoryPoint {
  const { id, startedAt } = results.run;
  const checks = everyCheck(results).map((check): HistoryPoint['checks'][number] => ({
    id: check.id,
    area: check.area,
    title: check.title,
    status: statusOf(check) as HistoryPoint['checks'][number]['status'],
    durationMs: check.durationMs,
    ...(check.verdict === 'pass' ? {} : { message: plainLine(reasonOf(check), 250) }),
  }));
  return { schema: pointVersion, target: results.target.name, run: { id, startedAt }, checks };
}

/** Names and ids come from files that anybody may have written: none of them leads out of the folder. */
function fileNameOf(name: string): string {
  return name
    .replace(/[^\w.@-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 200);
}

/** The history of a container is its own: a trend from a VM to it would be one of kernels. */
function targetFolder(history: string, results: Results): string {
  const { name } = results.target;
  return join(history, fileNameOf(providerOf(results) === 'nspawn' ? `${name}.nspawn` : name));
}

/** A run's id begins with its time: by name is by age. */
function pointFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[^.].*\.json$/.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** The point, or why it is none. */
function readPoint(file: string): HistoryPoint | string {
  try {
    // as results are: no text of a file that somebody handed over controls a page
    const point: unknown = JSON.parse(readBounded(file), (_key, value: unknown) =>
      typeof value === 'string' ? plainText(value, value.length) : value,
    );
    const ignored = dropUnknownFields(point, pointSchema);
    if (!isPoint(point)) return `not a history file: ${isPoint.errors?.[0]?.instancePath || '/'} is not valid`;
    tellIgnored(file, ignored, { its: point.schema, ours: pointVersion });
    return point;
  } catch (error) {
    return plainLine(error instanceof Error ? error.message : String(error), 200);
  }
}

function readBounded(file: string): string {
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile() || stats.size > maxBytes) throw new Error(`${stats.size} bytes, the limit is ${maxBytes}`);
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}
