import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { cachePath, cacheRoot } from '../../this-machine/paths.ts';
import { mustRunCommand } from '../../this-machine/run-command.ts';
import { labPrefix } from '../hermetic/hermetic-lab.ts';
import { expectInotifyInstances } from './host-abilities.ts';

export type ContainerState = 'absent' | 'off' | 'running';

const script = join(import.meta.dirname, 'machine.sh');
const network = '192.168.154';
export const gateway = `${network}.1`;

/** All of one machine: what it writes (`upper`, `home`, `docker`), and its `snapshot` of the same. */
export function containerFolder(machine: string): string {
  return join(cacheRoot(), 'nspawn', 'machines', machine);
}

/** What a machine writes: layers of Docker cannot lie on an overlay, so they have folders of their own. */
const written = ['upper', 'home', 'docker'] as const;

/** The machines of this cache only: others of this machine's may have a lab of their own. */
export function cgroupPrefix(): string {
  return `rdc-${createHash('sha256').update(cacheRoot()).digest('hex').slice(0, 8)}-`;
}

async function machineScript(...args: string[]): Promise<string> {
  return await mustRunCommand(['unshare', '--mount', '--propagation', 'private', 'sh', script, ...args]);
}

/** Machines that run, in a lab that lives or not. */
export async function runningContainers(): Promise<ReadonlySet<string>> {
  if (knownContainers().length === 0) return new Set();
  const prefix = cgroupPrefix();
  const groups = (await machineScript('running', prefix)).split('\n').filter(Boolean);
  return new Set(groups.map((group) => group.slice(prefix.length)));
}

/** Machines that have something in the cache. */
export function knownContainers(): string[] {
  const folder = containerFolder('.');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

export async function containerState(machine: string): Promise<ContainerState> {
  if (!existsSync(containerFolder(machine))) return 'absent';
  return (await runningContainers()).has(machine) ? 'running' : 'off';
}

export function hasContainerSnapshot(machine: string): boolean {
  const folder = containerFolder(machine);
  return ['snapshot', 'tree'].every((part) => existsSync(join(folder, part)));
}

/** Ends every process of the machine at once; what it wrote stays. */
export async function stopContainer(machine: string): Promise<void> {
  if (!existsSync(containerFolder(machine))) return;
  try {
    await machineScript('stop', `${cgroupPrefix()}${machine}`);
  } catch (cause) {
    throw new RdcError('MACHINE', `${machine} does not power off: ${(cause as Error).message}`, {
      cause,
      hint: 'ps -eo pid,stat,args',
    });
  }
}

/** Whatever is left of machines, also of those whose lab was killed, but for what they wrote. */
export async function sweepContainers(): Promise<void> {
  if (knownContainers().length > 0) await machineScript('sweep', cgroupPrefix());
}

export async function removeContainer(machine: string): Promise<void> {
  await stopContainer(machine);
  rmSync(containerFolder(machine), { recursive: true, force: true });
  for (const file of addressFiles()) if (readFileSync(file, 'utf8') === machine) rmSync(file, { force: true });
}

/** The address of a machine, its own until it is removed. */
export function containerAddress(machine: string): string {
  const own = addressFiles().find((file) => readFileSync(file, 'utf8') === machine);
  if (own) return `${network}.${basename(own)}`;
  for (let last = 10; last < 250; last += 1) {
    try {
      // a file that is there is another machine's, also one that another process makes in this moment
      writeFileSync(cachePath('nspawn', 'addresses', String(last)), machine, { flag: 'wx' });
      return `${network}.${last}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new RdcError('MACHINE', `no address is left for ${machine}`, { hint: './rdc clean --all' });
}

function addressFiles(): string[] {
  const folder = join(cacheRoot(), 'nspawn', 'addresses');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** The machine as its box has it, with `files` (by absolute path) over that: nothing of what it was before is left. */
export function layOut(machine: string, tree: string, files: Readonly<Record<string, string>>): void {
  const folder = containerFolder(machine);
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['upper', 'docker', 'work', 'root']) mkdirSync(join(folder, part), { recursive: true });
  copyFolder(join(tree, 'home'), join(folder, 'home'));
  symlinkSync(tree, join(folder, 'tree'));
  writeFiles(folder, files);
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, 'upper', path);
    // ssh wants both to be root's alone
    const mode = path.startsWith('/root/') ? 0o700 : 0o755;
    mkdirSync(dirname(file), { recursive: true, mode });
    writeFileSync(file, text, { mode: 0o644 });
  }
}

/** What a machine that is off has written becomes its snapshot. */
export function saveContainer(machine: string): void {
  const folder = containerFolder(machine);
  const draft = join(folder, 'snapshot.part');
  mkdirSync(draft);
  for (const part of written) renameSync(join(folder, part), join(draft, part));
  renameSync(draft, join(folder, 'snapshot'));
}

/** What a machine that is off has written since its snapshot is gone. */
export function revertContainer(machine: string): void {
  const folder = containerFolder(machine);
  for (const part of [...written, 'work']) rmSync(join(folder, part), { recursive: true, force: true });
  for (const part of ['upper', 'work']) mkdirSync(join(folder, part));
  for (const part of ['home', 'docker']) copyFolder(join(folder, 'snapshot', part), join(folder, part));
}

/** A second machine from the snapshot of `machine`, which has to outlive it, with `files` over that. */
export function layOutTwin(machine: string, twin: string, files: Readonly<Record<string, string>>): void {
  const folder = containerFolder(twin);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'root'), { recursive: true });
  for (const part of ['tree', 'snapshot']) symlinkSync(join(containerFolder(machine), part), join(folder, part));
  revertContainer(twin);
  writeFiles(folder, files);
}

/** With owners and times, which Node does not keep. */
function copyFolder(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
  if (status !== 0)
    throw new RdcError('MACHINE', `${from} was not copied: ${stderr.trim()}`, { hint: 'df -h ~/.cache' });
}

/** Starts the machine in the lab; it outlives this process. `consoleLog` gets what its console says. Throws HOST_SETUP. */
export function startContainer(machine: string, consoleLog: string): void {
  expectInotifyInstances(machine);
  const folder = containerFolder(machine);
  const layers = [join(folder, 'snapshot', 'upper'), realpathSync(join(folder, 'tree'))].filter((one) =>
    existsSync(one),
  );
  const [command = 'sh', ...args] = [...labPrefix(), 'sh', script, 'hold'];
  const log = openSync(consoleLog, 'a', 0o600);
  const env = {
    ...process.env,
    RDC_NAME: machine,
    RDC_FOLDER: folder,
    RDC_LAYERS: layers.join(':'),
    RDC_CGROUP: `${cgroupPrefix()}${machine}`,
    RDC_BRIDGE: 'rdc-nspawn',
    RDC_GATEWAY: gateway,
  };
  spawn(command, args, { detached: true, stdio: ['ignore', log, log], cwd: '/', env }).unref();
  closeSync(log);
}
