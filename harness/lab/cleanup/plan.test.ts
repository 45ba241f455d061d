import { describe, expect, test as it } from 'vitest';
import type { CacheState, Found } from './cache-state.ts';
import { planClean } from './plan.ts';

const day = 86_400_000;
const now = 1_000 * day;
const old = 'aaaaaaaaaaaa';
const today = 'bbbbbbbbbbbb';

const found = (name: string, ageDays = 2, bytes = 10): Found => ({
  name,
  bytes,
  paths: [`/cache/${name}`],
  changedAt: now - ageDays * day,
});
const machine = (name: string, stamp: string | undefined = 'now', isRunning = false) => ({
  ...found(name),
  stamp,
  isRunning,
});
const volume = (name: string, ageDays = 2) => ({ ...found(name, ageDays), backing: undefined });
const box = (release: string, digest: string) => `debian-${release}-amd64-${digest}`;
const image = (release: string, digest: string, at = 1) =>
  `rdc-VAGRANTSLASH-${box(release, digest)}_vagrant_box_image_0_${at}_box.img`;

const empty: CacheState = {
  now,
  machines: [],
  disks: [],
  volumes: [],
  boxes: [],
  vagrantBoxes: [],
  images: [],
  runs: [],
  logs: [],
  compiled: [],
  rests: [],
  latest: undefined,
  listed: new Map([
    ['debian-12', { stamp: 'now', box: box('12', today) }],
    ['debian-13', { stamp: 'now', box: box('13', today) }],
  ]),
  held: new Map(),
  heldRuns: new Map(),
};

function plan(state: Partial<CacheState>, options: { all?: boolean; olderThanDays?: number } = {}) {
  const { unused, kept } = planClean({ ...empty, ...state }, { all: false, olderThanDays: undefined, ...options });
  const names = (things: typeof unused) => things.map(({ kind, name }) => `${kind} ${name}`);
  return { unused: names(unused), kept: kept.map(({ kind, name, why }) => `${kind} ${name}: ${why}`) };
}

describe('machines', () => {
  it('a container that runs is named as one stops it', () => {
    expect(plan({ machines: [machine('debian-13.nspawn', 'now', true)] }).kept).toEqual([
      'machine debian-13.nspawn: running; stop it with ./rdc down debian-13 --provider nspawn',
    ]);
  });

  it('one that is made from what it was made from stays, one whose definition changed goes with its volume', () => {
    const state = {
      machines: [machine('debian-12', 'before'), machine('debian-13')],
      disks: [
        { ...found('debian-12'), backing: image('12', old) },
        { ...found('debian-13'), backing: image('13', old) },
      ],
      volumes: [volume(image('12', old)), volume(image('13', old)), volume(image('13', today))],
    };
    expect(plan(state)).toEqual({ unused: ['machine debian-12', `volume ${image('12', old)}`], kept: [] });
  });

  it('one that runs, is in use or is not listed stays, and says why', () => {
    const machines = [machine('debian-12', 'before', true), machine('debian-13', 'before'), machine('mine')];
    expect(plan({ machines, held: new Map([['debian-13', 'process 7']]) })).toEqual({
      unused: [],
      kept: [
        'machine debian-12: running; stop it with ./rdc down debian-12',
        'machine debian-13: in use by process 7',
        'machine mine: not in machines.json; --all removes it',
      ],
    });
  });

  it('one without a snapshot has nothing to start from', () => {
    const { stamp: _, ...killedAtBoot } = machine('debian-13');
    expect(plan({ machines: [{ ...killedAtBoot, stamp: undefined }] }).unused).toEqual(['machine debian-13']);
  });
});

describe('boxes', () => {
  const boxes = [found(box('12', old)), found(box('12', today)), found(box('11', old))];
  const vagrantBoxes = boxes.map((one) => ({ ...one, name: `rdc-VAGRANTSLASH-${one.name}` }));

  it('of an older state go, wherever they lie; those of today stay, and those of releases that are not listed', () => {
    expect(plan({ boxes, vagrantBoxes })).toEqual({
      unused: [`vagrant box rdc-VAGRANTSLASH-${box('12', old)}`, `box ${box('12', old)}`],
      kept: [
        `vagrant box rdc-VAGRANTSLASH-${box('11', old)}: no machine in machines.json uses it; --all removes it`,
        `box ${box('11', old)}: no machine in machines.json uses it; --all removes it`,
      ],
    });
  });

  it('a machine in use holds every box of its release; one that is not listed holds all of them, with --all too', () => {
    expect(plan({ boxes, held: new Map([['debian-13', 'process 7']]) }).unused).toEqual([`box ${box('12', old)}`]);
    expect(plan({ boxes, held: new Map([['debian-12', 'process 7']]) }).unused).toEqual([]);
    expect(plan({ boxes, held: new Map([['mine', 'process 7']]) }, { all: true }).unused).toEqual([]);
  });

  it('one that was just made may be of another checkout that is at work', () => {
    expect(plan({ boxes: [found(box('12', old), 0.01)] }).kept).toEqual([
      `box ${box('12', old)}: made less than an hour ago`,
    ]);
  });

  it('of two volumes of one box the newer stays, and whatever a disk is on, through a chain as well', () => {
    const [first, second] = [image('12', today, 1), image('12', today, 2)];
    expect(plan({ volumes: [volume(first, 3), volume(second, 2)] }).unused).toEqual([`volume ${first}`]);
    const chain = {
      machines: [machine('debian-12')],
      disks: [{ ...found('debian-12'), backing: image('12', old, 2) }],
      volumes: [{ ...volume(image('12', old, 2)), backing: image('12', old, 1) }, volume(image('12', old, 1))],
    };
    expect(plan(chain)).toEqual({ unused: [], kept: [] });
  });
});

describe('runs, images, logs', () => {
  const runs = Array.from({ length: 25 }, (_, index) =>
    found(`2026-11-${String(index + 1).padStart(2, '0')}T`, 25 - index),
  );

  it('the newest 20 runs stay; the latest and one being written stay whatever their age', () => {
    expect(plan({ runs }).unused).toHaveLength(5);
    expect(plan({ runs, latest: '2026-11-02T', heldRuns: new Map([['/cache/2026-11-03T', 'process 7']]) })).toEqual({
      unused: ['run 2026-11-05T', 'run 2026-11-04T', 'run 2026-11-01T'],
      kept: ['run 2026-11-03T: being written by process 7', 'run 2026-11-02T: the latest run'],
    });
    expect(plan({ runs }, { olderThanDays: 23 }).unused).toEqual(['run 2026-11-02T', 'run 2026-11-01T']);
    expect(plan({ runs, latest: '2026-11-25T' }, { olderThanDays: 0 }).unused).toHaveLength(24);
  });

  it('the image used last stays for each architecture, and what was used today', () => {
    const images = [found('amd64-1', 9), found('amd64-2', 3), found('amd64-3', 2), found('arm64-1', 50)];
    expect(plan({ images }).unused).toEqual(['fixture image amd64-1', 'fixture image amd64-2']);
    expect(plan({ images: [found('amd64-1', 0.5), found('amd64-2', 0)] }).unused).toEqual([]);
  });

  it('logs go with their age; what a dead process left goes', () => {
    const logs = [found('a.log', 31), found('b.log', 29)];
    expect(plan({ logs, rests: [found('lock of x')] }).unused).toEqual([
      'log a.log',
      'rest of a dead process lock of x',
    ]);
    expect(plan({ logs }, { olderThanDays: 7 }).unused).toEqual(['log a.log', 'log b.log']);
  });

  it('--all takes what can be made again, and no run', () => {
    const state = {
      machines: [machine('debian-12'), machine('mine')],
      disks: [{ ...found('debian-12'), backing: image('12', today) }],
      volumes: [volume(image('12', today))],
      boxes: [found(box('12', today))],
      images: [found('amd64-1')],
      compiled: [found('v24')],
      runs: [found('2026-11-01T')],
    };
    const { unused } = plan(state, { all: true });
    expect(unused).toEqual([
      'machine debian-12',
      'machine mine',
      `volume ${image('12', today)}`,
      `box ${box('12', today)}`,
      'fixture image amd64-1',
      'compiled v24',
    ]);
  });
});
