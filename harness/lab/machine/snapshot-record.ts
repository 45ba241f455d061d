import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cachePath, cacheRoot, checkout } from '../../this-machine/paths.ts';
import { type Machine, variantScript } from '../catalog/machines.ts';
import { distributionOf, provisionScripts } from '../catalog/recipes.ts';
import type { MachineAccel } from '../setup/acceleration.ts';

/** What is known of a machine whose snapshot can be restored. */
export type MachineRecord = {
  /** digest of everything the machine was made from */
  readonly stamp: string;
  readonly host: string;
  readonly port: number;
  readonly hostKeys: readonly string[];
  readonly machineId: string;
  readonly accel: MachineAccel;
  readonly savedAt: string;
};

function recordFile(name: string): string {
  return join(cacheRoot(), 'machines', `${name}.json`);
}

export function readRecord(name: string): MachineRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile(name), 'utf8')) as MachineRecord;
    return typeof record.stamp === 'string' && Array.isArray(record.hostKeys) ? record : undefined;
  } catch {
    return undefined;
  }
}

export function writeRecord(name: string, record: MachineRecord): void {
  writeFileSync(cachePath('machines', `${name}.json.part`), JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(`${recordFile(name)}.part`, recordFile(name));
}

export function forgetRecord(name: string): void {
  rmSync(recordFile(name), { force: true });
  rmSync(join(cacheRoot(), 'machines', `${name}.known_hosts`), { force: true });
}

/** A digest over named parts, in which no part can be mistaken for a piece of another. */
export function stampOf(parts: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(parts).sort()) {
    const text = parts[name] ?? '';
    hash.update(`${name}\0${Buffer.byteLength(text)}\0${text}`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** What has the Vagrantfile's part for a container. */
const containerSources = ['nspawn-provider.ts', '../nspawn/root-tree.ts', '../nspawn/machine.sh'].map((file) =>
  join(import.meta.dirname, file),
);

/**
 * Changes whenever a machine made now would differ from one made before. What only variants run (their scripts, and
 * lines of the Vagrantfile that say so) is no part of the others: another variant is no reason to boot those anew.
 */
export function machineStamp(machine: Machine, box: string, accel: MachineAccel): string {
  const { sha256 } = machine.box;
  const { engine } = machine;
  // an image is the same wherever its file lies
  const from = machine.box.image === undefined ? {} : { box: { sha256 } };
  const vagrantfile = readFileSync(join(checkout, 'Vagrantfile'), 'utf8');
  const made =
    accel === 'none'
      ? { Vagrantfile: '', container: containerSources.map((file) => readFileSync(file, 'utf8')).join('') }
      : { Vagrantfile: machine.variant === undefined ? withoutVariants(vagrantfile) : vagrantfile };
  const parts: Record<string, string> = {
    ...made,
    // a run that judged the machine changes `verified`, not the machine
    machine: JSON.stringify({
      ...machine,
      ...from,
      ...(engine && { engine: engineIdentity(engine) }),
      verified: false,
    }),
    distribution: JSON.stringify(distributionOf(machine)),
    box: basename(box),
    accel,
  };
  for (const [script, text] of Object.entries(provisionScripts(machine))) parts[`provision/${script}`] = text;
  if (machine.variant !== undefined) parts.variant = variantScript(machine.variant);
  return stampOf(parts);
}

/** The same wherever its folder lies, and whatever its programs were read for. */
function engineIdentity({ digest, prefix }: NonNullable<Machine['engine']>) {
  return { digest, prefix };
}

/** Without the lines that end in `# variants only`: none of them may do anything for a machine without a variant. */
export function withoutVariants(vagrantfile: string): string {
  return vagrantfile.replaceAll(/^.* # variants only\n/gm, '');
}
