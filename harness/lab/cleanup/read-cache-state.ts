import { lstatSync, readlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { runEntries } from '../../this-machine/active-runs.ts';
import { describeOwner, lockOwner } from '../../this-machine/locks.ts';
import { cacheRoot } from '../../this-machine/paths.ts';
import { isOfDeadProcess } from '../../this-machine/process-identity.ts';
import { labNameOf, parseLabName, providerNames } from '../catalog/provider-names.ts';
import { boxIdentity } from '../disks/box.ts';
import { backingFileOf } from '../disks/qcow2.ts';
import { imageMachines } from '../machine/image-machine.ts';
import { knownMachines } from '../machine/known-machines.ts';
import { runningMachines } from '../machine/providers.ts';
import { machineStamp, readRecord } from '../machine/snapshot-record.ts';
import { containerFolder, knownContainers } from '../nspawn/containers.ts';
import { type MachineAccel, rememberedAccel } from '../setup/acceleration.ts';
import { findAbandonedMachines } from './abandoned-machines.ts';
import type { CacheState, Found, FoundMachine, FoundVolume } from './cache-state.ts';
import { diskUsage, entriesOf } from './disk-usage.ts';

const hourMs = 3_600_000;
const isBaseVolume = (name: string) => name.includes('-VAGRANTSLASH-');
/** The images of the hermetic lab; those of the system's libvirt are its own matter. */
const imagesFolder = () => join(cacheRoot(), 'libvirt', 'var', 'images');

/** Reads the cache, the runs in `outFolder` and who is using them. Throws LAB if libvirt should answer and does not. */
export async function readCacheState(outFolder: string): Promise<CacheState> {
  const listed = await listedMachines();
  const running = await runningMachines();
  const images = entriesIn(imagesFolder()).filter(({ name }) => name.endsWith('.img'));
  const disks = images.filter(({ name }) => !isBaseVolume(name) && name.startsWith('rdc-')).map(asDisk);
  const machines = machineNames(disks).map((name): FoundMachine => foundMachine(name, running));
  const names = new Set([...listed.keys(), ...machines.map(({ name }) => name)]);
  const cache = (folder: string) => entriesIn(join(cacheRoot(), folder));
  return {
    now: Date.now(),
    machines,
    disks,
    volumes: images.filter(({ name }) => isBaseVolume(name)).map(withBacking),
    boxes: [...boxesIn(cache('boxes')), ...cache('nspawn/trees').filter(({ name }) => !name.startsWith('.'))],
    vagrantBoxes: cache('vagrant/boxes').filter(({ name }) => name.startsWith('rdc-VAGRANTSLASH-')),
    images: cache('images').filter(({ name }) => /^\w+-[0-9a-f]{16}$/.test(name)),
    runs: entriesIn(outFolder).filter(({ name }) => /^\d{4}-\d\d-\d\dT[\dA-Za-z-]+$/.test(name)),
    logs: [...cache('logs'), ...cache('consoles'), ...cache('libvirt/log/qemu')].filter(
      ({ name }) => name.endsWith('.log') && !running.has(basename(name, '.log').replace(/^rdc-/, '')),
    ),
    compiled: cache('compile'),
    rests: [
      ...draftsIn(cache),
      ...cache('sockets').filter(({ name }) => isOfDeadProcess(name)),
      ...deadRunEntries(),
      ...(await deadLocksFound()),
    ],
    latest: latestOf(outFolder),
    listed,
    held: new Map([...names].flatMap((name) => holderOf(name))),
    heldRuns: new Map(runEntries().flatMap(({ owner, folder }) => (owner ? [[folder, describeOwner(owner)]] : []))),
  };
}

/** Every name whose lock `rdc clean` has to have before it removes anything. */
export function lockNames(): string[] {
  const found = entriesIn(imagesFolder()).filter(({ name }) => name.startsWith('rdc-') && !isBaseVolume(name));
  const known = knownMachines().machines.flatMap(({ name }) => providerNames.map((one) => labNameOf(name, one)));
  return [...new Set([...known, ...machineNames(found.map(asDisk))])];
}

async function listedMachines(): Promise<CacheState['listed']> {
  const listed = new Map<string, { stamp: string; box: string }>();
  const made = new Set(imageMachines().map(({ name }) => name));
  for (const machine of knownMachines().machines) {
    // nobody has brought its image yet: there is nothing of it to keep or to remove
    if (machine.box.image !== undefined && !made.has(machine.name)) continue;
    const box = await boxIdentity(machine);
    // where no kernel was booted yet to find out, the snapshot's own word is as good as any
    const accel = rememberedAccel()?.accel ?? readRecord(machine.name)?.accel ?? 'tcg';
    const of = (how: MachineAccel) => ({ stamp: machineStamp(machine, box, how), box: basename(box, '.box') });
    listed.set(machine.name, of(accel));
    listed.set(labNameOf(machine.name, 'nspawn'), of('none'));
  }
  return listed;
}

function entriesIn(folder: string): Found[] {
  return entriesOf(folder).map(({ name }) => found(join(folder, name)));
}

function found(path: string): Found {
  const changedAt = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return { name: basename(path), bytes: diskUsage(path), paths: [path], changedAt };
}

function withBacking(volume: Found): FoundVolume {
  const backing = volume.paths.map(backingFileOf)[0];
  return { ...volume, backing: backing === undefined ? undefined : basename(backing) };
}

function asDisk(disk: Found): FoundVolume {
  return { ...withBacking(disk), name: disk.name.replace(/^rdc-/, '').replace(/\.img$/, '') };
}

function machineNames(disks: readonly Found[]): string[] {
  const machines = join(cacheRoot(), 'machines');
  const records = entriesOf(machines).flatMap(({ name }) => (name.endsWith('.json') ? [basename(name, '.json')] : []));
  const ofVagrant = entriesOf(join(machines, 'machines')).map(({ name }) => name);
  const containers = knownContainers().map((name) => labNameOf(name, 'nspawn'));
  return [...new Set([...records, ...ofVagrant, ...containers, ...disks.map(({ name }) => name)])].sort();
}

/** Everything of a machine that lies in the cache, in the hermetic lab's libvirt too. */
function pathsOfMachine(name: string): string[] {
  const root = cacheRoot();
  const { machine, provider } = parseLabName(name);
  return [
    ...(provider === 'nspawn' ? [containerFolder(machine)] : []),
    join(root, 'machines', `${name}.json`),
    join(root, 'machines', `${name}.known_hosts`),
    join(root, 'machines', 'machines', name),
    join(root, 'consoles', `${name}.log`),
    join(imagesFolder(), `rdc-${name}.img`),
    join(root, 'libvirt', 'etc', 'qemu', `rdc-${name}.xml`),
    join(root, 'libvirt', 'var', 'qemu', 'snapshot', `rdc-${name}`),
  ].filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

function foundMachine(name: string, running: ReadonlySet<string>): FoundMachine {
  const paths = pathsOfMachine(name);
  const bytes = paths.reduce((sum, path) => sum + diskUsage(path), 0);
  return { name, bytes, paths, changedAt: 0, stamp: readRecord(name)?.stamp, isRunning: running.has(name) };
}

/** A box and the list of its packages are one thing. */
function boxesIn(files: readonly Found[]): Found[] {
  const parts = files.filter(({ name }) => /-[0-9a-f]{12}\.(box|json)$/.test(name));
  return [...Map.groupBy(parts, ({ name }) => name.replace(/\.(box|json)$/, ''))].map(([name, same]) => ({
    name,
    bytes: same.reduce((sum, { bytes }) => sum + bytes, 0),
    paths: same.flatMap(({ paths }) => paths),
    changedAt: Math.max(...same.map(({ changedAt }) => changedAt)),
  }));
}

function holderOf(name: string): [string, string][] {
  const owner = lockOwner(name);
  return owner && owner.pid !== process.pid ? [[name, describeOwner(owner)]] : [];
}

/** What was being written when its writer was killed; a build of a box may take half an hour. */
function draftsIn(cache: (folder: string) => Found[]): Found[] {
  const isDraft = ({ name, changedAt }: Found) =>
    Date.now() - changedAt > 2 * hourMs &&
    (/^\.(tmp|build|busybox)-.*[A-Za-z0-9]{6}$/.test(name) || name.endsWith('.part') || /\.lock\.\w+$/.test(name));
  return ['boxes', 'engines', 'images', 'machines', 'lab', 'nspawn/trees'].flatMap((folder) =>
    cache(folder).filter(isDraft),
  );
}

function deadRunEntries(): Found[] {
  return runEntries().flatMap(({ file, owner }) => (owner ? [] : [found(file)]));
}

async function deadLocksFound(): Promise<Found[]> {
  return (await findAbandonedMachines()).map(({ name, owner, isRunning }) => ({
    ...found(join(cacheRoot(), 'machines', `${name}.lock`)),
    name: `lock of ${name} (process ${owner?.pid ?? 'unknown'}${isRunning ? '; its machine runs' : ''})`,
  }));
}

function latestOf(outFolder: string): string | undefined {
  try {
    return basename(resolve(outFolder, readlinkSync(join(outFolder, 'latest'))));
  } catch {
    return undefined;
  }
}
