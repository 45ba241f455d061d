import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test as it } from 'vitest';
import { RdcError } from '../messages/errors.ts';
import { type Executor, executor } from '../target-host/transport/executor.ts';
import { localTransport } from '../target-host/transport/local.ts';
import { changeFile, forgetChanges, putBackLeftovers, setAside } from './set-aside.ts';

const machine = executor(localTransport());
const original = 'tester:1:2\n';
let atHome = '';
let folder = '';
let file = '';

/** A user of this machine at home elsewhere, also where these tests are run by root: the list of changes is there. */
const person = (name: string): Executor => ({
  exec: machine.exec,
  shell: (script) =>
    machine.shell(`mkdir -p ${join(atHome, name)}; id() { echo 1; }; HOME=${join(atHome, name)}\n${script}`),
});
const text = () => readFileSync(file, 'utf8');

beforeEach(() => {
  forgetChanges();
  atHome = mkdtempSync(join(tmpdir(), 'rdc-home-'));
  folder = mkdtempSync(join(tmpdir(), "rdc it's "));
  file = join(folder, 'file');
  writeFileSync(file, original);
});
afterEach(() => {
  for (const one of [folder, atHome]) rmSync(one, { recursive: true });
});

describe('the next run', () => {
  const nextRun = () => putBackLeftovers({ ...person('user'), root: person('root') });

  it('finds by the list what killed ones left, the last change first, and puts it back before anything is judged', async () => {
    const [absent, program] = [join(folder, 'absent'), join(folder, 'program')];
    writeFileSync(program, 'real');
    await changeFile(person('user'), file, 'cat; echo outer');
    await changeFile(person('user'), file, 'cat; echo inner');
    await changeFile(person('root'), absent, 'echo new');
    await setAside(person('root'), program);
    forgetChanges();
    const refused = await nextRun().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'COMMAND', hint: expect.stringContaining('restart the daemon') });
    for (const path of [file, absent, program]) expect(String(refused)).toContain(path);
    expect([text(), existsSync(absent), readFileSync(program, 'utf8')]).toEqual([original, false, 'real']);
    expect(readdirSync(folder)).toEqual(['file', 'program']);
    expect(readdirSync(join(atHome, 'user'))).toEqual([]);
    await nextRun();
  });

  it('forgets what a killed one only began', async () => {
    await expect(setAside(person('user'), join(folder, 'none'))).rejects.toMatchObject({ code: 'COMMAND' });
    await nextRun();
    expect(readdirSync(join(atHome, 'user'))).toEqual([]);
  });

  it('finds nothing after one that put all back itself', async () => {
    const undo = await changeFile(person('user'), file, 'echo');
    await undo();
    await nextRun();
    expect(readdirSync(join(atHome, 'user'))).toEqual([]);
  });

  it('leaves what somebody has changed since, and says the commands, each time', async () => {
    await changeFile(person('user'), file, 'echo broken');
    writeFileSync(file, 'mended by hand');
    for (const _ of [1, 2])
      await expect(nextRun()).rejects.toMatchObject({ message: expect.stringContaining('has changed since') });
    expect(text()).toBe('mended by hand');
    // what the hint says
    rmSync(`${file}.rdc`, { recursive: true });
    await nextRun();
  });

  it('without root looks for its own', async () => {
    const refuse = () => Promise.reject(new RdcError('ROOT', 'none'));
    await changeFile(person('user'), file, 'echo broken');
    const run = putBackLeftovers({ ...person('user'), root: { exec: refuse, shell: refuse } });
    await expect(run).rejects.toMatchObject({ message: expect.stringContaining('restored what') });
    expect(text()).toBe(original);
  });
});
