import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { RdcError } from '../errors.ts';
import { cachePath } from './cache-paths.ts';
import { identifyProcess, isAlive, type ProcessIdentity, parseIdentity } from './process-identity.ts';

export type LockOwner = ProcessIdentity & { readonly since: string };

export function parseLock(text: string): LockOwner | undefined {
  const owner = parseIdentity(text);
  if (!owner) return undefined;
  const since = (JSON.parse(text) as { since?: unknown }).since;
  return { ...owner, since: typeof since === 'string' ? since : 'unknown' };
}

function lockFile(name: string): string {
  return cachePath('machines', `${name}.lock`);
}

/** The living process that has a machine, or undefined; a dead owner's lock is cleared. */
export function lockOwner(name: string): LockOwner | undefined {
  let text: string;
  try {
    text = readFileSync(lockFile(name), 'utf8');
  } catch {
    return undefined;
  }
  const owner = parseLock(text);
  if (owner && isAlive(owner)) return owner;
  rmSync(lockFile(name), { force: true });
  return undefined;
}

/** Takes a lock for this process; false if another living process has it. Taking it twice is fine. */
export function tryLock(name: string): boolean {
  const owner = lockOwner(name);
  if (owner) return owner.pid === process.pid;
  const draft = `${lockFile(name)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ ...identifyProcess(process.pid), since: new Date().toISOString() }));
  try {
    // A link appears whole or not at all: a reader never sees a half-written lock.
    linkSync(draft, lockFile(name));
    return true;
  } catch {
    return lockOwner(name)?.pid === process.pid;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes a machine for this process until `releaseMachine` or its end. Throws MACHINE with the owner. */
export function lockMachine(name: string): void {
  if (tryLock(name)) return;
  const owner = lockOwner(name);
  throw new RdcError('MACHINE', `${name} is in use by process ${owner?.pid} since ${owner?.since}`, {
    hint: `ps -o pid,lstart,args -p ${owner?.pid}`,
  });
}

export function releaseMachine(name: string): void {
  if (lockOwner(name)?.pid === process.pid) rmSync(lockFile(name), { force: true });
}
