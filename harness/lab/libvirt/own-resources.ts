import { RdcError } from '../../messages/errors.ts';
import { livingLocks } from '../../this-machine/locks.ts';
import { chooseLab } from '../hermetic/hermetic-lab.ts';
import { askLibvirt, oneLine, stopNetwork } from './domain.ts';
import { poolName, virsh } from './vagrant-and-virsh.ts';

/** Where the files of our pool lie. */
export const poolPath = '/var/lib/libvirt/images/rdc';

/** In the system's libvirt: a storage pool of our own, active. Vagrant makes that of the hermetic lab. */
export async function ensurePool(): Promise<void> {
  if (chooseLab() !== 'system') return;
  const pool = poolName();
  if (await isActive(pool)) return;
  if ((await askLibvirt('pool-dumpxml', pool)) === undefined)
    await tryAll([
      ['pool-define-as', pool, 'dir', '--target', poolPath],
      ['pool-build', pool],
    ]);
  const { stderr } = await virsh('pool-start', pool);
  // another process may have been quicker
  if (await isActive(pool)) return;
  throw new RdcError('LAB', `cannot make the storage pool ${pool} in ${poolPath}: ${oneLine(stderr)}`, {
    hint: `virsh -c qemu:///system pool-start ${pool}`,
  });
}

/** Whether network and pool are in use: by a machine of anybody's, or by a run of ours that has none yet. */
async function isShared(...flags: readonly string[]): Promise<boolean> {
  if (livingLocks().some(({ pid }) => pid !== process.pid)) return true;
  return /^rdc-/m.test((await askLibvirt('list', ...flags, '--name')) ?? '');
}

/** In the system's libvirt the network is that of all who run rdc: it goes on while one of their machines runs. */
export async function stopOwnNetwork(): Promise<void> {
  if (chooseLab() === 'system' && (await isShared())) return;
  await stopNetwork();
}

/**
 * Takes our network, our pool and the copies of boxes in it out of the system's libvirt, once no machine of anybody's
 * is left in it, and no run of ours is on its way to one. The hermetic lab's is removed with the cache.
 */
export async function leaveSystemLibvirt(): Promise<void> {
  if (chooseLab() !== 'system') return;
  if (await isShared('--all')) return;
  const networks = (await askLibvirt('net-list', '--all', '--name')) ?? '';
  if (linesOf(networks).includes('rdc')) {
    await stopNetwork();
    await tryAll([['net-undefine', 'rdc']]);
  }
  await removePool(poolName());
}

async function removePool(pool: string): Promise<void> {
  const xml = (await askLibvirt('pool-dumpxml', pool)) ?? '';
  // one of this name that is not of our making
  if (!xml.includes(`<path>${poolPath}</path>`)) return;
  if (await isActive(pool)) {
    const listed = (await askLibvirt('vol-list', '--pool', pool)) ?? '';
    const volumes = linesOf(listed).flatMap((line) => line.trim().split(/\s+/)[0] ?? []);
    await tryAll(volumes.map((volume) => ['vol-delete', '--pool', pool, volume]));
    await tryAll([['pool-destroy', pool]]);
  }
  await tryAll([
    ['pool-delete', pool],
    ['pool-undefine', pool],
  ]);
}

/** What cannot be removed stays, and with it what holds it: the next `rdc down` tries again. */
async function tryAll(commands: readonly (readonly string[])[]): Promise<void> {
  for (const command of commands) await virsh(...command);
}

async function isActive(pool: string): Promise<boolean> {
  return linesOf((await askLibvirt('pool-list', '--name')) ?? '').some((line) => line.trim() === pool);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
