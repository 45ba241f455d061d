import { asArguments } from '../catalog/provider-names.ts';
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
/** A process of another checkout may be using something before it holds a lock. */
const graceMs = 3_600_000;

type Verdict = { readonly goes: boolean; readonly why: string };
const goes = (why: string): Verdict => ({ goes: true, why });
const stays = (why: string): Verdict => ({ goes: false, why });

/** Pure: what in the cache nobody needs, and what only looks so. */
export function planClean(state: CacheState, options: CleanOptions): CleanPlan {
  const machines = state.machines.map((one) => judged('machine', one, ofMachine(one, state, options)));
  const goneDisks = new Set(machines.filter(({ goes }) => goes).map(({ thing }) => thing.name));
  const backed = backingOf(state, goneDisks);
  const boxes = (kind: 'box' | 'vagrant box', found: readonly Found[]) =>
    found.map((one) => judged(kind, one, ofBox(one, state, options)));
  const all = [
    ...machines,
    ...state.volumes.map((one) => judged('volume', one, ofVolume(one, backed, state, options))),
    ...boxes('vagrant box', state.vagrantBoxes),
    ...boxes('box', state.boxes),
    ...ofImages(state, options),
    ...ofRuns(state, options),
    ...state.logs.map((one) => judged('log', one, ofAge(one, state, options.olderThanDays ?? logDays))),
    ...state.compiled.map((one) => judged('compiled', one, options.all ? goes('--all') : ofAge(one, state, logDays))),
    ...state.rests.map((one) => judged('rest of a dead process', one, goes('no process uses it'))),
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

function ofMachine(one: FoundMachine, state: CacheState, { all }: CleanOptions): Verdict {
  const holder = state.held.get(one.name);
  if (holder !== undefined) return stays(`in use by ${holder}`);
  if (one.isRunning) return stays(`running; stop it with ./rdc down ${asArguments(one.name)}`);
  if (all) return goes('--all');
  const listed = state.listed.get(one.name);
  if (!listed) return stays('not in machines.json; --all removes it');
  if (one.stamp === undefined) return goes('no snapshot');
  return one.stamp === listed.stamp ? stays('') : goes('its definition changed since the snapshot');
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

function ofBox(one: Found, state: CacheState, { all }: CleanOptions): Verdict {
  const family = familyOf(one.name);
  const holder = holderOfFamily(family, state);
  if (holder !== undefined) return stays(holder);
  if (all) return goes('--all');
  const current = [...state.listed.values()].map(({ box }) => box);
  if (current.includes(boxOf(one.name))) return stays('');
  if (!current.some((box) => familyOf(box) === family))
    return stays('no machine in machines.json uses it; --all removes it');
  if (state.now - one.changedAt < graceMs) return stays('made less than an hour ago');
  return goes('built from an older definition');
}

/** A machine in use holds the boxes of its kind, whichever it is made of; one that is not listed may be made of any. */
function holderOfFamily(family: string, { held, listed }: CacheState): string | undefined {
  for (const [machine, owner] of held) {
    const box = listed.get(machine)?.box;
    if (box === undefined || familyOf(box) === family) return `${machine} is in use by ${owner}`;
  }
  return undefined;
}

function ofVolume(one: FoundVolume, backed: ReadonlySet<string>, state: CacheState, options: CleanOptions): Verdict {
  if (backed.has(one.name)) return stays(options.all ? 'in use by the disk of a machine that stays' : '');
  const asBox = ofBox(one, state, options);
  if (asBox.goes || asBox.why !== '') return asBox;
  const newest = state.volumes
    .filter(({ name }) => boxOf(name) === boxOf(one.name))
    .toSorted((a, b) => b.changedAt - a.changedAt)[0];
  return newest?.name === one.name ? stays('') : goes('older copy of the same box, unused');
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
