import { Ajv } from 'ajv';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { resultsFileName } from '../results/run-folder.ts';
import { dropUnknownFields, tellIgnored } from '../results/unknown-fields.ts';
import {
  bundleLimits,
  isPathPart,
  type Manifest,
  manifestName,
  manifestSchema,
  manifestVersion,
} from './manifest.schema.ts';

const isManifest = new Ajv({ strict: true }).compile<Manifest>(manifestSchema);

/** The manifest of a bundle. Throws an Error with one sentence when it is not one, or names what no bundle holds. */
export function parseManifest(text: string): Manifest {
  const document = parseJson(text);
  const ignored = dropUnknownFields(document, manifestSchema);
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
  const results = new Set(
    document.files.map(({ path }) => path).filter((path) => path.endsWith(`/${resultsFileName}`)),
  );
  const empty = document.targets.find((target) => !results.has(`${target}/${resultsFileName}`));
  if (empty !== undefined) throw new Error(`${plainLine(empty)} has no ${resultsFileName}`);
  tellIgnored(manifestName, ignored, { its: document.bundle, ours: manifestVersion });
  return document;
}

/** `TARGET/results.json`, `TARGET/console.log` (or `console-2.log`) and files below `TARGET/evidence/`. */
function isBundlePath(path: string, targets: ReadonlySet<string>): boolean {
  const parts = path.split('/');
  const [target, first = '', ...rest] = parts;
  if (!parts.every(isPathPart) || !targets.has(target ?? '')) return false;
  if (rest.length === 0) return first === resultsFileName || isConsoleLog(first);
  return first === 'evidence';
}

export function isConsoleLog(name: string): boolean {
  return /^console(-\d+)?\.log$/.test(name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('the manifest is not JSON');
  }
}
