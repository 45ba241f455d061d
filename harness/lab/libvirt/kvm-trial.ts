import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
import { cachePath } from '../../this-machine/paths.ts';
import { pollUntil } from '../../this-machine/poll.ts';
import { chooseLab } from '../hermetic/hermetic-lab.ts';
import { domainState, oneLine } from './domain.ts';
import { ensurePool, poolPath } from './own-resources.ts';
import { domainName, poolName, virsh } from './vagrant-and-virsh.ts';

// two runs may try at once
const trial = `kvm-trial-${process.pid}`;

/** What setup/acceleration.ts asks of a libvirt whose QEMU runs as a user of its own; undefined with the hermetic lab, whose QEMU is root's like us. */
export const systemLibvirt = () => (chooseLab() === 'system' ? { offersKvm, bootKernel } : undefined);

async function offersKvm(): Promise<boolean> {
  const { exitCode, stderr } = await virsh('domcapabilities', '--virttype', 'kvm');
  if (exitCode === 0) return true;
  if (/kvm/i.test(stderr)) return false;
  throw new RdcError('LAB', `libvirt does not say whether it offers KVM: ${oneLine(stderr)}`, { hint: './rdc doctor' });
}

/** Boots a kernel without a disk under KVM, in a machine that is gone afterwards. The kernel goes into our pool: QEMU's user reaches no home. */
async function bootKernel(kernel: string, commandLine: string, withinMs: number): Promise<string> {
  await ensurePool();
  const volume = `rdc-${trial}.img`;
  const [console, xml] = [cachePath('consoles', `${trial}.log`), cachePath('consoles', `${trial}.xml`)];
  writeFileSync(console, '', { mode: 0o644 });
  chmodSync(console, 0o644);
  writeFileSync(xml, trialXml(`${poolPath}/${volume}`, commandLine, console));
  try {
    await order('vol-create-as', poolName(), volume, String(statSync(kernel).size));
    await order('vol-upload', '--pool', poolName(), volume, kernel);
    const { exitCode, stderr } = await virsh('create', xml);
    // QEMU ended: under some KVMs it does not start
    if (/\bmonitor\b/.test(stderr)) return oneLine(stderr);
    if (exitCode !== 0) throw refused('create', stderr);
    const isOver = async () =>
      /Linux version/.test(readFileSync(console, 'utf8')) || (await domainState(trial)) !== 'running';
    await pollUntil(isOver, { withinMs, everyMs: 500 });
    return readFileSync(console, 'utf8');
  } finally {
    await virsh('destroy', domainName(trial));
    await virsh('vol-delete', '--pool', poolName(), volume);
    for (const file of [console, xml]) rmSync(file, { force: true });
  }
}

async function order(...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await virsh(...args);
  if (exitCode !== 0) throw refused(args[0] ?? '', stderr);
}

function refused(command: string, stderr: string): RdcError {
  return new RdcError('LAB', `cannot try KVM with libvirt: virsh ${command}: ${oneLine(stderr)}`, {
    hint: 'RDC_ACCEL=tcg ./rdc run, or RDC_ACCEL=kvm ./rdc run',
  });
}

/** Pure: the domain of that machine. */
export function trialXml(kernel: string, commandLine: string, console: string): string {
  return `<domain type='kvm'><name>${domainName(trial)}</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>
<os><type>hvm</type><kernel>${kernel}</kernel><cmdline>${commandLine}</cmdline></os>
<cpu mode='host-passthrough'/><on_reboot>destroy</on_reboot>
<devices><serial type='file'><source path='${console}'/></serial></devices></domain>`;
}
