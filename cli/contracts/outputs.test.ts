import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type AnySchemaObject } from 'ajv';
import { afterEach, beforeEach, expect, test as it, vi } from 'vitest';
import { resultsOfRun } from '../../reports/results/finished-run.ts';
import { openSchema } from '../../reports/results/unknown-fields.ts';
import { resultsWith } from '../../reports/synthetic-runs/compared-results.ts';
import { runFolderOf } from '../../reports/synthetic-runs/run-on-disk.ts';
import { conformantRun, resultsOf } from '../../reports/synthetic-runs/runs.ts';
import { command as cleanCommand } from '../commands/clean.ts';
import { command as compareCommand } from '../commands/compare.ts';
import { command as doctorCommand } from '../commands/doctor.ts';
import { command as explainCommand } from '../commands/explain.ts';
import { command as listCommand } from '../commands/list.ts';
import { command as mergeCommand } from '../commands/merge.ts';
import { type OutputName, outputs, publishedSchema } from './outputs.ts';

const names = Object.keys(outputs) as OutputName[];
const ajv = new Ajv({ allErrors: true, strict: false });
/** The same schema may be compiled more than once: without its address. */
const compile = ({ $id: _, ...schema }: AnySchemaObject) => ajv.compile(schema);

beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'rdc-json-')));
  vi.stubEnv('RDC_LAB', 'hermetic');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** No problem means that the document is valid, and that it has no field that the schema does not know. */
function problemsOf(name: OutputName, document: unknown): readonly unknown[] {
  const validate = compile(publishedSchema(name));
  return validate(document)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message, params }) => ({ instancePath, message, params }));
}

async function printed(
  command: { run(words: readonly string[]): Promise<number> },
  ...words: string[]
): Promise<unknown> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await command.run([...words, '--json']);
  const text = write.mock.calls.join('');
  vi.restoreAllMocks();
  return JSON.parse(text);
}

const runs = () => [
  runFolderOf([resultsOf(), {}]),
  runFolderOf([resultsWith('b', [{ id: 'CG-MEM', verdict: 'pass' }]), {}]),
];

const documents: Readonly<Record<Exclude<OutputName, 'selftest'>, () => Promise<unknown>>> = {
  list: () => printed(listCommand),
  machines: () => printed(listCommand, '--machines'),
  explain: () => printed(explainCommand, 'PORT-RELEASE'),
  doctor: () => printed(doctorCommand),
  run: async () => resultsOfRun(runFolderOf([resultsOf()], [resultsWith('b', [{ id: 'CG-MEM', verdict: 'pass' }])])),
  compare: () => printed(compareCommand, ...runs()),
  merge: () =>
    printed(
      mergeCommand,
      runFolderOf([conformantRun()]),
      '--out',
      join(mkdtempSync(join(tmpdir(), 'rdc-merge-')), 'all'),
    ),
  clean: () => printed(cleanCommand, '--dry-run'),
};

it.each(Object.entries(documents))('%s --json is as its schema says', async (name, document) => {
  const found = await document();
  expect(problemsOf(name as OutputName, found)).toEqual([]);
  if (!Array.isArray(found)) expect(found).toMatchObject({ schema: outputs[name as OutputName].version });
});

it('selftest --json is as its schema says', () => {
  const row = { id: 'CG-MEM', outcome: 'killed', by: 'a fault', message: 'memory: expected 1, found 2' };
  const blastRadius = { judged: 3, explained: [{ id: 'CG-CPU', because: 'shares it' }], unexplained: [] };
  const document = {
    target: 'debian-13',
    provider: 'nspawn',
    suite: { version: '0.1.0', digest: 'sha256:0' },
    run: { id: 'a', startedAt: '2026-11-30T12:00:00.000Z' },
    checks: [row, { ...row, id: 'CG-CPU', run: 'b', blastRadius }],
    score: '2/2',
    incomplete: 'interrupted',
  };
  expect(problemsOf('selftest', document)).toEqual([]);
});

it('every check says what it needs, what to do and how it is judged', async () => {
  const checks = (await documents.list()) as { remedy: string; needs: string[]; kind: string; disruptive: boolean }[];
  expect(new Set(checks.map(({ kind }) => kind))).toEqual(
    new Set(['read-only', 'concurrent', 'alone', 'restarts-daemon']),
  );
  expect(checks.filter(({ kind, disruptive }) => (kind === 'restarts-daemon') !== disruptive)).toEqual([]);
  expect(checks.filter(({ remedy }) => remedy === '')).toEqual([]);
});

it.each(names)('the published schema of %s is that of the code, and takes a field that is newer', async (name) => {
  const url = new URL(`../../docs/reference/schemas/${name}.schema.json`, import.meta.url);
  const committed = JSON.parse(readFileSync(url, 'utf8'));
  expect(committed, 'run: node cli/generate/write-schemas.ts').toEqual(
    JSON.parse(JSON.stringify(openSchema(publishedSchema(name)))),
  );
  if (name === 'selftest') return;
  const document = await documents[name]();
  const newer = Array.isArray(document)
    ? document.map((one) => ({ ...one, newer: 1 }))
    : { ...(document as object), newer: 1 };
  if (name !== 'machines') expect(compile(committed)(newer)).toBe(true);
  expect(problemsOf(name, newer)).not.toEqual([]);
});
