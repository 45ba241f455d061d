import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test as it } from 'vitest';
import { parseDiskSpace } from '../../runner/verify/disk-space.ts';
import { anyText, holds, mutated, outcomeOf, timeOf, wordsOf } from '../../test-doubles/properties.ts';
import { parseOsRelease } from '../../this-machine/os-release.ts';
import { parseDaemonFacts } from '../docker/daemon-facts.ts';
import { parseHostFacts } from './host-facts.ts';
import { idRanges, memberOf, numberOf, words } from './parse-values.ts';
import { parseSections } from './read-facts.ts';

const limitMs = 120_000;
const recorded = readFileSync(join(import.meta.dirname, 'fixtures/debian-13-facts.txt'), 'utf8');

describe('numbers', { timeout: limitMs }, () => {
  it('are those that have one decimal reading, exactly', () => {
    holds(
      fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String), mutated(fc.nat().map(String)), anyText),
      (text) => {
        const isNumber = /^[\s\uFEFF]*[0-9]{1,15}[\s\uFEFF]*$/.test(text);
        const value = numberOf(text);
        expect(value === null ? null : BigInt(value)).toBe(isNumber ? BigInt(text.trim()) : null);
      },
    );
  });
});

describe('os-release', { timeout: limitMs }, () => {
  const name = fc.constantFrom('ID', 'VERSION_ID', 'PRETTY_NAME', 'HOME_URL');
  const value = fc.stringMatching(/^[ -~]{0,30}$/);
  /** As a shell would read it: os-release(5) is a subset of its assignments. */
  const quoted = (text: string) => `"${text.replace(/(["$`\\])/g, '\\$1')}"`;
  it('values are what a shell makes of them, and the last of a name counts', () => {
    holds(fc.array(fc.tuple(name, value), { maxLength: 6 }), (pairs) => {
      const text = pairs.map(([key, one]) => `${key}=${quoted(one)}`).join('\n');
      expect(parseOsRelease(`# a comment\n\n${text}\n`)).toEqual(new Map(pairs));
    });
    holds(fc.tuple(name, fc.stringMatching(/^[A-Za-z0-9._-]{0,20}$/)), ([key, one]) => {
      for (const text of [`${key}=${one}`, `${key}='${one}'`, `${key}="${one}"`]) {
        expect(parseOsRelease(text).get(key)).toBe(one);
      }
    });
  });

  it('takes any text', () => {
    holds(fc.oneof(anyText, wordsOf('ID=', 'PRETTY_NAME="', "'", '\\', '#')), (text) => {
      for (const key of parseOsRelease(text).keys()) expect(key).toMatch(/^[A-Z][A-Z0-9_]*$/);
    });
  });
});

describe('subordinate IDs', { timeout: limitMs }, () => {
  const field = fc.oneof(
    fc.constantFrom('tester', '1001', 'other', '0', '65536', '', ' 7 ', '1e3', '-1'),
    fc.nat().map(String),
  );
  it('of a user are the lines of three fields that are his, with numbers, in their order', () => {
    holds(fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 5 }), (lines) => {
      const expected = lines
        .filter((line) => line.length === 3 && ['tester', '1001'].includes(line[0] ?? ''))
        .map(([, start, count]) => ({ start: Number(start || 'none'), count: Number(count || 'none') }))
        .filter((_, index, all) => all[index] !== undefined)
        .filter(
          ({ start, count }) => Number.isSafeInteger(start) && start >= 0 && Number.isSafeInteger(count) && count > 0,
        );
      const own = idRanges(lines.map((line) => line.join(':')).join('\n'), 'tester', 1001);
      // `1e3` is a number to JavaScript and none to shadow
      expect(own).toEqual(expected.filter(({ start, count }) => start !== 1_000 && count !== 1_000));
    });
  });
});

describe('lines `key value`', { timeout: limitMs }, () => {
  it('are members, also of names that objects have', () => {
    const key = fc.constantFrom('docker', 'pasta', '__proto__', 'constructor', 'toString');
    holds(fc.array(fc.tuple(key, fc.stringMatching(/^[!-~]{1,10}$/)), { maxLength: 5 }), (pairs) => {
      const members = memberOf(pairs.map((pair) => pair.join(' ')).join('\n'));
      expect(new Map(Object.entries(members))).toEqual(
        new Map(pairs.map(([name, text]) => [name, text === '-' ? null : text])),
      );
      expect(Object.getPrototypeOf(members)).toBe(Object.prototype);
    });
  });
});

describe('the facts of a host', { timeout: limitMs }, () => {
  const parts = recorded.split('\n');
  it('that were mutated are refused or whole, and say nothing of a section that is not theirs', () => {
    const honest = parseHostFacts(recorded);
    const edit = fc.record({ at: fc.nat(parts.length - 1), put: fc.oneof(anyText, fc.constantFrom(...parts)) });
    const cases = fc.oneof(
      fc.array(edit, { maxLength: 3 }).map((edits) => {
        const lines = [...parts];
        for (const { at, put } of edits) lines[at] = put;
        return lines.join('\n');
      }),
      fc.nat(recorded.length).map((end) => recorded.slice(0, end)),
      mutated(fc.constant(recorded)),
    );
    holds(
      cases,
      (text) => {
        const facts = outcomeOf(() => parseHostFacts(text));
        if (facts === 'refused') return;
        expect(text).toMatch(/^@@rdc:end$/m);
        expect(Object.keys(facts)).toEqual(Object.keys(honest));
        expect([1, 2]).toContain(facts.cgroup.version);
        expect(Number.isSafeInteger(facts.user.uid) && facts.user.uid >= 0 && facts.user.name !== '').toBe(true);
        for (const { start, count } of [...facts.user.subuid, ...facts.user.subgid]) {
          expect(Number.isSafeInteger(start + count) && count > 0).toBe(true);
        }
      },
      0.5,
    );
  });

  it('a section that is there twice is refused, one that is missing is empty', () => {
    const section = fc.tuple(
      fc.constantFrom('user.uid', 'user.gid', 'user.name', 'user.home', 'end'),
      fc.stringMatching(/^[a-z0-9 ]{0,8}$/),
    );
    holds(fc.array(section, { maxLength: 6 }), (sections) => {
      const text = sections.map(([key, value]) => `@@rdc:${key}\n${value}`).join('\n');
      const at = outcomeOf(() => parseSections(text));
      const keys = sections.map(([key]) => key);
      const isWhole = keys.includes('end') && new Set(keys).size === keys.length;
      expect(at !== 'refused').toBe(isWhole);
      if (at === 'refused') return;
      for (const key of ['user.uid', 'user.gid', 'user.name', 'user.home']) {
        expect(at(key)).toBe(sections.find(([own]) => own === key)?.[1] ?? '');
      }
    });
  });

  it('what a daemon claims, whatever it is, becomes texts', () => {
    const member = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('x', null, [['a', 'b']], [{ Name: 'rootlesskit' }]),
    );
    const names = ['Version', 'ApiVersion', 'Components', 'Driver', 'DriverStatus', 'CgroupDriver', 'SecurityOptions'];
    holds(fc.record(Object.fromEntries(names.map((name) => [name, member]))), (claims) => {
      const { storageStatus, components, securityOptions, ...rest } = parseDaemonFacts(claims, claims);
      const values = [storageStatus, components, securityOptions, rest].flatMap((group) => Object.values(group));
      expect(values.every((value) => value === null || typeof value === 'string')).toBe(true);
    });
  });
});

describe('free space', { timeout: limitMs }, () => {
  const row = fc.record({
    size: fc.nat(),
    used: fc.nat(),
    free: fc.nat(),
    mount: fc.constantFrom('/', '/home', '/run/user/1 1'),
  });
  it('is read as df prints it', () => {
    holds(
      fc.tuple(fc.array(row, { maxLength: 3 }), fc.array(fc.nat({ max: 2 ** 31 }), { minLength: 3, maxLength: 3 })),
      ([rows, inodes]) => {
        const head = 'Filesystem 1024-blocks Used Available Capacity Mounted on';
        const line = (size: number, used: number, free: number, mount: string) =>
          `/dev/vda 1  ${size} ${used} ${free}  7% ${mount}`;
        const blocks = rows.map(({ size, used, free, mount }) => line(size + 1, used, free, mount));
        const nodes = rows.map(({ mount }, index) => line(9, 1, inodes[index] ?? 0, mount));
        const text = [head, ...blocks, head, ...nodes].join('\n');
        expect(parseDiskSpace(text)).toEqual(
          rows.map(({ free, mount }, index) => ({ mount, freeKiB: free, freeInodes: inodes[index] ?? 0 })),
        );
      },
    );
  });
});

it('no parser of facts is held up by a long text', { timeout: limitMs }, () => {
  const parsers = { numberOf, words, memberOf, parseOsRelease, parseSections, parseDiskSpace };
  const withIds = (text: string) => idRanges(text, 'tester', 1001);
  const whole = (text: string) => parseHostFacts(recorded.replace('@@rdc:os\n', `@@rdc:os\n${text}`));
  const pieces = [
    '@@rdc:user.uid\n',
    'ID=',
    '"',
    "'",
    '\\',
    'tester:1:',
    ':',
    ' ',
    '\n',
    '\t',
    '1',
    'a',
    'a ',
    '- ',
    '1% /',
    '\r\n',
    '\n@@rdc:',
  ];
  for (const [name, parse] of Object.entries({ ...parsers, withIds, whole })) {
    const slow = pieces.map((piece) => ({ name, piece, ms: timeOf(parse, piece) })).filter(({ ms }) => ms > 2_000);
    expect(slow).toEqual([]);
  }
});
