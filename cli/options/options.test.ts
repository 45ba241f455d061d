import { afterEach, expect, test as it, vi } from 'vitest';
import { doctorCommand } from '../commands/doctor.ts';
import { parseWords } from './command-line.ts';
import { parseCommon } from './options.ts';
import { gateOf } from './values.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('without options', () => {
  const { options, positionals } = parseCommon(['debian-13', 'local'], { command: 'run' });
  expect(positionals).toEqual(['debian-13', 'local']);
  expect(options).toMatchObject({
    suites: undefined,
    checks: undefined,
    levels: undefined,
    gate: ['MUST'],
    rootVia: 'sudo',
    lab: undefined,
    fresh: false,
    asIs: false,
    keep: false,
    yes: false,
    json: false,
  });
});

it('with all of them', () => {
  const words =
    '--suite ports,serial --check PORT-RELEASE, --level MUST,MAY --gate SHOULD --out /o --identity k --jump a@b --root-via none --lab hermetic --fresh --as-is --keep --yes --json --no-color';
  expect(parseCommon(words.split(' '), { command: 'run' }).options).toMatchObject({
    suites: ['ports', 'serial'],
    checks: ['PORT-RELEASE'],
    levels: ['MUST', 'MAY'],
    gate: ['MUST', 'SHOULD'],
    out: '/o',
    identity: 'k',
    jump: 'a@b',
    rootVia: 'none',
    lab: 'hermetic',
    fresh: true,
    asIs: true,
    keep: true,
    yes: true,
    json: true,
    color: false,
  });
});

it.each<[string, Record<string, string>, boolean, boolean]>([
  ['a terminal', {}, true, true],
  ['a pipe', {}, false, false],
  ['NO_COLOR', { NO_COLOR: '1' }, true, false],
  ['an empty NO_COLOR', { NO_COLOR: '' }, true, true],
  ['a dumb terminal', { TERM: 'dumb' }, true, false],
  ['FORCE_COLOR', { FORCE_COLOR: '1', TERM: 'dumb' }, false, true],
  ['an empty FORCE_COLOR', { FORCE_COLOR: '' }, false, false],
  ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, false],
  ['both', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
])('%s: %j, terminal %s: colour %s', (_, environment, isTTY, color) => {
  for (const name of ['NO_COLOR', 'FORCE_COLOR']) vi.stubEnv(name, undefined);
  vi.stubEnv('TERM', 'xterm');
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.spyOn(process, 'stdout', 'get').mockReturnValue({ isTTY } as typeof process.stdout);
  const asked = (words: string[]) => parseCommon(words, { command: 'run' }).options.color;
  const got = [asked([]), asked(['--no-color'])];
  vi.restoreAllMocks();
  expect(got).toEqual([color, false]);
});

it.each([
  [undefined, ['MUST']],
  ['MUST', ['MUST']],
  ['SHOULD', ['MUST', 'SHOULD']],
  ['LIMITATION', ['MUST', 'SHOULD', 'LIMITATION', 'WORKAROUND']],
])('--gate %s gates %j', (value, levels) => {
  expect(gateOf(value)).toEqual(levels);
});

it.each([
  [['--gate', 'MAY'], '[USAGE] --gate is "MAY"; allowed: MUST, SHOULD, LIMITATION'],
  [['--gate', 'must'], '--gate is "must"'],
  [['--level', 'MUST,often'], '--level is "often"; allowed: MUST, SHOULD, MAY, LIMITATION, WORKAROUND'],
  [['--root-via', 'su'], '--root-via is "su"; allowed: sudo, ssh, none'],
  [['--lab', ''], '--lab is empty'],
  [['--colour'], "Unknown option '--colour'"],
  [['--fresh=yes'], '--fresh'],
  [['--out'], '--out'],
])('%j is refused', (words, message) => {
  expect(() => parseCommon(words, { command: 'run' })).toThrow(message);
});

it('words that nobody asked for are refused: what is passed over is lost', () => {
  const form = { command: 'export', most: 1 };
  expect(parseWords(['a'], {}, form).positionals).toEqual(['a']);
  expect(() => parseWords(['a', 'b'], {}, form)).toThrow('[USAGE] export takes one word, not 2: a b');
  expect(() => parseWords(['a'], {}, { command: 'list', most: 0 })).toThrow('list takes no words, not 1: a');
  expect(() => parseWords(['--json'], {}, form)).toThrow('export has none');
});

it('a command takes those of the common options that mean something to it', () => {
  const up = { command: 'up', takes: ['fresh'] } as const;
  expect(parseCommon(['--fresh'], up).options).toMatchObject({ fresh: true, gate: ['MUST'] });
  expect(() => parseCommon(['--gate', 'SHOULD'], up)).toThrow('up knows --fresh');
});

it('a refusal names what is known and what to type', () => {
  expect.assertions(1);
  try {
    parseWords(['--x'], { json: { type: 'boolean' } }, { command: 'list' });
  } catch (error) {
    expect(error).toMatchObject({
      code: 'USAGE',
      exitCode: 2,
      hint: './rdc list --help',
      message: expect.stringContaining('list knows --json'),
    });
  }
});

it('a variable that is not set is no folder', () => {
  const empty = () => parseCommon(['--out', ''], { command: 'run' });
  expect(empty).toThrow(expect.objectContaining({ exitCode: 2, message: '[USAGE] --out is empty' }));
});

it('what is said of a look at a target is for one', async () => {
  await expect(doctorCommand(['--suite', 'ports'])).rejects.toMatchObject({
    exitCode: 2,
    message: '[USAGE] --suite is for a look at a target, and there is none',
  });
});
