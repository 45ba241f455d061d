import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { scratch } from '../../this-machine/scratch.ts';
import type { Engine, Machine } from '../catalog/machines.schema.ts';
import { isBuilt } from './box.ts';
import { compareVersions, parseElf } from './elf.ts';
import { unpackEngine } from './engine-archive.ts';
import { engineFolders, programName, requiredPrograms } from './engine-layout.ts';

/** Where the programs of an engine lie while they are looked at or copied. */
type Programs = ReadonlyMap<string, string>;

const hint =
  "--engine FOLDER|ARCHIVE: what upstream's docker-VERSION.tgz and docker-rootless-extras-VERSION.tgz have, unpacked or in one archive";

/** Reads and checks all of it; nothing is kept. Throws INPUT with one sentence for the first thing that is wrong. */
export async function readEngine(source: string): Promise<Engine> {
  return await withPrograms(source, (programs) => {
    const missing = requiredPrograms.filter((name) => !programs.has(name));
    if (missing.length === requiredPrograms.length) throw refusal(source, 'has none of the programs of Docker');
    if (missing.length > 0) throw refusal(source, `lacks ${missing.join(', ')}; was it copied in part?`);
    const read = [...programs].sort().map(([name, path]) => readProgram(source, name, path));
    const sums = Object.fromEntries(read.map(({ name, sha256 }) => [name, sha256]));
    const digest = createHash('sha256').update(JSON.stringify(sums)).digest('hex');
    const newest = read
      .flatMap(({ name, glibc }) => (glibc === undefined ? [] : [{ version: glibc, program: name }]))
      .sort((a, b) => compareVersions(a.version, b.version))
      .at(-1);
    return { source: resolve(source), digest, programs: sums, ...(newest ? { glibc: newest } : {}) };
  });
}

/** The programs by name and path, those of an archive for as long as `use` takes. */
export async function withPrograms<T>(source: string, use: (programs: Programs) => T | Promise<T>): Promise<T> {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return await use(programsIn(source));
  if (!stats?.isFile())
    throw refusal(source, stats === undefined ? 'does not exist' : 'is neither a folder nor a file');
  if (stats.size === 0) throw refusal(source, 'is an empty file');
  const folder = mkdtempSync(cachePath('engines', '.tmp-'));
  using _ = scratch(folder);
  await unpackEngine(source, folder).catch((cause: unknown) => {
    throw refusal(source, `cannot be used: ${(cause as Error).message}`, cause);
  });
  return await use(programsIn(folder));
}

function programsIn(source: string): Programs {
  const found = new Map<string, string>();
  for (const folder of engineFolders.map((name) => join(source, name)).filter(isFolder)) {
    for (const name of readdirSync(folder).filter((one) => programName.test(one))) {
      const path = join(folder, name);
      if (isProgramFile(statSync(path, { throwIfNoEntry: false }))) found.set(name, path);
    }
  }
  return found;
}

/** `docker` is a folder in upstream's archives, and the name of the client where all programs lie side by side. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isProgramFile(stats: Stats | undefined): boolean {
  return stats?.isFile() === true && (stats.mode & 0o111) !== 0;
}

type Read = { readonly name: string; readonly sha256: string; readonly glibc?: string };

function readProgram(source: string, name: string, path: string): Read {
  const content = readFileSync(path);
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (content.toString('latin1', 0, 2) === '#!') return { name, sha256 };
  const elf = parseElf(content);
  if (typeof elf === 'string') throw refusal(source, `cannot be used: ${name} ${elf}`);
  const { arch, interpreter, glibc } = elf;
  if (arch !== process.arch)
    throw refusal(
      source,
      `cannot run here: ${name} is for ${arch ?? 'another architecture'}, machines are ${process.arch}`,
    );
  if (interpreter !== undefined && !/\/ld-linux[\w.-]*$/.test(interpreter))
    throw refusal(source, `cannot run here: ${name} needs ${interpreter}, and the machines have glibc`);
  return { name, sha256, ...(glibc === undefined ? {} : { glibc }) };
}

/** Before anything is booted, where the box says which glibc it has. Throws INPUT. */
export function expectEngineRuns({ name, engine }: Machine, box: string): void {
  if (engine?.glibc === undefined || !isBuilt(box)) return;
  const packages = box.replace(/\.box$/, '.json');
  if (!existsSync(packages)) return;
  const { installed } = JSON.parse(readFileSync(packages, 'utf8')) as { installed?: Record<string, string> };
  const [has] = /^\d+\.\d+/.exec(installed?.libc6 ?? '') ?? [];
  const { version, program } = engine.glibc;
  if (has === undefined || compareVersions(version, has) <= 0) return;
  throw new RdcError(
    'INPUT',
    `${basename(engine.source)} cannot run on ${name}: ${program} needs glibc ${version}, it has ${has}`,
    {
      hint: 'a newer release, e.g. ./rdc run debian-testing --engine ..., or static binaries',
    },
  );
}

/** As `tar` takes them: the folder and the name of each. */
export function asTarArguments(programs: Programs): string[] {
  return [...programs].flatMap(([name, path]) => ['-C', resolve(path, '..'), name]);
}

function refusal(source: string, what: string, cause?: unknown): RdcError {
  return new RdcError('INPUT', `the engine ${source} ${what}`, { hint, ...(cause === undefined ? {} : { cause }) });
}
