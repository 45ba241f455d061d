import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test as it } from 'vitest';
import type { EngineRelease, IdRange } from '../../harness/checks/index.ts';
import { redact } from '../../harness/runner/verify/evidence.ts';
import { anyText, cpuMsOf, holds, mutated, outcomeOf, timeOf, wordsOf } from '../../harness/test-doubles/properties.ts';
import { parseCrash } from '../instruments/daemon/leftovers.ts';
import { parseDaemonProcess } from '../instruments/daemon/process.ts';
import { parseRootlessKit } from '../instruments/daemon/rootlesskit.ts';
import { parseBeforeLogin } from '../instruments/daemon/sessions.ts';
import { parseProperties, parseUnread } from '../instruments/daemon/user-unit.ts';
import { isEngineSince, isSince } from '../instruments/daemon/versions.ts';
import { parseContainerCgroup, statOf } from '../instruments/kernel/container-cgroup.ts';
import { type IdMapLine, mapped, parseIdMap, rootlessMap, totalOf } from '../instruments/kernel/id-map.ts';
import { parseMountInfo } from '../instruments/kernel/mount-table.ts';
import { parseStart } from '../instruments/kernel/process-start.ts';
import { parseAnswers } from '../instruments/peers/peer.ts';
import { parseSuSetup } from '../lifecycle/su-setup.ts';
import { parseLimits, parseProcessorMask } from '../lifecycle/unit-limits.ts';
import { parseKeyUsers, parseOpenFileLimits, parseSessionKeys } from '../limits/kernel-limits.ts';
import { parseCopiedUp } from '../namespaces/copied-up.ts';
import { overlaps, parseRoutes } from '../network/routes.ts';
import { parseListeners } from '../ports/listeners.ts';
import { parseFirewallTool } from '../prerequisites/firewall.ts';
import { conflictsOf, parseIdOwners } from '../prerequisites/id-conflicts.ts';
import { parseIdHelper, parseMaps } from '../prerequisites/id-helpers.ts';
import { parseDriverAtWork } from '../prerequisites/network-driver.ts';
import { parseRuns } from '../prerequisites/shipped-scripts.ts';
import { parseUserBus } from '../prerequisites/user-bus.ts';
import { dialable } from '../sockets/open-apis.ts';
import { parseStateDirectory } from '../sockets/state-directory.ts';
import { hasOverlayInUserNamespaces } from '../storage/kernel-release.ts';
import { parseOverlayProbe } from '../storage/overlay-probe.ts';

const limitMs = 120_000;
const id = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const mapLine = fc
  .record({ inside: id, outside: id, count: fc.integer({ min: 1, max: 2 ** 32 - 1 }) })
  .filter(({ inside, outside, count }) => inside + count <= 2 ** 32 && outside + count <= 2 ** 32);
const idMap = fc.array(mapLine, { maxLength: 6 });
/** As the kernel prints it (user_namespaces(7)): three numbers, right-aligned in ten columns. */
const kernelText = (map: readonly IdMapLine[]) =>
  map
    .map(({ inside, outside, count }) => `${[inside, outside, count].map((n) => String(n).padStart(10)).join(' ')}\n`)
    .join('');

describe('ID maps', { timeout: limitMs }, () => {
  it('what the kernel prints is read as it is', () => {
    holds(idMap, (map) => expect(parseIdMap(kernelText(map))).toEqual(map));
  });

  it('anything else is refused or has the value that arithmetic gives', () => {
    holds(fc.oneof(mutated(idMap.map(kernelText)), wordsOf('0', '1000', '65536', '4294967295')), (text) => {
      const map = outcomeOf(() => parseIdMap(text));
      if (map === 'refused') return;
      const fields = text.split('\n').map((line) => line.match(/[0-9]+/g) ?? []);
      const lines = fields.filter(({ length }) => length > 0);
      expect(map.map(({ inside, outside, count }) => [inside, outside, count].map(BigInt))).toEqual(
        lines.map((line) => line.map(BigInt)),
      );
      for (const { inside, outside, count } of map) {
        expect(count > 0 && inside + count <= 2 ** 32 && outside + count <= 2 ** 32).toBe(true);
      }
    });
  });

  it('an ID is mapped where counting from the start of its line leads', () => {
    const small = fc.record({ inside: fc.nat(40), outside: fc.nat(1_000), count: fc.integer({ min: 1, max: 20 }) });
    holds(fc.tuple(fc.array(small, { maxLength: 4 }), fc.nat(70)), ([map, wanted]) => {
      const steps = map.flatMap(({ inside, outside, count }) =>
        Array.from({ length: count }, (_, index) => [inside + index, outside + index] as const),
      );
      expect(mapped(map, wanted)).toBe(steps.find(([inside]) => inside === wanted)?.[1] ?? null);
    });
  });

  it('the map that RootlessKit is to write has no gap, and every subordinate ID once', () => {
    const range: fc.Arbitrary<IdRange> = fc.record({ start: id, count: fc.integer({ min: 1, max: 2 ** 20 }) });
    holds(fc.tuple(id, fc.array(range, { maxLength: 5 })), ([own, ranges]) => {
      const map = rootlessMap(own, ranges);
      expect(totalOf(map)).toBe(1 + totalOf(ranges));
      map.reduce((next, line) => {
        expect(line.inside).toBe(next);
        return next + line.count;
      }, 0);
    });
  });
});

describe('versions', { timeout: limitMs }, () => {
  const version = fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60));
  it('are compared number by number, whatever stands around them', () => {
    const around = fc.constantFrom('', 'Docker version ', 'rootlesskit version ', 'v');
    const after = fc.constantFrom('', '+dfsg1, build 411e817', '-rc.1', '~deb13', ', build x');
    holds(fc.tuple(version, fc.nat(60), fc.nat(60), around, after), ([[a, b, c], major, minor, before, rest]) => {
      const expected = a > major || (a === major && b >= minor);
      const release = `${major}.${minor}` as EngineRelease;
      expect(isSince(`${before}${a}.${b}.${c}${rest}`, release)).toBe(expected);
      expect(isEngineSince({ versions: { dockerd: `${before}${a}.${b}.${c}${rest}` } }, release)).toBe(expected);
      const kernel = hasOverlayInUserNamespaces({ host: { kernel: `${a}.${b}.${c}-amd64` } });
      expect(kernel === true).toBe(a > 5 || (a === 5 && b >= 11));
    });
  });

  it('that are none are neither older nor newer than another', () => {
    holds(fc.oneof(anyText, wordsOf('Docker version', 'dev', '0x1f', '1e3', '.', '-')), (text) => {
      const isNone = !/[0-9]\.[0-9]/.test(text);
      const engine = outcomeOf(() => isEngineSince({ versions: { dockerd: text } }, '23.0'));
      if (isNone) expect(engine).toBe('refused');
      const kernel = outcomeOf(() => hasOverlayInUserNamespaces({ host: { kernel: text } }));
      if (!/^[0-9]+\.[0-9]/.test(text)) expect(kernel).toBe('refused');
    });
  });
});

describe('cgroup files', { timeout: limitMs }, () => {
  const name = fc.constantFrom('cpu.max', 'memory.max', 'pids.max', 'cgroup.controllers', '__proto__');
  const value = fc.stringMatching(/^[a-z0-9_ ]{0,20}$/);
  const path = fc.stringMatching(/^(\/[a-z0-9@.:-]{1,12}){1,6}$/);
  it('are read back as they were printed', () => {
    holds(fc.tuple(path, fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key })), ([where, files]) => {
      const text = [`path ${where}`, ...files.map(([file, line]) => `file ${file} ${line}${line ? ';' : ''}`)].join(
        '\n',
      );
      const read = parseContainerCgroup(text);
      expect(read?.path).toBe(where);
      expect(Object.entries(read?.files ?? {})).toEqual(files.map(([file, line]) => [file, line || null]));
    });
  });

  it('a figure is that of its own line, or none', () => {
    const line = fc.tuple(fc.constantFrom('usage_usec', 'user_usec', 'oom_kill', 'oom', 'x'), fc.nat());
    holds(fc.uniqueArray(line, { selector: ([key]) => key }), (lines) => {
      const text = lines.map(([key, number]) => `${key} ${number}`).join(';');
      for (const key of ['usage_usec', 'oom', 'oom_kill', 'usec']) {
        expect(statOf(text, key)).toBe(lines.find(([own]) => own === key)?.[1] ?? null);
      }
    });
  });
});

describe('subordinate IDs of everybody', { timeout: limitMs }, () => {
  const owner = fc.constantFrom('tester', '1001', 'other', '1002');
  const range = fc.tuple(owner, fc.nat(60), fc.nat(30));
  it('conflict where counting finds an ID twice', () => {
    holds(fc.tuple(fc.array(range, { maxLength: 4 }), fc.array(fc.nat(90), { maxLength: 3 })), ([ranges, accounts]) => {
      const subuid = ranges.map((fields) => fields.join(':')).join('\n');
      const passwd = accounts.map((uid) => `u${uid}:x:${uid}:`).join('\n');
      const owners = parseIdOwners(subuid, passwd);
      const own = ranges.filter(([name, , count]) => (name === 'tester' || name === '1001') && count > 0);
      const idsOf = ([, start, count]: (typeof ranges)[number]) => Array.from({ length: count }, (_, i) => start + i);
      const isTwice = own.some((mine) =>
        idsOf(mine).some(
          (one) => accounts.includes(one) || ranges.some((other) => other !== mine && idsOf(other).includes(one)),
        ),
      );
      expect(conflictsOf(owners, { name: 'tester', uid: 1001 }).length > 0).toBe(isTwice);
    });
  });

  it('two networks overlap where a bit of the shorter prefix says so', () => {
    const prefix = fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(32));
    const text = ([address, length]: readonly [number, number]) =>
      `${[24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')}/${length}`;
    holds(fc.tuple(prefix, prefix), ([a, b]) => {
      const bits = Math.min(a[1], b[1]);
      const head = (address: number) => address.toString(2).padStart(32, '0').slice(0, bits);
      expect(overlaps(text(a), text(b))).toBe(head(a[0]) === head(b[0]));
    });
  });
});

/** Every parser of what a target prints, by name, with words that it looks for. */
const parsers: Readonly<Record<string, readonly [(text: string) => unknown, ...string[]]>> = {
  parseIdMap: [parseIdMap, '0', ' 1000 '],
  parseContainerCgroup: [parseContainerCgroup, 'path /', 'file ', 'cpu.max ', ';'],
  statOf: [(text) => statOf(text, 'usage_usec'), ';usage_usec ', '12'],
  parseMountInfo: [parseMountInfo, '1 2 a b /x ro - tmpfs a rw', '- ', '1 '],
  parseDaemonProcess: [
    parseDaemonProcess,
    'pid 7\n',
    'uid_map 0 1000 1\n',
    'process 7 1 1 0 0 0 0 dockerd\n',
    'process ',
  ],
  'isSince and isEngineSince': [
    (text) => [isSince(text, '1.2'), isEngineSince({ versions: { dockerd: text } }, '23.0')],
    '1',
    '1.2',
    '.',
  ],
  hasOverlay: [(kernel) => hasOverlayInUserNamespaces({ host: { kernel } }), '5.', '11', '-'],
  parseStart: [parseStart, '1 (a) ', ') ', '1 '],
  parseCrash: [parseCrash, '100\n1\nleft a 1\n', 'next 1 (a) ', '1 '],
  parseBeforeLogin: [parseBeforeLogin, 'version ', 'sessions ', 'user '],
  parseSuSetup: [parseSuSetup, 'manager ', 'made ~/.docker/run\n', '@run a 0\n'],
  parseProperties: [parseProperties, 'Type=', 'notify\n', '='],
  parseUnread: [parseUnread, 'DropInPaths=', '/a/b.conf ', 'file /c/d.conf\n'],
  parseOpenFileLimits: [parseOpenFileLimits, 'daemon ', '1024 ', ' files', ' '],
  parseLimits: [parseLimits, 'Max file size  ', 'unlimited ', '1024 ', ' '],
  parseProcessorMask: [parseProcessorMask, 'Cpus_allowed:\t', '00000003', ',', 'f'],
  dialable: [dialable, 'LISTEN 0 5 [::]:80 *:* a\n', '0.0.0.0:', '%lo', '127.0.0.1:80 '],
  parseKeyUsers: [(text) => parseKeyUsers(text, 1001), ' 1001: ', '1 ', '2/3 ', '\n'],
  parseSessionKeys: [(text) => parseSessionKeys(text, 1001, 'abc'), 'abc ', '1 ', '1001 ', '\n'],
  parseCopiedUp: [parseCopiedUp, '/etc ', 'tmpfs ', '12 links\n'],
  parseRoutes: [parseRoutes, 'default ', '10.0.0.0/8 ', 'dev ', 'via ', 'a '],
  parseAnswers: [parseAnswers, '{"errno":null,"text":"x"}\n', '{', '[', '"'],
  parseListeners: [parseListeners, '1 ', 'a\n'],
  parseRootlessKit: [(text) => parseRootlessKit(7, text), '--port-driver=', '--net ', 'version 2.0.2\n', ' '],
  parseFirewallTool: [parseFirewallTool, 'path /x\n', 'version ', ' '],
  parseIdOwners: [(text) => conflictsOf(parseIdOwners(text, text), { name: 'a', uid: 1 }), 'a:', '1:', '65536\n'],
  parseIdHelper: [parseIdHelper, '/usr/bin/newuidmap\n', '4755 0\n', 'cap_setuid', '=ep', '+'],
  parseMaps: [parseMaps, '0 1000 1\n', '--\n'],
  parseDriverAtWork: [parseDriverAtWork, 'driver ', '"text":"', '\\'],
  parseRuns: [(text) => parseRuns(text)('a'), '@run a 0\n', '\n@run ', '0'],
  parseUserBus: [parseUserBus, 'socket ', 'owner ', '1', 'cgroup /'],
  parseStateDirectory: [parseStateDirectory, 'child ', 'parent ', '1\n', 'netns nsfs\n'],
  parseOverlayProbe: [parseOverlayProbe, 'inside\n', 'refusal ', 'copied\n', 'whiteout '],
  redact: [redact, '-----BEGIN A PRIVATE KEY-----', 'token', '=', 'authorization:', ' ', '"'],
};

const suites = join(import.meta.dirname, '..');
const fixtures = readdirSync(suites, { recursive: true, encoding: 'utf8' })
  .filter((name) => /fixtures\/.*\.txt$/.test(name))
  .map((name) => readFileSync(join(suites, name), 'utf8').slice(0, 4_000));

describe.each(Object.entries(parsers))('%s', { timeout: limitMs }, (_, [parse, ...words]) => {
  it('takes any text: a value or a refusal, and no hang', () => {
    const cases = fc.oneof(wordsOf(...words), mutated(fc.constantFrom(...fixtures)), anyText);
    holds(
      cases,
      (text) => {
        expect(
          cpuMsOf(() => outcomeOf(() => parse(text))),
          'ms',
        ).toBeLessThan(1_000);
      },
      0.5,
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('takes a long text in time', () => {
    const pieces = [...words, ' ', '\n', '\t', '1', '1 ', 'a', '- ', '/', ':', '.', 'a\n', '1\n', '\r\n', 'é', '\0'];
    const pairs = pieces.flatMap((a) => words.map((b) => a + b));
    const slow = [...pieces, ...pairs]
      .map((piece) => ({ piece, ms: timeOf(parse, piece) }))
      .filter(({ ms }) => ms > 2_000);
    expect(slow).toEqual([]);
  });
});
