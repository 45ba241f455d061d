import { RdcError } from '../errors.ts';
import { chooseLab, findLab } from './hermetic-lab.ts';
import { domainName, virsh } from './lab-commands.ts';

const snapshotName = 'rootless-ready';

export type DomainState = 'absent' | 'off' | 'running';

export async function domainState(machine: string): Promise<DomainState> {
  const { exitCode, stdout } = await virsh('domstate', domainName(machine));
  if (exitCode !== 0) return 'absent';
  return /^(running|paused|idle|in shutdown)/.test(stdout.trim()) ? 'running' : 'off';
}

/** Names of all machines that run. Throws LAB where libvirt should answer and does not: "none" would be a guess. */
export async function runningDomains(): Promise<ReadonlySet<string>> {
  if (!canAskLibvirt()) return new Set();
  const { exitCode, stdout, stderr } = await virsh('list', '--name');
  // no virsh: nothing of ours was ever started here
  if (exitCode === 127) return new Set();
  if (exitCode !== 0)
    throw new RdcError('LAB', `libvirt does not answer: ${oneLine(stderr)}`, { hint: './rdc doctor' });
  const names = stdout.split('\n').filter((name) => name.startsWith('rdc-'));
  return new Set(names.map((name) => name.slice('rdc-'.length)));
}

/** False where the lab that would have libvirt is not there: then no machine of the lab runs either. */
export function canAskLibvirt(): boolean {
  return chooseLab() === 'system' || findLab() !== undefined;
}

export async function hasSnapshot(machine: string): Promise<boolean> {
  return (await virsh('snapshot-info', domainName(machine), snapshotName)).exitCode === 0;
}

/** Saves the running machine with its memory, in place of an earlier snapshot. */
export async function saveSnapshot(machine: string): Promise<void> {
  if (await hasSnapshot(machine)) await virsh('snapshot-delete', domainName(machine), snapshotName);
  const { exitCode, stderr } = await virsh('snapshot-create-as', domainName(machine), snapshotName);
  if (exitCode !== 0)
    throw new RdcError('SNAPSHOT', `${machine} was not saved: ${oneLine(stderr)}`, { hint: 'df -h ~/.cache' });
}

/**
 * Puts the machine back to its snapshot, running; what happened since is gone. Its clock then stands at the time of
 * the snapshot and its connections are dead: `restoreMachine` sets the one, the caller makes new ones of the other.
 */
export async function revertToSnapshot(machine: string): Promise<void> {
  await startNetwork();
  const { exitCode, stderr } = await virsh(
    'snapshot-revert',
    domainName(machine),
    snapshotName,
    '--running',
    '--force',
  );
  if (exitCode !== 0) {
    throw new RdcError('SNAPSHOT', `${machine} was not restored: ${oneLine(stderr)}`, {
      hint: `./rdc up ${machine} --fresh`,
    });
  }
}

/** Only Vagrant starts the machines' network by itself, and a restore goes past it. */
async function startNetwork(): Promise<void> {
  const { stdout } = await virsh('net-list', '--name');
  if (!stdout.split('\n').includes('rdc')) await virsh('net-start', 'rdc');
}

export async function domainAddress(machine: string): Promise<{ ip: string; mac: string } | undefined> {
  const { stdout } = await virsh('domifaddr', domainName(machine), '--source', 'lease');
  const found = /([0-9a-f]{2}(?::[0-9a-f]{2}){5})\s+ipv4\s+([\d.]+)\//.exec(stdout);
  return found?.[1] && found[2] ? { mac: found[1], ip: found[2] } : undefined;
}

export async function domainMac(machine: string): Promise<string | undefined> {
  const { stdout } = await virsh('domiflist', domainName(machine));
  return /[0-9a-f]{2}(?::[0-9a-f]{2}){5}/.exec(stdout)?.[0];
}

/** A snapshot remembers its address longer than a lease lasts: nobody else may get it meanwhile. */
export async function reserveAddress(address: { ip: string; mac: string }): Promise<void> {
  const host = `<host mac='${address.mac}' ip='${address.ip}'/>`;
  await virsh('net-update', 'rdc', 'delete', 'ip-dhcp-host', host, '--live', '--config');
  await virsh('net-update', 'rdc', 'add-last', 'ip-dhcp-host', host, '--live', '--config');
}

export async function releaseAddress(address: { ip: string; mac: string }): Promise<void> {
  await virsh(
    'net-update',
    'rdc',
    'delete',
    'ip-dhcp-host',
    `<host mac='${address.mac}' ip='${address.ip}'/>`,
    '--live',
    '--config',
  );
}

/** Pulls the plug; disk and snapshot stay. */
export async function stopDomain(machine: string): Promise<void> {
  const { exitCode, stderr } = await virsh('destroy', domainName(machine));
  if (exitCode !== 0 && (await domainState(machine)) === 'running') {
    throw new RdcError('MACHINE', `${machine} does not power off: ${oneLine(stderr)}`, {
      hint: `virsh destroy ${domainName(machine)}`,
    });
  }
}

/** The machine as libvirt knows it, with its snapshots and its disk; what was there under another name stays. */
export async function removeDomain(machine: string): Promise<void> {
  if ((await domainState(machine)) === 'absent') return;
  const name = domainName(machine);
  const { exitCode, stderr } = await virsh('undefine', name, '--snapshots-metadata', '--remove-all-storage');
  if (exitCode !== 0) throw new RdcError('MACHINE', `${machine} was not removed: ${oneLine(stderr)}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
