import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test as it } from 'vitest';
import { type Executor, executor } from '../target-host/transport/executor.ts';
import { localTransport } from '../target-host/transport/local.ts';
import { changeFile, forgetChanges, setAside } from './set-aside.ts';

const machine = executor(localTransport());
const atHome = mkdtempSync(join(tmpdir(), 'rdc-home-'));
afterAll(() => rmSync(atHome, { recursive: true }));

/** A user of this machine at home elsewhere, also where these tests are run by root: the list of changes is there. */
const person = (name: string): Executor => ({
  exec: machine.exec,
  shell: (script) => machine.shell(`${livesAt(join(atHome, name))}\n${script}`),
});
const livesAt = (home: string) => `mkdir -p ${home}; id() { echo 1; }; HOME=${home}`;
const local = person('me');
const original = 'tester:1:2\nother:3:4\n';
let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rdc it's "));
  file = join(folder, 'file');
  writeFileSync(file, original, { mode: 0o640 });
});
beforeEach(forgetChanges);
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (path = file) => readFileSync(path, 'utf8');

/** A shell that is killed before its n-th command, as by a power cut; `isWhole` when it had fewer. */
function killedBefore(n: number): Executor & { readonly isWhole: () => boolean } {
  let isWhole = false;
  const shell: Executor['shell'] = async (script) => {
    const trap = `set -T; n=0; trap 'n=$((n+1)); [ $n -lt ${n} ] || kill -9 $$' DEBUG`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', `${livesAt(join(atHome, 'me'))}\n${trap}\n${script}`], {
      encoding: 'utf8',
    });
    isWhole = status === 0;
    return { code: status ?? 0, stdout, stderr, durationMs: 1, truncated: false };
  };
  return { shell, exec: local.exec, isWhole: () => isWhole };
}

describe('a changed file', () => {
  it('keeps owner and mode, and gets its content back', async () => {
    const { ino } = statSync(file);
    const undo = await changeFile(local, file, 'sed /^tester:/d');
    expect(text()).toBe('other:3:4\n');
    expect([statSync(file).mode & 0o777, statSync(file).ino]).toEqual([0o640, ino]);
    await undo();
    expect(text()).toBe(original);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('that is a link stays one, and the file behind it gets its content back', async () => {
    const link = join(folder, 'link');
    symlinkSync('file', link);
    const undo = await changeFile(local, link, 'cat; echo more');
    expect(text()).toBe(`${original}more\n`);
    await undo();
    expect(text()).toBe(original);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('that was not there is gone again, with the folder that was made for it', async () => {
    const absent = join(folder, 'docker', 'daemon.json');
    // a run that was killed, and the next
    await changeFile(local, absent, 'echo {}');
    forgetChanges();
    const undo = await changeFile(local, absent, (before) => `after ${before || 'nothing'}`);
    expect(text(absent)).toBe('after nothing');
    await undo();
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('that somebody takes away meanwhile is there again, with its mode', async () => {
    const undo = await changeFile(local, file, 'echo');
    rmSync(file);
    await undo();
    expect([text(), statSync(file).mode & 0o777]).toEqual([original, 0o640]);
  });

  it('is as it was when the filter fails', async () => {
    await expect(changeFile(local, file, 'no-such-filter')).rejects.toMatchObject({ code: 'COMMAND' });
    expect([text(), readdirSync(folder)]).toEqual([original, ['file']]);
  });
});

describe('what a killed run left', () => {
  it.each([
    ['a file', true],
    ['a file that was not there', false],
  ])('is put back first, wherever it was killed: %s', async (_name, isThere) => {
    const change = (as: Executor, word: string) => changeFile(as, file, `cat; echo ${word}`);
    for (let n = 1; n < 200; n++) {
      if (isThere) writeFileSync(file, original);
      else rmSync(file, { force: true });
      const killed = killedBefore(n);
      const undone = await change(killed, 'first').catch(() => null);
      if (undone) await undone().catch(() => {});
      forgetChanges();
      const undo = await change(local, 'second');
      expect(text(), `killed before command ${n}`).toBe(`${isThere ? original : ''}second\n`);
      await undo();
      expect(existsSync(file) ? text() : null, `killed before command ${n}`).toBe(isThere ? original : null);
      expect(readdirSync(folder)).toEqual(isThere ? ['file'] : []);
      if (undone && killed.isWhole()) return;
    }
    throw new Error('the change has no end');
  });

  it.each(['a program', 'a link'])('is the very one, wherever it was killed: %s', async (kind) => {
    const program = join(folder, 'program');
    if (kind === 'a link') symlinkSync('file', program);
    else writeFileSync(program, '#!/bin/sh\necho original\n', { mode: 0o755 });
    if (kind === 'a program') chmodSync(program, 0o4755);
    const { ino, mode } = lstatSync(program);
    for (let n = 1; n < 200; n++) {
      const killed = killedBefore(n);
      const undone = await setAside(killed, program, (real) => `#!/bin/sh\nexec ${real} "$@"`).catch(() => null);
      if (undone) await undone().catch(() => {});
      const undo = await setAside(local, program);
      expect(existsSync(program)).toBe(false);
      await undo();
      expect(lstatSync(program), `killed before command ${n}`).toMatchObject({ ino, mode });
      expect(readdirSync(folder)).toEqual(['file', 'program']);
      if (undone && killed.isWhole()) return;
    }
    throw new Error('the change has no end');
  });

  it('is kept where somebody has changed the file since, with the commands that decide it', async () => {
    await changeFile(local, file, 'echo broken');
    forgetChanges();
    writeFileSync(file, 'mended by hand\n');
    const refused = await changeFile(local, file, 'echo again').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'COMMAND', hint: expect.stringContaining('rm -r "$f.rdc"') });
    expect(String(refused)).toContain(`${file} has changed since`);
    expect([text(), text(join(`${file}.rdc`, 'original'))]).toEqual(['mended by hand\n', original]);
  });

  it('is kept where a version of before left a plain file', async () => {
    writeFileSync(`${file}.rdc`, original);
    writeFileSync(file, 'broken\n');
    await expect(changeFile(local, file, 'echo again')).rejects.toMatchObject({ code: 'COMMAND' });
    expect([text(), text(`${file}.rdc`)]).toEqual(['broken\n', original]);
  });

  it('is no matter where somebody put it back by hand', async () => {
    await changeFile(local, file, 'echo broken');
    forgetChanges();
    writeFileSync(file, original);
    const undo = await changeFile(local, file, 'echo again');
    await undo();
    expect(text()).toBe(original);
  });
});

it('a change on top of another takes back its own part', async () => {
  const outer = await changeFile(local, file, 'cat; echo outer');
  const inner = await changeFile(local, file, (before) => `${before}inner\n`);
  expect(text()).toBe(`${original}outer\ninner\n`);
  await inner();
  expect(text()).toBe(`${original}outer\n`);
  await outer();
  expect([text(), readdirSync(folder)]).toEqual([original, ['file']]);
});

it('a setting of the kernel is kept below /run, and put back after a kill', async () => {
  const root = mkdtempSync(join(tmpdir(), 'rdc-root-'));
  const elsewhere: Executor = {
    exec: local.exec,
    shell: (script) =>
      machine.shell(`${livesAt(join(atHome, 'me'))}\n${script}`.replaceAll(/\/(proc|run)\//g, `${root}/$1/`)),
  };
  const setting = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  mkdirSync(join(root, '/proc/sys/net/ipv4'), { recursive: true });
  writeFileSync(join(root, setting), '1024\n');
  await changeFile(elsewhere, setting, 'echo 80');
  forgetChanges();
  const undo = await changeFile(elsewhere, setting, 'echo 0');
  const kept = join(root, '/run/rdc', root, setting);
  expect([text(join(root, setting)), text(`${kept}.rdc/original`)]).toEqual(['0\n', '1024\n']);
  await undo();
  expect(text(join(root, setting))).toBe('1024\n');
  expect(existsSync(`${kept}.rdc`)).toBe(false);
  rmSync(root, { recursive: true });
});

describe('what is set aside', () => {
  it('is called by the script in its place, and put back: the very file', async () => {
    writeFileSync(file, '#!/bin/sh\necho "original $1"\n');
    chmodSync(file, 0o755);
    const { ino } = statSync(file);
    const undo = await setAside(local, file, (real) => `#!/bin/sh\nexec ${real} wrapped`);
    expect(spawnSync(file, { encoding: 'utf8' }).stdout).toBe('original wrapped\n');
    await undo();
    expect(statSync(file).ino).toBe(ino);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('may be a link, which is moved and not what it leads to', async () => {
    const link = join(folder, 'link');
    symlinkSync('file', link);
    const undo = await setAside(local, link);
    expect(readdirSync(folder)).toEqual(['file', 'link.rdc']);
    await undo();
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('is an error where there is nothing, or a folder', async () => {
    await expect(setAside(local, join(folder, 'none'))).rejects.toMatchObject({ code: 'COMMAND' });
    mkdirSync(join(folder, 'some'));
    await expect(setAside(local, join(folder, 'some'))).rejects.toMatchObject({ code: 'COMMAND' });
    expect(readdirSync(folder)).toEqual(['file', 'some']);
  });
});
