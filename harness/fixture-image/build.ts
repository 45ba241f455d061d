import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RdcError } from '../messages/errors.ts';
import { installHint } from '../this-machine/distribution.ts';
import { cacheRoot } from '../this-machine/paths.ts';
import { mustRunCommand } from '../this-machine/run-command.ts';
import { scratch } from '../this-machine/scratch.ts';
import { appletNames, readBusybox } from './busybox.ts';
import type { Architecture, FixtureImage } from './image.ts';
import { writeImageArchive } from './oci-archive.ts';

const sources = ['probe.h', 'probe.c', 'probe-sockets.c'];
const builders = ['image.ts', 'tar.ts', 'oci-archive.ts', 'busybox.ts'];
const imagesDir = import.meta.dirname;
/** The program that looks from inside of a container, and beside it on the host. */
export const probeSources: readonly string[] = sources.map((name) => join(imagesDir, name));
const nativeArch = process.arch === 'arm64' ? 'arm64' : 'amd64';
// arm64 is not verified: its image was never loaded on such a machine.
const crossCompilers = { amd64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' } as const;
const compileFlags = ['-std=gnu11', '-Os', '-static', '-s', '-Wall', '-Wextra', '-Wl,--build-id=none'];

/**
 * Builds the fixture image, or finds it in the cache; the same inputs give the same bytes. Without a compiler one that
 * was built of the same sources is taken, here or on another machine.
 */
export async function ensureFixtureImage(options: { arch: Architecture; cacheDir?: string }): Promise<FixtureImage> {
  const { arch, cacheDir = join(cacheRoot(), 'images') } = options;
  try {
    return await buildOrFind(arch, cacheDir);
  } catch (cause) {
    const kept = await findKept(arch, cacheDir);
    if (kept) return kept;
    throw cause;
  }
}

async function buildOrFind(arch: Architecture, cacheDir: string): Promise<FixtureImage> {
  const busybox = await readBusybox(arch, cacheDir);
  const dir = join(cacheDir, await inputsKey(arch, busybox));
  const cached = await readCached(dir);
  if (cached) return cached;
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, '.build-'));
  using _ = scratch(work);
  const probe = await compileProbe(arch, work);
  const { tar, ...digests } = await writeImageArchive({ arch, busybox, applets: appletNames(busybox), probe });
  await writeFile(join(work, 'fixture.tar'), tar);
  const about = { ...digests, tarSha256: sha256(tar), sources: await sourcesDigest() };
  await writeFile(join(work, 'image.json'), JSON.stringify(about));
  await moveInto(work, dir);
  const built = await readCached(dir);
  if (built) return built;
  throw new RdcError('IMAGE', `the fixture image in ${dir} does not match its own digest`, { hint: `rm -r '${dir}'` });
}

async function sourcesDigest(): Promise<string> {
  const files = [...sources, ...builders].map((name) => join(imagesDir, name));
  const contents = await Promise.all([import.meta.filename, ...files].map((path) => readFile(path)));
  return sha256(JSON.stringify(contents.map(sha256)));
}

async function findKept(arch: Architecture, cacheDir: string): Promise<FixtureImage | undefined> {
  const wanted = await sourcesDigest();
  const names = await readdir(cacheDir).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(`${arch}-`))) {
    const about = await readFile(join(cacheDir, name, 'image.json'), 'utf8').catch(() => '');
    const image = about.includes(`"sources":"${wanted}"`) ? await readCached(join(cacheDir, name)) : undefined;
    if (image) return image;
  }
  return undefined;
}

async function inputsKey(arch: Architecture, busybox: Buffer): Promise<string> {
  const version = await compile(arch, ['--version'], imagesDir);
  const libc = await compile(arch, ['-print-file-name=libc.a'], imagesDir);
  const library = await readFile(libc.trim()).catch((cause: unknown) => {
    throw new RdcError('IMAGE', `no static C library for ${arch}`, { hint: compilerHint(arch), cause });
  });
  return `${arch}-${sha256(JSON.stringify([version, sha256(busybox), sha256(library), await sourcesDigest()])).slice(0, 16)}`;
}

async function readCached(dir: string): Promise<FixtureImage | undefined> {
  const tarPath = join(dir, 'fixture.tar');
  try {
    const tar = await readFile(tarPath);
    const { digest, manifestDigest, tarSha256 } = JSON.parse(await readFile(join(dir, 'image.json'), 'utf8'));
    if (sha256(tar) !== tarSha256) return undefined;
    // `rdc clean` keeps what was used last
    await utimes(dir, new Date(), new Date()).catch(() => {});
    return { tarPath, digest, manifestDigest, probePath: join(dir, 'probe') };
  } catch {
    return undefined;
  }
}

/** Another process may have put the same bytes there first; what is there but broken makes way. */
async function moveInto(work: string, dir: string): Promise<void> {
  if (await readCached(dir)) return;
  await rm(dir, { recursive: true, force: true });
  await rename(work, dir).catch(async (cause: unknown) => {
    if (!(await readCached(dir))) throw cause;
  });
}

async function compileProbe(arch: Architecture, work: string): Promise<Buffer> {
  // In the work directory by relative names, so that no path of this host gets into the program.
  await Promise.all(sources.map((name) => copyFile(join(imagesDir, name), join(work, name))));
  const programs = sources.filter((name) => name.endsWith('.c'));
  await compile(arch, [...compileFlags, '-o', 'probe', ...programs], work);
  return readFile(join(work, 'probe'));
}

async function compile(arch: Architecture, args: string[], cwd: string): Promise<string> {
  const options = { cwd, env: { LC_ALL: 'C' }, timeoutMs: 120_000 };
  const compiler = arch === nativeArch ? 'gcc' : crossCompilers[arch];
  return await mustRunCommand([compiler, ...args], options).catch((cause: unknown) => {
    throw new RdcError('IMAGE', `${compiler} is missing or cannot build the probe for ${arch}`, {
      hint: compilerHint(arch),
      cause,
    });
  });
}

function compilerHint(arch: Architecture): string {
  if (process.platform !== 'linux')
    return `copy ${join(cacheRoot(), 'images')} from a Linux machine with the same checkout, or ./rdc doctor ssh://USER@HOST`;
  if (arch === nativeArch) return installHint('gcc', 'static libc');
  return installHint(arch === 'arm64' ? 'gcc for arm64' : 'gcc for amd64');
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
