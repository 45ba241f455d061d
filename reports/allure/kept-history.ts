import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import { messageOf } from '../../harness/messages/error-text.ts';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { writeFileAtomic } from '../../harness/this-machine/atomic-write.ts';
import { readRegularFile } from '../../harness/this-machine/read-file.ts';
import { everyCheck } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import { providerOf } from '../results/provider.ts';
import type { Results } from '../results/results.schema.ts';
import { isUnpackedBundle, outFolder } from '../results/run-folder.ts';
import { checkId, closed, text } from '../results/schema-parts.ts';
import { dropNewerFields } from '../results/unknown-fields.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { statusOf } from './check-result.ts';

const maxBytes = 8 * 1024 * 1024;
const maxPoints = 100;
const ours = '1';

const check = closed(
  {
    id: checkId,
    area: text(64),
    title: text(600),
    status: { enum: ['passed', 'failed', 'broken', 'skipped'] },
    durationMs: { type: 'number', minimum: 0 },
    message: text(300),
  },
  ['message'],
);

/** What is kept of one run of one target for the trends of later reports: `<history>/<target>/<run id>.json`. */
const pointSchema = {
  $id: 'rdc-history-point-1',
  ...closed({
    schema: { type: 'string', pattern: '^1(\\.\\d{1,4})?$' },
    target: { ...text(255), minLength: 1 },
    run: closed({ id: { ...text(200), minLength: 1 }, startedAt: { ...text(40), pattern: '^\\d{4}-\\d\\d-\\d\\dT' } }),
    checks: { type: 'array', maxItems: 10_000, items: check },
  }),
} as const satisfies JSONSchema;

export type HistoryPoint = FromSchema<typeof pointSchema>;

const isPoint = new Ajv({ strict: true }).compile<HistoryPoint>(pointSchema);

/** Default: `history` beside the runs of reports/out; a run elsewhere (`--out`) and a bundle have none. */
export function historyFolderOf(runFolder: string, asked?: string): string | undefined {
  if (asked !== undefined) return resolve(asked);
  const isOwn = dirname(resolve(runFolder)) === outFolder && !isUnpackedBundle(runFolder);
  return isOwn ? join(outFolder, 'history') : undefined;
}

/** The runs of a target before this one, the oldest first. What is damaged costs one run and no other. */
export function readHistory(history: string, results: Results) {
  const { target, run } = results;
  const points: HistoryPoint[] = [];
  const problems: string[] = [];
  for (const file of pointFiles(targetFolder(history, results))) {
    try {
      points.push(readPoint(file));
    } catch (error) {
      problems.push(`${file}: ${plainLine(messageOf(error), 200)}`);
    }
  }
  const earlier = points.filter(
    (point) => point.target === target.name && point.run.id !== run.id && point.run.startedAt < run.startedAt,
  );
  return { points: earlier.sort((a, b) => a.run.startedAt.localeCompare(b.run.startedAt)), problems };
}

/** Keeps what a later report needs of this run; the same run again replaces its own point. Throws REPORT. */
export function keepInHistory(history: string, results: Results): void {
  const folder = targetFolder(history, results);
  writeFileAtomic(join(folder, `${fileNameOf(results.run.id)}.json`), `${JSON.stringify(pointOf(results))}\n`);
  for (const file of pointFiles(folder).slice(0, -maxPoints)) rmSync(file, { force: true });
}

export function pointOf(results: Results): HistoryPoint {
  const { id, startedAt } = results.run;
  const checks = everyCheck(results).map((check) =>
    present({
      id: check.id,
      area: check.area,
      title: check.title,
      status: statusOf(check) as HistoryPoint['checks'][number]['status'],
      durationMs: check.durationMs,
      message: check.verdict === 'pass' ? undefined : plainLine(reasonOf(check), 250),
    }),
  );
  return { schema: ours, target: results.target.name, run: { id, startedAt }, checks };
}

/** The history of a container is its own: a trend from a VM to it would be one of kernels. */
function targetFolder(history: string, results: Results): string {
  const { name } = results.target;
  return join(history, fileNameOf(providerOf(results) === 'nspawn' ? `${name}.nspawn` : name));
}

/** Names and ids come from files that anybody may have written: none of them leads out of the folder. */
function fileNameOf(name: string): string {
  const safe = name.replace(/[^\w.@-]/g, '_').replace(/^\.+/, '_');
  return safe.slice(0, 200);
}

/** The oldest first: a run's id begins with its time. */
function pointFiles(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => /^[^.].*\.json$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function readPoint(file: string): HistoryPoint {
  // as in results: no text of a file that somebody handed over controls a page
  const point: unknown = JSON.parse(readRegularFile(file, maxBytes).toString('utf8'), (_key, value: unknown) =>
    typeof value === 'string' ? plainText(value, value.length) : value,
  );
  dropNewerFields(point, file, { schema: pointSchema, field: 'schema', ours });
  if (isPoint(point)) return point;
  throw new Error(`not a history file: ${isPoint.errors?.[0]?.instancePath || '/'} is not valid`);
}
