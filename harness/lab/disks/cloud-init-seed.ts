import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RdcError } from '../../messages/errors.ts';
import { type CommandResult, runCommand } from '../../this-machine/run-command.ts';

const keyTypes = ['ed25519', 'ecdsa'] as const;

export type HostKeyPair = {
  readonly type: (typeof keyTypes)[number];
  readonly secret: string;
  readonly public: string;
};

/** Host keys made here, so that a machine is known before it was ever met. */
export async function makeHostKeys(folder: string): Promise<HostKeyPair[]> {
  const pairs: HostKeyPair[] = [];
  for (const type of keyTypes) {
    const file = join(folder, `host_${type}`);
    expectDone(await runCommand(['ssh-keygen', '-q', '-t', type, '-N', '', '-C', '', '-f', file]), 'ssh-keygen');
    pairs.push({ type, secret: readFileSync(file, 'utf8'), public: readFileSync(`${file}.pub`, 'utf8').trim() });
  }
  return pairs;
}

/**
 * cloud-init's user-data (JSON is YAML): the one account that Vagrant logs in with, by the lab's key, and host keys.
 * What the image says of where packages come from stays as it is.
 */
export function userData(publicKey: string, hostKeys: readonly HostKeyPair[]): string {
  const config = {
    users: [
      {
        name: 'vagrant',
        shell: '/bin/bash',
        sudo: 'ALL=(ALL) NOPASSWD:ALL',
        lock_passwd: true,
        ssh_authorized_keys: [publicKey],
      },
    ],
    // tester, other and root get the same key by vms/provision/base.sh; cloud-init would bar root
    disable_root: false,
    ssh_pwauth: false,
    ssh_keys: Object.fromEntries(
      hostKeys.flatMap(({ type, secret, public: shown }) => [
        [`${type}_private`, secret],
        [`${type}_public`, shown],
      ]),
    ),
    manage_etc_hosts: 'localhost',
    apt: { preserve_sources_list: true },
    package_update: false,
    package_upgrade: false,
    // Alpine's images lack what Vagrant starts a command with
    bootcmd: [['sh', '-c', 'command -v bash && command -v sudo || apk add bash sudo || true']],
  };
  return `#cloud-config\n${JSON.stringify(config, null, 2)}\n`;
}

/** A FAT disk called CIDATA with the two files that cloud-init's NoCloud source looks for; as qcow2, for libvirt. */
export async function makeSeed(folder: string, files: { userData: string; instance: string }): Promise<string> {
  const parts = join(folder, 'seed');
  mkdirSync(parts, { mode: 0o700 });
  writeFileSync(join(parts, 'user-data'), files.userData, { mode: 0o600 });
  writeFileSync(join(parts, 'meta-data'), `instance-id: ${files.instance}\n`);
  const raw = join(folder, 'seed.raw');
  const seed = join(folder, 'seed.img');
  expectDone(await runCommand(['mformat', '-C', '-f', '1440', '-v', 'CIDATA', '-i', raw, '::']), 'mformat');
  const put = ['mcopy', '-i', raw, join(parts, 'user-data'), join(parts, 'meta-data'), '::'];
  expectDone(await runCommand(put), 'mcopy');
  expectDone(await runCommand(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, seed]), 'qemu-img');
  return seed;
}

function expectDone({ exitCode, stderr }: CommandResult, what: string): void {
  if (exitCode !== 0)
    throw new RdcError('BOX', `cannot create the cloud-init seed: ${what}: ${stderr.trim().slice(0, 200)}`, {
      hint: './rdc doctor',
    });
}
