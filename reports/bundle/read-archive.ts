import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Entry, extract } from 'tar-stream';
import { messageOf } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { bundleLimits, type Manifest, type ManifestFile, manifestName, parseManifest } from './manifest.ts';
import { checkSeal } from './seal.ts';

/** More archive headers than this between two files are an attempt to fill the memory. */
const maxHeaderBytes = 1024 * 1024;

export type OnFile = (path: string, content: Buffer) => void;

export type ReadBundle = { readonly manifest: Manifest; readonly sha256: string };

/** Hands over each file whose name, size and digest are those of the manifest. Throws INPUT on anything else. */
export async function readArchive(file: string, onFile: OnFile): Promise<ReadBundle> {
  const { contentBytes, sha256 } = await checkSeal(file);
  const flow = boundedFlow();
  const entries = extract();
  const feeding = pipeline(createReadStream(file, { end: contentBytes - 1 }), createGunzip(), flow.watch, entries);
  try {
    const manifest = await readEntries(entries, flow.seen, onFile);
    await feeding;
    return { manifest, sha256 };
  } catch (cause) {
    // the pipeline fails with whatever stopped the loop: said once
    await feeding.catch(() => {});
    // nothing is wrong with the bundle where there is no room for what is in it
    if (cause instanceof RdcError && cause.code === 'REPORT') throw cause;
    const why = plainLine(messageOf(cause).replace(/^\[\w+\] /, ''), 600);
    throw new RdcError('INPUT', `${file}: refused: ${why}`, { hint: 'a bundle is made with: ./rdc bundle RUN', cause });
  }
}

async function readEntries(entries: AsyncIterable<Entry>, seen: () => void, onFile: OnFile): Promise<Manifest> {
  let manifest: Manifest | undefined;
  let next = 0;
  for await (const entry of entries) {
    seen();
    if (manifest === undefined) {
      manifest = await manifestOf(entry, seen);
      continue;
    }
    const expected = manifest.files[next];
    if (expected === undefined) throw new Error(`${quoted(entry)} is not in the manifest`);
    onFile(expected.path, await checkedContent(entry, expected, seen));
    next += 1;
  }
  if (manifest === undefined) throw new Error('it is empty');
  const missing = manifest.files[next];
  if (missing) throw new Error(`${plainLine(missing.path, 200)} is in the manifest and not in the archive`);
  return manifest;
}

function boundedFlow() {
  let total = 0;
  let sinceFile = 0;
  return {
    seen(): void {
      sinceFile = 0;
    },
    async *watch(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        total += chunk.length;
        sinceFile += chunk.length;
        if (total > bundleLimits.totalBytes + bundleLimits.manifestBytes)
          throw new Error(`more than ${bundleLimits.totalBytes} bytes unpacked`);
        if (sinceFile > maxHeaderBytes) throw new Error('archive headers without end');
        yield chunk;
      }
    },
  };
}

async function manifestOf(entry: Entry, seen: () => void): Promise<Manifest> {
  const { name, type, size = 0 } = entry.header;
  if (name !== manifestName || type !== 'file')
    throw new Error(`it begins with ${quoted(entry)} and not with ${manifestName}`);
  if (!(size >= 0 && size <= bundleLimits.manifestBytes)) throw new Error(`a manifest of ${size} bytes`);
  return parseManifest((await contentOf(entry, size, seen)).toString('utf8'));
}

async function checkedContent(entry: Entry, expected: ManifestFile, seen: () => void): Promise<Buffer> {
  const { name, type, size } = entry.header;
  if (type !== 'file') throw new Error(`${quoted(entry)} is a ${type ?? 'thing of unknown kind'}, not a file`);
  if (name !== expected.path || size !== expected.bytes) {
    const wanted = `${plainLine(expected.path, 200)} of ${expected.bytes}`;
    throw new Error(`${quoted(entry)} of ${size} bytes stands where the manifest has ${wanted}`);
  }
  const content = await contentOf(entry, size, seen);
  if (createHash('sha256').update(content).digest('hex') !== expected.sha256)
    throw new Error(`${quoted(entry)} does not have the digest of the manifest`);
  return content;
}

async function contentOf(entry: Entry, size: number, seen: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) {
    seen();
    chunks.push(chunk);
  }
  const content = Buffer.concat(chunks);
  if (content.length !== size) throw new Error(`${quoted(entry)} is cut off`);
  return content;
}

function quoted(entry: Entry): string {
  return plainLine(JSON.stringify(entry.header.name), 200);
}
