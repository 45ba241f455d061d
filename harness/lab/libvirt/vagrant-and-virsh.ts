import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath, cacheRoot, checkout, imageMachineFolder } from '../../this-machine/paths.ts';
import { type CommandResult, runCommand } from '../../this-machine/run-command.ts';
import { chooseLab, labPrefix } from '../hermetic/hermetic-lab.ts';

/** Vagrant's own state lies in the cache, so that every checkout sees the same machines. */
export function vagrantEnvironment(machine = ''): Record<string, string> {
  const own = imageMachineFolder(machine);
  const isOwn = machine !== '' && existsSync(join(own, 'Vagrantfile'));
  return {
    VAGRANT_CWD: isOwn ? own : checkout,
    ...(isOwn && { RDC_MACHINES: join(own, 'vms', 'machines.json') }),
    VAGRANT_HOME: cachePath('vagrant'),
    VAGRANT_DOTFILE_PATH: cachePath('machines'),
    VAGRANT_DEFAULT_PROVIDER: 'libvirt',
    VAGRANT_CHECKPOINT_DISABLE: '1',
    RDC_STORAGE_POOL: poolName(),
    LIBVIRT_DEFAULT_URI: 'qemu:///system',
    XDG_CACHE_HOME: cacheRoot().replace(/\/rdc$/, ''),
  };
}

export function vagrantCommand(...args: string[]): string[] {
  return [...labPrefix(), 'vagrant', ...args, '--no-color', '--no-tty'];
}

/** Where disks lie: the hermetic lab's libvirt is all ours, in the system's we have a pool of our own. */
export function poolName(): string {
  return chooseLab() === 'system' ? 'rdc' : 'default';
}

/** libvirt's name of a machine. */
export function domainName(machine: string): string {
  return `rdc-${machine}`;
}

export async function virsh(...args: string[]): Promise<CommandResult> {
  const argv = [...labPrefix(), 'virsh', '-q', '-c', 'qemu:///system', ...args];
  return await runCommand(argv, { timeoutMs: 120_000, env: { LC_ALL: 'C' } });
}
