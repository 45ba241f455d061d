import { Ajv } from 'ajv';
import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { resultsFileName } from '../results/run-folder.ts';
import { closed, suite, text } from '../results/schema-parts.ts';
import { dropNewerFields } from '../results/unknown-fields.ts';

const mebibyte = 1024 * 1024;

/** What a bundle may hold; a writer that would go beyond stops, a reader refuses. */
export const bundleLimits = {
  archiveBytes: 1024 * mebibyte,
  /** of all files together, unpacked */
  totalBytes: 2048 * mebibyte,
  fileBytes: 32 * mebibyte,
  manifestBytes: 64 * mebibyte,
  files: 300_000,
} as const;

export const manifestName = 'manifest.json';
export const manifestVersion = '1';

const name = {
  type: 'string',
  maxLength: 255,
  // One part of a path: nothing that leaves the folder, hides from a terminal or reads as another system's separator.
  pattern: '^(?!\\.{1,2}$)[^/\\\\\\u0000-\\u001f\\u007f-\\u009f]+$',
} as const;

const manifestSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'rdc-bundle-1',
  title: 'Manifest of a results bundle',
  ...closed({
    bundle: { type: 'string', pattern: '^1(\\.\\d{1,4})?$', description: 'version; as that of results.json' },
    suite,
    anonymous: { type: 'boolean', description: 'names and addresses were replaced when it was packed' },
    targets: { type: 'array', minItems: 1, items: name, description: 'folders, each with a results.json' },
    files: {
      type: 'array',
      minItems: 1,
      maxItems: bundleLimits.files,
      description: 'in the order in which they stand in the archive',
      items: closed({
        path: text(1_000),
        bytes: { type: 'integer', minimum: 0, maximum: bundleLimits.fileBytes },
        sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      }),
    },
  }),
} as const satisfies JSONSchema;

export type Manifest = FromSchema<typeof manifestSchema>;
export type ManifestFile = Manifest['files'][number];

// It stops at the first problem: a hostile manifest may have millions.
const isManifest = new Ajv({ strict: true }).compile<Manifest>(manifestSchema);
const isName = new RegExp(name.pattern, 'u');

export function isPathPart(text: string): boolean {
  return isName.test(text) && Buffer.byteLength(text) <= name.maxLength;
}

export function isConsoleLog(name: string): boolean {
  return /^console(-\d+)?\.log$/.test(name);
}

/** The manifest of a bundle. Throws an Error with one sentence when it is not one, or names what no bundle holds. */
export function parseManifest(text: string): Manifest {
  const document = parseJson(text);
  dropNewerFields(document, manifestName, { schema: manifestSchema, field: 'bundle', ours: manifestVersion });
  if (!isManifest(document)) {
    const [first] = isManifest.errors ?? [];
    throw new Error(`the manifest is not of version 1: ${first?.instancePath || '/'} ${first?.message}`);
  }
  const targets = new Set(document.targets);
  const paths = new Set<string>();
  let total = 0;
  for (const { path, bytes } of document.files) {
    if (!isBundlePath(path, targets)) throw new Error(`a bundle holds no ${plainLine(JSON.stringify(path))}`);
    // two names that some file systems take for one
    const folded = path.normalize('NFC').toLowerCase();
    if (paths.has(folded)) throw new Error(`${plainLine(path)} is there twice`);
    paths.add(folded);
    total += bytes;
  }
  if (total > bundleLimits.totalBytes) throw new Error(`${total} bytes, the limit is ${bundleLimits.totalBytes}`);
  const exact = new Set(document.files.map(({ path }) => path));
  const empty = document.targets.find((target) => !exact.has(`${target}/${resultsFileName}`));
  if (empty !== undefined) throw new Error(`${plainLine(empty)} has no ${resultsFileName}`);
  return document;
}

/** `TARGET/results.json`, `TARGET/console.log` (or `console-2.log`) and files below `TARGET/evidence/`. */
function isBundlePath(path: string, targets: ReadonlySet<string>): boolean {
  const parts = path.split('/');
  const [target, first = '', ...rest] = parts;
  if (!parts.every(isPathPart) || !targets.has(target ?? '')) return false;
  return rest.length > 0 ? first === 'evidence' : first === resultsFileName || isConsoleLog(first);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('the manifest is not JSON');
  }
}
