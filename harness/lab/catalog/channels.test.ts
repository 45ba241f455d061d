import { spawnSync } from 'node:child_process';
import { expect, test as it } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import { channels, inChannel, parseChannelName } from './channels.ts';
import { findMachine, type Machine, readMachines } from './machines.ts';
import { labNameOf, parseLabName } from './provider-names.ts';
import { provisionScripts, recipeEnvironment } from './recipes.ts';

const machines = readMachines();
const debian = findMachine(machines, 'debian-13');
const engine = { source: '/a', digest: 'd', programs: { dockerd: 'x' } };

it.each([
  ['debian-13', { machine: 'debian-13' }],
  ['debian-13.script', { machine: 'debian-13', channel: 'script' }],
  ['debian-13.engine', { machine: 'debian-13', channel: 'engine' }],
  ['debian-13.other', { machine: 'debian-13.other' }],
])('%s', (name, parts) => {
  expect(parseChannelName(name)).toEqual(parts);
});

it('a machine in its own channel is itself; in another it is another one, which nobody has verified', () => {
  expect(inChannel(debian, {})).toBe(debian);
  expect(inChannel(debian, { channel: 'distro' })).toBe(debian);
  const other = inChannel(debian, { channel: 'script' });
  expect(other).toMatchObject({ name: 'debian-13.script', verified: false, box: debian.box });
  expect(other.provision).toEqual({ channel: 'script', recipe: 'rootless-debian' });
  expect(inChannel(other, { channel: 'upstream' }).name).toBe('debian-13.upstream');
  expect(inChannel(debian, { channel: 'engine', engine })).toMatchObject({ name: 'debian-13.engine', engine });
});

it('its name is known wherever the name of a machine is, with its provider', () => {
  expect(findMachine(machines, 'debian-13.script')).toEqual(inChannel(debian, { channel: 'script' }));
  expect(() => findMachine(machines, 'debian-99.script')).toThrow("unknown machine 'debian-99.script'");
  const labName = labNameOf('debian-13.script', 'nspawn');
  expect(labName).toBe('debian-13.script.nspawn');
  expect(parseLabName(labName)).toEqual({ machine: 'debian-13.script', provider: 'nspawn' });
  expect(parseLabName('debian-13.script')).toEqual({ machine: 'debian-13.script', provider: 'libvirt' });
});

const recipeOf = (machine: Machine) =>
  Object.entries(provisionScripts(machine)).find(([name]) => name.startsWith('rootless')) ?? ['', ''];

it.each(channels.map((channel) => ({ channel })))(
  '$channel has one script that a POSIX shell can read',
  ({ channel }) => {
    const [name, text] = recipeOf(inChannel(debian, { channel, ...(channel === 'engine' ? { engine } : {}) }));
    expect(name).toBe(channel === 'distro' ? 'rootless.sh' : `rootless-${channel}.sh`);
    expect(text).toContain('close_login() {');
    expect(spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  },
);

it('where the engine goes to is for its script', () => {
  expect(recipeEnvironment(inChannel(debian, { channel: 'engine', engine }))).not.toHaveProperty('RDC_ENGINE_PREFIX');
  const elsewhere = inChannel(debian, { channel: 'engine', engine: { ...engine, prefix: '/usr/bin' } });
  expect(recipeEnvironment(elsewhere)).toMatchObject({ RDC_ENGINE_PREFIX: '/usr/bin' });
});

it.each([
  ['alpine', 'script', '"prerequisites"'],
  ['opensuse', 'upstream', '"upstream"'],
] as const)('%s by %s is refused: nothing is described', (recipe, channel, lacks) => {
  const machine = inChannel({ ...debian, provision: { channel: 'distro', recipe: `rootless-${recipe}` } }, { channel });
  const refused = () => provisionScripts(machine);
  expect(refused).toThrow(RdcError);
  expect(refused).toThrow(`[CONFIG] debian-13.${channel}: channel ${channel} is not described for rootless-${recipe}`);
  expect(refused).toThrow(expect.objectContaining({ hint: expect.stringContaining(lacks) }));
});
