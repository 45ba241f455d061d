import type { CacheEntry, CacheState, Found, FoundMachine, FoundVolume } from './cache-state.ts';

export type CleanOptions = {
  /** everything that can be made again, also what is in order; runs are not among it */
  readonly all: boolean;
  /** runs and logs older than this many days, instead of runs beyond the newest `keptRuns` and logs of `logDays` */
  readonly olderThanDays: number | undefined;
};

export type CleanPlan = { readonly unused: readonly CacheEntry[]; readonly kept: readonly CacheEntry[] };

const keptRuns = 20;
const logDays = 30;
const dayMs = 86_400_000;
/** What a process of another checkout is at work with may not be held by any lock yet. */
const graceMs = 3_600_000;

type Verdict = { readonly goes: boolean; readonly why: string };
const goes = (why: string): Verdict => ({ goes: true, why });
const stays = (why: string): Verdict => ({ goes: false, why });

/** Pure: what of the world is needed by nobody, and what only looks like it. */
export function planClean(world: CacheState, options: CleanOptions): CleanPlan {
  const machines = world.machines.map((one) => judged('machine', one, ofMachine(one, world, options)));
  const goneDisks = new Set(machines.filter(({ goes }) => goes).map(({ thing }) => thing.name));
  const backed = backingOf(world, goneDisks);
  const boxes = (kind: 'box' | 'vagrant box', found: readonly Found[]) =>
    found.map((one) => judged(kind, one, ofBox(one, world, options)));
  const all = [
    ...machines,
    ...world.volumes.map((one) => judged('volume', one, ofVolume(one, backed, world, options))),
    ...boxes('vagrant box', world.vagrantBoxes),
    ...boxes('box', world.boxes),
    ...ofImages(world, options),
    ...ofRuns(world, options),
    ...world.logs.map((one) => judged('log', one, ofAge(one, world, options.olderThanDays ?? logDays))),
    ...world.compiled.map((one) => judged('compiled', one, options.all ? goes('--all') : ofAge(one, world, logDays))),
    ...world.rests.map((one) => judged('rest of a dead process', one, goes('nothing is at work with it'))),
  ];
  return {
    unused: all.filter(({ goes }) => goes).map(({ thing }) => thing),
    kept: all.filter(({ goes, thing }) => !goes && thing.why !== '').map(({ thing }) => thing),
  };
}

function judged(kind: CacheEntry['kind'], { name, bytes, paths }: Found, verdict: Verdict) {
  const thing: CacheEntry = { kind, name, bytes, paths, why: verdict.why };
  return { goes: verdict.goes, thing };
}

function ofMachine(one: FoundMachine, world: CacheState, { all }: CleanOptions): Verdict {
  const holder = world.held.get(one.name);
  if (holder !== undefined) return stays(`in use by ${holder}`);
  if (one.isRunning) return stays(`it runs: ./rdc down ${one.name}`);
  if (all) return goes('--all');
  const listed = world.listed.get(one.name);
  if (!listed) return stays('machines.json does not list it: --all');
  if (one.stamp === undefined) return goes('it has no snapshot to start from');
  return one.stamp === listed.stamp ? stays('') : goes('what it is made from has changed since its snapshot');
}

/** Volumes that disks stay on: their own base, and whatever that stands on. */
function backingOf({ disks, volumes }: CacheState, goneDisks: ReadonlySet<string>): ReadonlySet<string> {
  const needed = new Set<string>();
  for (const disk of disks) {
    if (goneDisks.has(disk.name)) continue;
    for (let base = disk.backing; base !== undefined && !needed.has(base); ) {
      needed.add(base);
      const next = base;
      base = volumes.find(({ name }) => name === next)?.backing;
    }
  }
  return needed;
}

/** `debian-13-amd64` of `debian-13-amd64-1a2b3c`, of its Vagrant box and of its volume. */
function familyOf(name: string): string {
  return boxOf(name).replace(/-[0-9a-f]{12}$/, '');
}

/** The name of the box that a Vagrant box or a volume was made of. */
function boxOf(name: string): string {
  return name.replace(/^rdc-VAGRANTSLASH-/, '').replace(/_vagrant_box_image_.*$/, '');
}

function ofBox(one: Found, world: CacheState, { all }: CleanOptions): Verdict {
  const family = familyOf(one.name);
  const holder = holderOfFamily(family, world);
  if (holder !== undefined) return stays(holder);
  if (all) return goes('--all');
  const current = [...world.listed.values()].map(({ box }) => box);
  if (current.includes(boxOf(one.name))) return stays('');
  if (!current.some((box) => familyOf(box) === family)) return stays('no machine of machines.json has one: --all');
  if (world.now - one.changedAt < graceMs) return stays('made less than an hour ago');
  return goes('of an older state of what boxes are built from');
}

/** A machine in use holds the boxes of its kind, whichever it is made of; one that is not listed may be made of any. */
function holderOfFamily(family: string, { held, listed }: CacheState): string | undefined {
  for (const [machine, owner] of held) {
    const box = listed.get(machine)?.box;
    if (box === undefined || familyOf(box) === family) return `${machine} is in use by ${owner}`;
  }
  return undefined;
}

function ofVolume(one: FoundVolume, backed: ReadonlySet<string>, world: CacheState, options: CleanOptions): Verdict {
  if (backed.has(one.name)) return stays(options.all ? 'a machine that stays has its disk on it' : '');
  const asBox = ofBox(one, world, options);
  if (asBox.goes || asBox.why !== '') return asBox;
  const newest = world.volumes
    .filter(({ name }) => boxOf(name) === boxOf(one.name))
    .toSorted((a, b) => b.changedAt - a.changedAt)[0];
  return newest?.name === one.name ? stays('') : goes('an older copy of the same box, with no disk on it');
}

/** Who uses an image touches it. The one used last stays for each architecture, and what was used within the day. */
function ofImages({ images, now }: CacheState, { all }: CleanOptions) {
  const arch = ({ name }: Found) => name.split('-')[0];
  return images.map((one) => {
    const isLast = !images.some((other) => arch(other) === arch(one) && other.changedAt > one.changedAt);
    if (now - one.changedAt < graceMs) return judged('fixture image', one, stays(all ? 'used within the hour' : ''));
    if (all) return judged('fixture image', one, goes('--all'));
    const isRecent = isLast || now - one.changedAt < dayMs;
    return judged('fixture image', one, isRecent ? stays('') : goes('a newer one is in use'));
  });
}

function ofRuns({ runs, heldRuns, latest, now }: CacheState, { olderThanDays }: CleanOptions) {
  const newestFirst = runs.toSorted((a, b) => b.name.localeCompare(a.name));
  return newestFirst.map((one, index) => {
    const holder = one.paths.map((path) => heldRuns.get(path)).find((owner) => owner !== undefined);
    if (holder !== undefined) return judged('run', one, stays(`being written by ${holder}`));
    const isOld = olderThanDays === undefined ? index >= keptRuns : now - one.changedAt > olderThanDays * dayMs;
    if (!isOld) return judged('run', one, stays(''));
    if (one.name === latest) return judged('run', one, stays('the latest run'));
    return judged('run', one, goes(olderThanDays === undefined ? `beyond the newest ${keptRuns}` : ageWords(one, now)));
  });
}

function ofAge(one: Found, { now }: CacheState, days: number): Verdict {
  return now - one.changedAt > days * dayMs ? goes(ageWords(one, now)) : stays('');
}

function ageWords({ changedAt }: Found, now: number): string {
  return `${Math.floor((now - changedAt) / dayMs)} days old`;
}
