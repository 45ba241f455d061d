import { Option } from '@commander-js/extra-typings';
import { afterEach, expect, test as it, vi } from 'vitest';
import { declare, parseWords } from './command-line.ts';
import { declareRunning, gate, noColor, runArgument } from './options.ts';
import { isColored } from './output.ts';
import { gateOf } from './values.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const run = () => declareRunning('run', '').argument('[targets...]').addOption(gate);
const list = () => declare('list', '').addOption(new Option('--json', ''));
const report = () => declare('report', '').addArgument(runArgument);

it('without options', () => {
  const { options, args } = parseWords(run(), ['debian-13', 'local']);
  expect(args).toEqual([['debian-13', 'local']]);
  expect(options).toEqual({ rootVia: 'sudo', gate: 'MUST', color: true });
});

it('with all of them', () => {
  const words =
    '--suite ports,serial --check PORT-RELEASE, --level MUST,MAY --gate SHOULD --out /o --identity k --jump a@b --root-via none --lab hermetic --fresh --as-is --keep --yes --json --no-color';
  expect(parseWords(run(), words.split(' ')).options).toEqual({
    suite: ['ports', 'serial'],
    check: ['PORT-RELEASE'],
    level: ['MUST', 'MAY'],
    gate: 'SHOULD',
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

it('one command line leaves nothing for the next', () => {
  const command = run();
  parseWords(command, ['--fresh', '--suite', 'ports', 'local']);
  expect(parseWords(command, [])).toEqual({ args: [[]], options: { rootVia: 'sudo', gate: 'MUST', color: true } });
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
  const asked = (words: string[]) => isColored(parseWords(declare('x', '').addOption(noColor), words).options.color);
  const got = [asked([]), asked(['--no-color'])];
  vi.restoreAllMocks();
  expect(got).toEqual([color, false]);
});

it.each([
  [undefined, ['MUST']],
  ['MUST', ['MUST']],
  ['SHOULD', ['MUST', 'SHOULD']],
  ['LIMITATION', ['MUST', 'SHOULD', 'LIMITATION', 'WORKAROUND']],
] as const)('--gate %s gates %j', (value, levels) => {
  expect(gateOf(value)).toEqual(levels);
});

it.each([
  [['--gate', 'MAY'], '[USAGE] --gate is "MAY"; allowed: MUST, SHOULD, LIMITATION'],
  [['--gate', 'must'], '--gate is "must"'],
  [['--level', 'MUST,often'], '--level is "often"; allowed: MUST, SHOULD, MAY, LIMITATION, WORKAROUND'],
  [['--root-via', "s'u'"], '--root-via is "s\'u\'"; allowed: sudo, ssh, none'],
  [['--sha256', 'abc'], '--sha256 is "abc"; allowed: 64 hexadecimal digits'],
  [['--lab', ''], '--lab is empty'],
  [['--lab='], '--lab is empty'],
  [['--out', ''], '[USAGE] --out is empty'],
  [['--colour'], "unknown option '--colour'"],
  [['--frsh'], "unknown option '--frsh'; did you mean '--fresh'?"],
  [['--fresh=yes'], '--fresh takes no value'],
  [['-x'], "unknown option '-x'"],
  [['--out'], '--out has no value'],
  [['--out', '--json'], '--out has no value; one that begins with a dash: --out=--json'],
])('%j is refused', (words, message) => {
  expect(() => parseWords(run(), words)).toThrow(expect.objectContaining({ code: 'USAGE', exitCode: 2 }));
  expect(() => parseWords(run(), words)).toThrow(message);
});

it('a value may begin with a dash where it is written so', () => {
  expect(parseWords(run(), ['--out=--json', '--', '--lab']).options).toMatchObject({ out: '--json' });
  expect(parseWords(run(), ['--', '--lab', '']).args).toEqual([['--lab', '']]);
});

it('arguments that a command does not take are refused: what is ignored is lost', () => {
  expect(parseWords(report(), ['a']).args).toEqual(['a']);
  expect(() => parseWords(report(), ['a', 'b'])).toThrow('[USAGE] rdc report takes one argument (got: a b)');
  expect(() => parseWords(list(), ['a'])).toThrow('rdc list takes no arguments (got: a)');
  expect(() => parseWords(list(), ['--', 'a'])).toThrow('rdc list takes no arguments (got: a)');
  expect(() => parseWords(report(), ['--json'])).toThrow("unknown option '--json'");
});

it('a refusal names what to type', () => {
  expect(() => parseWords(list(), ['--x'])).toThrow(expect.objectContaining({ hint: './rdc list --help' }));
});
