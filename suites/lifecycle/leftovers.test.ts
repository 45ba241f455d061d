import { expect, test as it } from 'vitest';
import type { HostFacts, Target } from '../../harness/index.ts';
import { parseCrash, parseStart, serviceProcesses } from './leftovers.ts';

const stat =
  '4308 (rootlesskit) S 3970 4308 4308 0 -1 4194560 3026 96240 0 89 12 30 420 190 20 0 11 0 8123 1265991680 2500 18446744073709551615 1 1 0 0 0 0 0 0 2143420159 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0';

it('the start of a process, whatever its name is', () => {
  expect(parseStart(stat)).toBe(8123);
  expect(parseStart(stat.replace('(rootlesskit)', '(a) b (c))'))).toBe(8123);
  expect(parseStart('')).toBeNull();
});

it('a crash after which all is well', () => {
  expect(parseCrash(`100\n78.50\nnext ${stat}\n`)).toEqual({ left: [], restartedAfterSeconds: 81.23 - 78.5 });
});

it('a crash after which something stays and nothing comes back', () => {
  expect(parseCrash('100\n78.50\nleft dockerd 4375\nleft slirp4netns 4363\n')).toEqual({
    left: ['dockerd 4375', 'slirp4netns 4363'],
    restartedAfterSeconds: null,
  });
});

it('no process of the service is one thing, no process that was looked at another', async () => {
  const host = { user: { uid: 1001 } } as HostFacts;
  const saying = (stdout: string) => ({ root: { shell: async () => ({ stdout }) } }) as unknown as Target;
  expect(await serviceProcesses(saying('dockerd 4375\nlooked\n'), host)).toEqual(['dockerd 4375']);
  expect(await serviceProcesses(saying('looked\n'), host)).toEqual([]);
  await expect(serviceProcesses(saying(''), host)).rejects.toThrow('[FACTS] the processes of the host');
});
