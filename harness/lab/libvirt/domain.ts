import { type ErrorCode, RdcError } from '../../messages/errors.ts';
import { cacheRoot } from '../../this-machine/paths.ts';
import { chooseLab, findLab } from '../hermetic/hermetic-lab.ts';
import { domainName, poolName, virsh } from './vagrant-and-virsh.ts';

const snapshotName = 'rootless-ready';

export type DomainState = 'absent' | 'off' | 'running';

/** virsh's message if the thing does not exist (all that it says of a domain); any other failure is no answer. */
const notThere = /\b(?:snapshot|network|pool|volume) not found:|^error: failed to get \w+ '[^']*'\s*$/i;

/** What libvirt prints, or undefined where it has no such thing. Throws LAB where it does not answer. */
export async function askLibvirt(...args: string[]): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await virsh(...args);
  if (exitCode === 0) return stdout;
  // no virsh: nothing of ours was ever started here
  if (exitCode === 127 || notThere.test(stderr)) return undefined;
  throw new RdcError('LAB', `libvirt does not answer: ${oneLine(stderr)}`, { hint: './rdc doctor' });
}

export async function domainState(machine: string): Promise<DomainState> {
  const state = await askLibvirt('domstate', domainName(machine));
  if (state === undefined) return 'absent';
  return /^(running|paused|idle|in shutdown)/.test(state.trim()) ? 'running' : 'off';
}

/**
 * The cache whose machine this is, where it is another one than ours: all users of the system's libvirt see the same
 * machines. A machine is of the user in whose cache its console is kept.
 */
async function otherCacheOf(machine: string): Promise<string | undefined> {
  if (chooseLab() !== 'system') return undefined;
  const xml = (await askLibvirt('dumpxml', domainName(machine))) ?? '';
  const cache = /<source path='([^']*)\/consoles\/[^/']+\.log'/.exec(xml)?.[1];
  return cache === cacheRoot() ? undefined : cache;
}

/** Throws MACHINE before anything is done to a machine of another user. */
export async function expectOurs(machine: string): Promise<void> {
  const cache = await otherCacheOf(machine);
  if (cache === undefined) return;
  throw new RdcError('MACHINE', `${machine} in the system's libvirt is another user's: its files lie in ${cache}`, {
    hint: `that user: ./rdc down ${machine}   # or a lab of your own: sudo ./rdc run ${machine} --lab hermetic`,
  });
}

/** Names of all machines that run and are not another user's. */
export async function runningDomains(): Promise<ReadonlySet<string>> {
  const list = canAskLibvirt() ? await askLibvirt('list', '--name') : undefined;
  const names = (list ?? '').split('\n').filter((name) => name.startsWith('rdc-'));
  const ours = new Set<string>();
  for (const name of names.map((one) => one.slice('rdc-'.length)))
    if ((await otherCacheOf(name)) === undefined) ours.add(name);
  return ours;
}

/** False without the lab that would run libvirt: then none of its machines runs either. */
export function canAskLibvirt(): boolean {
  return chooseLab() === 'system' || findLab() !== undefined;
}

export async function hasSnapshot(machine: string): Promise<boolean> {
  return (await askLibvirt('snapshot-info', domainName(machine), snapshotName)) !== undefined;
}

/** Saves the running machine with its memory, in place of an earlier snapshot. */
export async function saveSnapshot(machine: string): Promise<void> {
  const [name, hint] = [domainName(machine), 'df -h ~/.cache'];
  if (await hasSnapshot(machine))
    await order(
      ['snapshot-delete', name, snapshotName],
      'SNAPSHOT',
      `cannot delete the old snapshot of ${machine}`,
      hint,
    );
  await order(['snapshot-create-as', name, snapshotName], 'SNAPSHOT', `cannot save a snapshot of ${machine}`, hint);
}

/** Runs virsh; throws with libvirt's message if it fails. */
async function order(args: readonly string[], code: ErrorCode, failure: string, hint: string): Promise<void> {
  const { exitCode, stderr } = await virsh(...args);
  if (exitCode !== 0) throw new RdcError(code, `${failure}: ${oneLine(stderr)}`, { hint });
}

/**
 * Puts the machine back to its snapshot, running; what happened since is gone. Its clock then stands at the time of
 * the snapshot and its connections are dead: `restoreMachine` sets the one, the caller makes new ones of the other.
 */
export async function revertToSnapshot(machine: string): Promise<void> {
  await expectOurs(machine);
  const hint = `./rdc up ${machine} --fresh`;
  await startNetwork(hint);
  const revert = ['snapshot-revert', domainName(machine), snapshotName, '--running', '--force'];
  await order(revert, 'SNAPSHOT', `cannot restore ${machine}`, hint);
}

async function isNetworkActive(): Promise<boolean> {
  return (await askLibvirt('net-list', '--name'))?.split('\n').includes('rdc') ?? false;
}

export async function stopNetwork(): Promise<void> {
  if (canAskLibvirt() && (await isNetworkActive()))
    await order(['net-destroy', 'rdc'], 'LAB', "cannot stop the machines' network", 'virsh net-destroy rdc');
}

/** Only Vagrant starts the machines' network by itself, and a restore goes past it. */
async function startNetwork(hint: string): Promise<void> {
  if (await isNetworkActive()) return;
  await order(['net-start', 'rdc'], 'SNAPSHOT', "cannot start the machines' network", hint);
}

export async function domainAddress(machine: string): Promise<{ ip: string; mac: string } | undefined> {
  const leases = await askLibvirt('domifaddr', domainName(machine), '--source', 'lease');
  const found = /([0-9a-f]{2}(?::[0-9a-f]{2}){5})\s+ipv4\s+([\d.]+)\//.exec(leases ?? '');
  return found?.[1] && found[2] ? { mac: found[1], ip: found[2] } : undefined;
}

export async function domainMac(machine: string): Promise<string | undefined> {
  const interfaces = await askLibvirt('domiflist', domainName(machine));
  return /[0-9a-f]{2}(?::[0-9a-f]{2}){5}/.exec(interfaces ?? '')?.[0];
}

/** A snapshot remembers its address longer than a lease lasts: nobody else may get it meanwhile. */
export async function reserveAddress({ mac, ip }: { ip: string; mac: string }): Promise<void> {
  await releaseAddress(mac);
  for (const where of places) {
    const add = ['net-update', 'rdc', 'add-last', 'ip-dhcp-host', `<host mac='${mac}' ip='${ip}'/>`, where];
    await order(add, 'LAB', `cannot reserve the address ${ip} for ${mac}`, 'virsh net-dumpxml rdc');
  }
}

/** The network as it runs, and as it is defined: one may have what the other has not. */
const places = ['--live', '--config'] as const;

/** Whatever address it was; there may have been none. */
export async function releaseAddress(mac: string): Promise<void> {
  for (const where of places) await virsh('net-update', 'rdc', 'delete', 'ip-dhcp-host', `<host mac='${mac}'/>`, where);
}

/** A volume of the boxes; it may be gone. */
export async function removeVolume(volume: string): Promise<void> {
  const { exitCode, stderr } = await virsh('vol-delete', '--pool', poolName(), volume);
  if (exitCode !== 0 && !notThere.test(stderr))
    throw new RdcError('LAB', `cannot delete the volume ${volume}: ${oneLine(stderr)}`);
}

/** Powers off hard; disk and snapshot stay. */
export async function stopDomain(machine: string): Promise<void> {
  await expectOurs(machine);
  const { exitCode, stderr } = await virsh('destroy', domainName(machine));
  if (exitCode !== 0 && (await domainState(machine)) === 'running') {
    throw new RdcError('MACHINE', `cannot power off ${machine}: ${oneLine(stderr)}`, {
      hint: `virsh destroy ${domainName(machine)}`,
    });
  }
}

/** The machine as libvirt knows it, with its snapshots and its disk; what was there under another name stays. */
export async function removeDomain(machine: string): Promise<void> {
  if ((await domainState(machine)) === 'absent') return;
  await expectOurs(machine);
  const name = domainName(machine);
  const undefine = ['undefine', name, '--snapshots-metadata', '--remove-all-storage'];
  await order(undefine, 'MACHINE', `cannot remove ${machine}`, `virsh ${undefine.join(' ')}`);
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
