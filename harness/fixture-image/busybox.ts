import { copyFile, mkdir, mkdtemp, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { RdcError } from '../messages/errors.ts';
import { installHint } from '../this-machine/distribution.ts';
import { mustRunCommand } from '../this-machine/run-command.ts';
import { scratch } from '../this-machine/scratch.ts';
import { busyboxPaths, isStaticElf } from '../this-machine/static-program.ts';
import type { Architecture } from './image.ts';

/** A static busybox for the architecture: the host's, else the one kept in `cacheDir`, else Debian's package. */
export async function readBusybox(arch: Architecture, cacheDir: string): Promise<Buffer> {
  const kept = join(cacheDir, `busybox-${arch}`);
  for (const path of [...busyboxPaths, kept]) {
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes && isStaticElf(bytes, arch)) return bytes;
  }
  await downloadBusybox(arch, cacheDir, kept).catch((cause: unknown) => {
    throw new RdcError('IMAGE', `no static busybox for ${arch} on this host, and its package cannot be downloaded`, {
      hint: installHint('static busybox', 'gcc', 'static libc'),
      cause,
    });
  });
  const bytes = await readFile(kept);
  if (isStaticElf(bytes, arch)) return bytes;
  throw new RdcError('IMAGE', `the downloaded busybox in ${kept} is not a static program for ${arch}`);
}

/** The applets compiled in, read from the program's own table: it cannot be asked when it is for another architecture. */
export function appletNames(busybox: Buffer): string[] {
  // what lies before the table differs: no zero byte in Debian 13's 1.37
  const start = busybox.indexOf('[\0[[\0', 0, 'latin1');
  const end = busybox.indexOf('\0\0', start + 1, 'latin1');
  if (start < 0 || end < 0) throw new RdcError('IMAGE', 'no table of applets in this busybox');
  return busybox.toString('latin1', start, end).split('\0');
}

async function downloadBusybox(arch: Architecture, cacheDir: string, kept: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, '.busybox-'));
  using _ = scratch(work);
  // Package lists of our own: the host's may be missing, and lack the other architecture.
  const states = [join(work, 'state/lists/partial'), join(work, 'cache/archives/partial')];
  await Promise.all(states.map((path) => mkdir(path, { recursive: true })));
  const settings = [
    `Dir::State=${work}/state`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${work}/cache`,
    `APT::Architecture=${arch}`,
    `APT::Architectures=${arch}`,
  ].flatMap((setting) => ['-o', setting]);
  const options = { cwd: work, timeoutMs: 120_000 };
  await mustRunCommand(['apt-get', ...settings, '-qq', 'update'], options);
  await mustRunCommand(['apt-get', ...settings, '-qq', 'download', 'busybox-static'], options);
  const packageFile = (await readdir(work)).find((name) => name.endsWith('.deb'));
  if (!packageFile) throw new Error('apt-get download left no package');
  await mustRunCommand(['dpkg-deb', '-x', packageFile, 'root'], options);
  const program = (await readdir(join(work, 'root'))).includes('bin') ? 'root/bin/busybox' : 'root/usr/bin/busybox';
  await copyFile(join(work, program), join(work, 'busybox'));
  await rename(join(work, 'busybox'), kept);
}
