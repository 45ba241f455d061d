import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import type { Container, Target } from '../../../harness/checks/index.ts';
import { hostIdsOf, parseHostIds } from '../container/container-process.ts';
import { mapped, parseIdMap, rootlessMap, totalOf } from './id-map.ts';

const ranges = [{ start: 165_536, count: 65_536 }];

it("parses the kernel's padding", () => {
  expect(parseIdMap('         0       1001          1\n         1     165536      65536\n')).toEqual(
    rootlessMap(1001, ranges),
  );
  expect(parseIdMap('0 0 4294967295\n')).toEqual([{ inside: 0, outside: 0, count: 4_294_967_295 }]);
  expect(parseIdMap('')).toEqual([]);
});

it.each(['0 1001', '0 1001 1 1', 'a b c', '0 -1 1', 'cat: /proc/1/uid_map: Permission denied'])(
  '%j is no map',
  (text) => {
    expect(() => parseIdMap(text)).toThrow('not a line of an ID map');
  },
);

it('several ranges follow each other inside, in file order', () => {
  const map = rootlessMap(1000, [
    { start: 500_000, count: 10 },
    { start: 100_000, count: 20 },
  ]);
  expect(map).toEqual([
    { inside: 0, outside: 1000, count: 1 },
    { inside: 1, outside: 500_000, count: 10 },
    { inside: 11, outside: 100_000, count: 20 },
  ]);
  expect(totalOf(map)).toBe(31);
  expect([0, 1, 10, 11, 30, 31].map((id) => mapped(map, id))).toEqual([1000, 500_000, 500_009, 100_000, 100_019, null]);
});

it('processes of a container on Debian 13 have the IDs of the formula', () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/debian-13-processes.txt'), 'utf8');
  const ids = [0, 1, 1000, 1001, 65_535];
  const wanted = ids.map((id, index) => {
    const outside = mapped(rootlessMap(1001, ranges), id);
    return [index, `${outside}:${outside}`];
  });
  expect([...parseHostIds(text)]).toEqual(wanted);
});

it('a line without its fields is no process', () => {
  expect(parseHostIds('0 1001\n1  1001\n').size).toBe(0);
});

it('an ID that the kernel refuses is told by its errno; one of which nothing is seen is an error', async () => {
  const execs: (readonly string[])[] = [];
  const saying = (stdout: string) =>
    ({
      async exec(argv: readonly string[]) {
        execs.push(argv);
        return { exitCode: 0, stdout, stderr: '' };
      },
    }) as unknown as Container;
  const target = { root: { shell: async () => ({ stdout: '0 1001 1001\n' }) } } as unknown as Target;
  expect(await hostIdsOf(target, saying('{"call":"idle","errno":"EINVAL"}\n'), [0, 65_535])).toEqual([
    '1001:1001',
    'EINVAL',
  ]);
  expect(execs.at(-1)).toEqual(['timeout', '5', 'probe', 'idle', '65535', '65535', 'rdc']);
  await expect(hostIdsOf(target, saying(''), [0, 65_535])).rejects.toThrow('[FACTS] the process of ID 65535');
});
