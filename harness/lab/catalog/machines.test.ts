import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test as it } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import { findMachine, readMachines, variantScript } from './machines.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-machines-'));
afterAll(() => rmSync(folder, { recursive: true }));

const good = {
  name: 'one',
  box: { build: { distribution: 'debian', release: '13' } },
  cpus: 2,
  memoryMiB: 2048,
  serialPorts: 2,
  provision: { channel: 'distro', recipe: 'rootless-debian' },
  verified: false,
};

function refusalOf(content: unknown): RdcError {
  const file = join(folder, 'machines.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  try {
    readMachines(file);
  } catch (error) {
    if (error instanceof RdcError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

it('the list of this checkout is valid and its default exists', () => {
  const machines = readMachines();
  expect(findMachine(machines, machines.default).name).toBe('debian-13');
});

it('every problem is listed at once, with its path and the allowed values', () => {
  const bad = {
    ...good,
    cpus: '2',
    serialPorts: 3,
    colour: 'red',
    box: { build: { distribution: 'debian', release: '14' } },
  };
  const { code, message } = refusalOf({ default: 'one', machines: [good, bad, {}] });
  expect(code).toBe('CONFIG');
  expect(message).toContain('/machines/1/cpus: must be integer, got "2"');
  expect(message).toContain('/machines/1/serialPorts: expected one of 0, 2, got 3');
  expect(message).toContain('/machines/1: unknown property "colour"; allowed: name, box,');
  expect(message).toContain(
    '/machines/1/box/build/release: expected one of 11, 12, 13, testing, 13-sysvinit, got "14"',
  );
  expect(message).toContain('/machines/2: "box" is missing');
});

it('what an entry does not say is in the defaults; a distribution is the short form of a recipe', () => {
  const { name, box, verified } = good;
  const file = join(folder, 'short.json');
  const defaults = { cpus: 2, memoryMiB: 2048, serialPorts: 2, channel: 'distro' };
  const entry = { name, box, distribution: 'debian', verified };
  writeFileSync(file, JSON.stringify({ default: 'one', defaults, machines: [entry] }));
  expect(readMachines(file).machines).toEqual([good]);
  const { message } = refusalOf({ default: 'one', machines: [{ ...entry, provision: good.provision }] });
  expect(message).toContain("/machines/0: 'cpus' is missing, here and in /defaults");
  expect(message).toContain("/machines/0: either 'distribution' or 'provision' is required");
});

it('verified is false or a date with versions, said in one line', () => {
  const { message } = refusalOf({ default: 'one', machines: [{ ...good, verified: true }] });
  expect(message.split('\n')).toHaveLength(2);
  expect(message).toContain('/machines/0/verified: expected false or {date, versions, judged? | part?}, got true');
});

it('a part of the suite is no measure for the whole', () => {
  const verified = { date: '2026-11-22', versions: {}, part: '27 checks: cgroups', judged: 27 };
  expect(refusalOf({ default: 'one', machines: [{ ...good, verified }] }).message).toContain('judged? | part?');
});

it('a box is of exactly one kind', () => {
  const box = { build: { distribution: 'debian', release: '13' }, image: 'https://example.org/a.qcow2' };
  expect(refusalOf({ default: 'one', machines: [{ ...good, box }] }).message).toContain(
    'expected exactly one kind of box',
  );
});

it.each([
  { box: { name: 'a/b', version: '1', url: 'file:///b.box', sha256: 'a'.repeat(64) } },
  { box: { image: 'https://example.org/a.qcow2', sha256: 'a'.repeat(64) } },
  { kernelArgs: 'systemd.unified_cgroup_hierarchy=0', variant: 'cgroup v1' },
  { verified: { date: '2026-11-22', versions: { 'docker.io': '26.1.5' } } },
  { verified: { date: '2026-11-22', versions: {}, judged: 37 } },
  { verified: { date: '2026-11-22', versions: {}, part: '27 checks: cgroups' } },
])('%o is a valid entry', (part) => {
  const file = join(folder, 'good.json');
  writeFileSync(file, JSON.stringify({ default: 'one', machines: [{ ...good, ...part }] }));
  expect(readMachines(file).machines).toHaveLength(1);
});

it('a sum that nobody would compare is refused', () => {
  const box = { name: 'a/b', version: '1', sha256: 'a'.repeat(64) };
  const { message } = refusalOf({ default: 'one', machines: [{ ...good, box }] });
  expect(message).toContain("/machines/0/box: 'sha256' needs 'url': it is the sum of one file");
});

it('kernel arguments hold nothing a shell or sed could trip over', () => {
  expect(refusalOf({ default: 'one', machines: [{ ...good, kernelArgs: 'quiet; reboot' }] }).message).toContain(
    'kernelArgs',
  );
});

it('a variant has a script', () => {
  const { message } = refusalOf({ default: 'one', machines: [{ ...good, variant: 'cgroup v3' }] });
  expect(message).toContain(
    "/machines/0/variant: 'cgroup v3' has no script in vms/provision/variants; allowed: beside-rootful, cgroup-v1,",
  );
  expect(refusalOf({ default: 'one', machines: [{ ...good, variant: '../base' }] }).message).toContain('must match');
});

it.each(readMachines().machines.filter(({ variant }) => variant !== undefined))(
  '$name: its script has both steps, and does the one that it is given',
  ({ variant }) => {
    const script = variantScript(variant ?? '');
    for (const step of ['make', 'prove']) expect(script).toMatch(new RegExp(`^${step}\\(\\) \\{`, 'm'));
    expect(script).toMatch(/^"\$1"\n$/m);
    const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);

it('names are unique and the default is one of them', () => {
  const { message } = refusalOf({ default: 'two', machines: [good, good] });
  expect(message).toContain("/machines/1/name: 'one' is already the name of another machine");
  expect(message).toContain("/default: 'two' is not a machine; allowed: one");
});

it('a file that is not JSON or not there is named', () => {
  expect(refusalOf('{').message).toContain(join(folder, 'machines.json'));
  expect(() => readMachines('/nonexistent/machines.json')).toThrow('/nonexistent/machines.json');
  expect(() => readMachines('/dev/zero')).toThrow('[CONFIG] /dev/zero cannot be read: not a regular file');
});

it('an unknown machine is answered with the known ones', () => {
  expect(() => findMachine(readMachines(), 'debian-99')).toThrow("unknown machine 'debian-99'; there are debian-11,");
});
