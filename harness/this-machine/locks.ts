import { spawnSync } from 'node:child_process';
import { globSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RdcError } from '../messages/errors.ts';
import { plainLine } from '../messages/plain-text.ts';
import { describeAge } from '../messages/quantities.ts';
import { cachePath, cacheRoot } from './paths.ts';
import { identifyProcess, isAlive, type ProcessIdentity, parseIdentity } from './process-identity.ts';

export type LockOwner = ProcessIdentity & {
  /** ISO 8601 time at which the lock was taken, or `unknown` */
  readonly since: string;
  /** the owner's command line, e.g. `rdc run debian-13` */
  readonly command?: string;
  /** the owner found the machine running and is not to be thought its starter */
  readonly attached?: true;
};

/** Pure: what a lock file says, or undefined where that names no process. */
export function parseLock(text: string): LockOwner | undefined {
  const owner = parseIdentity(text);
  if (!owner) return undefined;
  const { since, command, attached } = JSON.parse(text);
  return {
    ...owner,
    since: typeof since === 'string' ? since : 'unknown',
    ...(typeof command === 'string' ? { command } : {}),
    ...(attached === true ? { attached } : {}),
  };
}

/** e.g. `process 4711 (rdc run debian-13) since 2026-11-22T09:15:10.244Z, for 12 min`; `now` in ms since the epoch */
export function describeOwner({ pid, since, command }: LockOwner, now = Date.now()): string {
  const age = now - Date.parse(since);
  const words = command === undefined ? '' : ` (${plainLine(command, 120)})`;
  return `process ${pid}${words} since ${since.slice(0, 40)}${age >= 0 ? `, for ${describeAge(age)}` : ''}`;
}

export function thisOwner(): LockOwner {
  const self = identifyProcess(process.pid) ?? { pid: process.pid, startTime: 'unknown' };
  const command = `rdc ${process.argv.slice(2).join(' ')}`;
  return { ...self, since: new Date().toISOString(), command };
}

function lockFile(name: string): string {
  return join(cacheRoot(), 'machines', `${name}.lock`);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const readLock = (name: string) => parseLock(readText(lockFile(name)) ?? '');

/** The living process that has a machine, or undefined. A dead owner's lock stays, as the trace of a run that died. */
export function lockOwner(name: string): LockOwner | undefined {
  const owner = readLock(name);
  return owner && isAlive(owner) ? owner : undefined;
}

/** Who has a machine, of those that live. */
export function livingLocks(): LockOwner[] {
  const names = globSync('*.lock', { cwd: join(cacheRoot(), 'machines') }).map((file) =>
    file.slice(0, -'.lock'.length),
  );
  return names.flatMap((name) => lockOwner(name) ?? []);
}

/** Machines whose run died with its lock, and who that was. */
export function deadLocks(): { readonly name: string; readonly owner: LockOwner | undefined }[] {
  return globSync('*.lock', { cwd: join(cacheRoot(), 'machines') })
    .map((file) => file.slice(0, -'.lock'.length))
    .filter((name) => lockOwner(name) === undefined)
    .map((name) => ({ name, owner: readLock(name) }));
}

/** Takes a lock for this process; false if another living process has it. Taking it twice is fine. */
export function tryLock(name: string, more: Pick<LockOwner, 'attached'> = {}): boolean {
  const file = lockFile(name);
  const draft = cachePath('machines', `${name}.lock.${process.pid}`);
  writeFileSync(draft, JSON.stringify({ ...thisOwner(), ...more }));
  try {
    if (link(draft, file)) return true;
    const found = readText(file);
    // released in this moment
    if (found === undefined) return link(draft, file);
    const owner = parseLock(found);
    if (owner && isAlive(owner)) return owner.pid === process.pid;
    return takeOver(draft, file, found);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** $1 is the lock, $2 what is put in its place; whose lock it may replace comes on stdin. */
const exchange = '[ "$(cat "$1" && echo .)" = "$(cat && echo .)" ] && mv -f "$2" "$1"';

/**
 * In place of a dead owner's lock, if that is what it still is. Others may have found it dead as well, and one of them may
 * have taken it since: the look and the exchange are one step, under a lock of the kernel's on the folder, which nobody
 * can leave behind.
 */
function takeOver(draft: string, file: string, dead: string): boolean {
  const argv = [dirname(file), 'sh', '-c', exchange, 'sh', file, draft];
  const { status, error } = spawnSync('flock', argv, { input: dead, stdio: ['pipe', 'ignore', 'inherit'] });
  if (error) throw new RdcError('HOST_SETUP', 'flock does not start here', { cause: error, hint: './rdc doctor' });
  return status === 0;
}

/** A link appears whole or not at all: a reader never sees a half-written lock. False where there is one already. */
function link(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a machine for this process until `releaseMachine` or its end. Throws MACHINE with the owner and the lock's age. */
export function lockMachine(name: string, more: Pick<LockOwner, 'attached'> = {}): void {
  // a second time for one who met the moment in which another released it
  if (tryLock(name, more) || tryLock(name, more)) return;
  const owner = lockOwner(name);
  const who = owner ? describeOwner(owner) : 'a process that has just ended';
  throw new RdcError('MACHINE', `${name} is in use by ${who}`, {
    hint: owner ? `ps -o pid,lstart,args -p ${owner.pid}` : 'try again',
  });
}

export function isLockedByUs(name: string): boolean {
  return lockOwner(name)?.pid === process.pid;
}

export function releaseMachine(name: string): void {
  if (isLockedByUs(name)) rmSync(lockFile(name), { force: true });
}
