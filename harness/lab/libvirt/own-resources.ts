import { RdcError } from '../../messages/errors.ts';
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

/**
 * Takes our network, our pool and the copies of boxes in it out of the system's libvirt, once no machine of anybody's
 * is left in it. The hermetic lab's is removed with the cache.
 */
export async function leaveSystemLibvirt(): Promise<void> {
  if (chooseLab() !== 'system') return;
  const domains = (await askLibvirt('list', '--all', '--name')) ?? '';
  if (/^rdc-/m.test(domains)) return;
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
