import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test as it } from 'vitest';
import { mustRun } from '../target-host/access/must-run.ts';
import type { RestartableTarget } from '../target-host/access/target.ts';
import type { HostFacts } from '../target-host/facts/host-facts.ts';
import { executor } from '../target-host/transport/executor.ts';
import { localTransport } from '../target-host/transport/local.ts';
import type { Inject } from './check.ts';
import { breaks, chmod, filtered, inOrder, isNamed, labelsOf, lifts, literalParts, rootScript } from './faults.ts';

const folder = mkdtempSync(join(tmpdir(), "rdc it's "));
const file = join(folder, 'file');
const machine = executor(localTransport());
// the list of changes goes to a home of its own, also where these tests are run by root
const home = mkdtempSync(join(tmpdir(), 'rdc-home-'));
const shell: typeof machine.shell = (script) => machine.shell(`id() { echo 1; }; HOME=${home}\n${script}`);
const local = { exec: machine.exec, shell };
const context = { target: { ...local, root: local } as unknown as RestartableTarget, host: {} as HostFacts };
const modeOf = () => (statSync(file).mode & 0o7777).toString(8);

beforeEach(() => {
  writeFileSync(file, 'tester:1:2\nother:3:4\n', { mode: 0o640 });
});

afterAll(() => {
  for (const one of [folder, home]) rmSync(one, { recursive: true, force: true });
});

it('a command that has to succeed, and does not, is an error of the harness', async () => {
  expect(await mustRun(local, 'echo a; echo b')).toBe('a\nb\n');
  await expect(mustRun(local, 'false\necho went on')).rejects.toMatchObject({
    code: 'COMMAND',
    message: '[COMMAND] command failed on the target with exit code 1: false',
  });
});

it('a mode goes back to what it was', async () => {
  const undo = await chmod('0666', () => file)(context);
  expect(modeOf()).toBe('666');
  await undo();
  expect(modeOf()).toBe('640');
});

describe('a filtered file', () => {
  it('keeps owner and mode, and gets its content back', async () => {
    const undo = await filtered(file, () => 'sed /^tester:/d')(context);
    expect(readFileSync(file, 'utf8')).toBe('other:3:4\n');
    expect(modeOf()).toBe('640');
    await undo();
    expect(readFileSync(file, 'utf8')).toBe('tester:1:2\nother:3:4\n');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('is not lost when the filter fails', async () => {
    await expect(filtered(file, () => 'no-such-filter')(context)).rejects.toMatchObject({ code: 'COMMAND' });
    expect(readFileSync(file, 'utf8')).toBe('tester:1:2\nother:3:4\n');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('several faults', () => {
  const logged = (log: string[], name: string): Inject => {
    return async () => {
      log.push(name);
      return async () => void log.push(`undo ${name}`);
    };
  };
  const broken: Inject = () => Promise.reject(new Error('cannot'));

  it('are taken back in the opposite order', async () => {
    const log: string[] = [];
    const undo = await inOrder(logged(log, 'a'), logged(log, 'b'))(context);
    await undo();
    expect(log).toEqual(['a', 'b', 'undo b', 'undo a']);
  });

  it('are taken back when a later one could not be applied', async () => {
    const log: string[] = [];
    await expect(inOrder(logged(log, 'a'), broken, logged(log, 'c'))(context)).rejects.toThrow('cannot');
    expect(log).toEqual(['a', 'undo a']);
  });
});

it('two scripts of root, made from the facts of the host', async () => {
  const host = { socket: file } as HostFacts;
  const fault = rootScript(
    ({ socket }) => `mv "${socket}" "${socket}.x"`,
    ({ socket }) => `mv "${socket}.x" "${socket}"`,
  );
  const undo = await fault({ ...context, host });
  expect(readdirSync(folder)).toEqual(['file.x']);
  await undo();
  expect(readdirSync(folder)).toEqual(['file']);
});

describe('what a fault breaks', () => {
  const inject: Inject = async () => async () => {};
  const shared = { name: 'the value is 2', inject, alsoBreaks: ['A-B'] };

  it('is given with a fault of its own or with a shared one', () => {
    const own = breaks('the value', 'the value is 2', inject, { at: 'set' });
    expect(own).toEqual({ name: 'the value is 2', inject, at: 'set', breaks: ['the value'] });
    expect(breaks(['one', 'other'], shared)).toEqual({ ...shared, breaks: ['one', 'other'] });
    expect(labelsOf(own)).toEqual(['the value']);
  });

  it('is of a limitation that it is found lifted', () => {
    const lifting = lifts('the start', shared);
    expect(lifting).toEqual({ ...shared, breaks: ['the start'], finding: 'lifted' });
    expect(labelsOf(lifting)).toEqual(['lifted: the start']);
  });

  it('stands in the sources but for the values', () => {
    expect(literalParts('opening * with {an ACL} as root')).toEqual(['opening ', ' with ', ' as root']);
  });

  it.each([
    ['mode of the socket', 'mode of the socket', true],
    ['mode of the socket', 'mode of the socket file', false],
    ['opening /dev/ttyS1 with an ACL', 'opening * with an ACL', true],
    ['opening /dev/ttyS1 with an ACL as root', 'opening * with an ACL', false],
    ['opening /dev/ttyS1 with an ACL', 'opening * with {an ACL}', true],
    ['opening /dev/ttyS1 with mode 666', 'opening * with {an ACL}', false],
    ['rules for iptables v1.8 (legacy)', 'rules for {iptables v*(legacy)}', true],
    ['lingering of tester', 'lingering of *', true],
    ['the lingering of tester', 'lingering of *', false],
    ['the answer on [::1] (port driver builtin)', 'the answer on [::1] (port driver *)', true],
    ['fs nr_open', 'fs.nr_open', false],
  ])('%s by the name %s: %s', (label, name, isSo) => {
    expect(isNamed(label, ['another', name])).toBe(isSo);
  });
});
