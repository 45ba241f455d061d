import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { lockMachine, releaseMachine, tryLock } from '../../this-machine/locks.ts';
import { cachePath, cacheRoot } from '../../this-machine/paths.ts';
import { pollUntil } from '../../this-machine/poll.ts';
import { identifyProcess, isAlive, type ProcessIdentity, parseIdentity } from '../../this-machine/process-identity.ts';
import { runCommand } from '../../this-machine/run-command.ts';
import { endMembers, hasMemberCalled, membersOf, type Namespaces, namespacesOf } from './lab-processes.ts';

export type LabKind = 'hermetic' | 'system';

const lockName = 'hermetic-lab';
const readyWithinMs = 30_000;

function stateFile(): string {
  return join(cacheRoot(), 'lab', 'holder.json');
}

function readState(): string {
  return existsSync(stateFile()) ? readFileSync(stateFile(), 'utf8') : '';
}

/** The process that keeps the lab's namespaces, or undefined if there is none or it died. */
export function findLab(): ProcessIdentity | undefined {
  const holder = parseIdentity(readState());
  return holder && isAlive(holder) ? holder : undefined;
}

/**
 * The namespaces that a lab's state names; those of a dead lab may still have processes in them. After a boot of the
 * host (`bootedAt`, in ms since the epoch) they cannot, and their names may be those of others.
 */
export function parseNamespaces(text: string, bootedAt = Date.now() - uptime() * 1000): Namespaces | undefined {
  if (!parseIdentity(text)) return undefined;
  const { net, mnt, startedAt } = JSON.parse(text) as Record<string, unknown>;
  if (typeof startedAt === 'string' && Date.parse(startedAt) < bootedAt) return undefined;
  const isName = (value: unknown, kind: string): value is string =>
    typeof value === 'string' && new RegExp(`^${kind}:\\[\\d+\\]$`).test(value);
  return isName(net, 'net') && isName(mnt, 'mnt') ? { net, mnt } : undefined;
}

/** Processes that a lab left whose holder died: its VMs and their network. */
export function deadLabMembers(): number[] {
  const namespaces = findLab() ? undefined : parseNamespaces(readState());
  return namespaces ? membersOf(namespaces) : [];
}

/** True in a process that runs inside the lab. */
export function isInsideLab(): boolean {
  const holder = findLab();
  return holder !== undefined && namespacesOf(holder.pid)?.net === namespacesOf('self')?.net;
}

/** The words to put before a command so that it runs inside the lab, in the same working directory. */
export function enterCommand(): string[] {
  const holder = findLab();
  if (!holder) throw new RdcError('LAB', 'the hermetic lab is not running', { hint: './rdc up' });
  return ['nsenter', '-t', String(holder.pid), '--net', '--mount', '--', 'env', '-C', process.cwd()];
}

/** Which lab a run uses: what was asked for (`--lab`, RDC_LAB), else hermetic where no libvirtd runs and no service manager could start one. */
export function chooseLab(wanted?: LabKind): LabKind {
  const said = wanted ?? process.env.RDC_LAB;
  if (said === 'hermetic' || said === 'system') return said;
  if (isInsideLab() || findLab()) return 'hermetic';
  const signs = ['/run/systemd/system', '/run/libvirt/libvirt-sock', '/run/libvirt/virtqemud-sock'];
  return signs.some((path) => existsSync(path)) ? 'system' : 'hermetic';
}

/**
 * What to put before a command that talks to machines: nothing inside the lab or with the system's libvirt.
 * Throws LAB where a hermetic lab is due and there is none: no such command may run outside of it.
 */
export function labPrefix(): string[] {
  return chooseLab() === 'system' || isInsideLab() ? [] : enterCommand();
}

let starting: Promise<ProcessIdentity> | undefined;

/** Makes the hermetic lab unless it is there; all who ask at once get the same one. Returns its holder. */
export async function ensureLab(): Promise<ProcessIdentity> {
  starting ??= ensureOneLab().finally(() => {
    starting = undefined;
  });
  return await starting;
}

async function ensureOneLab(): Promise<ProcessIdentity> {
  const isLocked = await pollUntil(() => tryLock(lockName), { withinMs: 2 * readyWithinMs, everyMs: 50 });
  if (!isLocked) lockMachine(lockName);
  try {
    const there = findLab();
    if (there && (await hasLibvirt(there))) return there;
    await stopLab();
    return await startLab();
  } finally {
    releaseMachine(lockName);
  }
}

/** libvirtd is the one part that may die while the lab lives; its VMs live on and it finds them again. */
async function hasLibvirt(holder: ProcessIdentity): Promise<boolean> {
  const namespaces = namespacesOf(holder.pid);
  if (!namespaces) return false;
  if (['libvirtd', 'virtqemud'].some((daemon) => hasMemberCalled(namespaces, daemon))) return true;
  const prefix = isInsideLab() ? [] : enterCommand();
  const { exitCode } = await runCommand([...prefix, 'sh', join(import.meta.dirname, 'start-libvirt.sh')]);
  // 127: there is no libvirt, and only containers
  return exitCode === 0 || exitCode === 127;
}

/** Throws LAB: also before anything is installed for a lab that could not be. */
export function expectRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new RdcError('LAB', 'a hermetic lab (network and mount namespaces of its own) needs root', {
    hint: 'sudo ./rdc run, or ./rdc run --lab system to use the libvirt of this machine',
  });
}

async function startLab(): Promise<ProcessIdentity> {
  expectRoot();
  // the lab outlives this process, and what run-command starts does not
  const child = spawn(
    'unshare',
    ['--net', '--mount', 'sh', join(import.meta.dirname, 'hermetic-holder.sh'), join(cacheRoot(), 'libvirt')],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const said = await waitUntilReady(child);
  const holder = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (!said.ready || !holder) {
    throw new RdcError(
      'LAB',
      `the hermetic lab did not start within ${readyWithinMs / 1000} s: ${said.text.trim().slice(0, 400)}`,
      {
        hint: `tail -n 40 ${join(cacheRoot(), 'libvirt', 'log', 'libvirtd.log')}`,
      },
    );
  }
  const state = { ...holder, ...namespacesOf(holder.pid), startedAt: new Date().toISOString() };
  writeFileSync(cachePath('lab', 'holder.json.part'), JSON.stringify(state));
  renameSync(`${stateFile()}.part`, stateFile());
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  return holder;
}

type Holder = ReturnType<typeof spawn>;

function waitUntilReady(child: Holder): Promise<{ ready: boolean; text: string }> {
  return new Promise((resolve) => {
    let text = '';
    const settle = (ready: boolean): void => {
      clearTimeout(timer);
      if (!ready) child.kill('SIGKILL');
      resolve({ ready, text });
    };
    const timer = setTimeout(() => settle(false), readyWithinMs);
    const take = (chunk: Buffer): void => {
      text += String(chunk);
      if (/^ready$/m.test(text)) settle(true);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('error', (error) => {
      text += error.message;
      settle(false);
    });
    child.once('exit', () => settle(false));
  });
}

/**
 * Ends every process of the lab; its namespaces, with the VMs' network in them, vanish with the last one.
 * What a lab left whose holder died is ended too. Returns how many processes it ended.
 */
export async function stopLab(): Promise<number> {
  const holder = findLab();
  const namespaces = holder ? namespacesOf(holder.pid) : parseNamespaces(readState());
  const ended = namespaces ? await endMembers(namespaces, holder?.pid) : 0;
  rmSync(stateFile(), { force: true });
  return ended;
}
