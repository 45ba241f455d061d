import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import { createBundle } from '../bundle/create-bundle.ts';
import { readBundle } from '../bundle/open-bundle.ts';
import type { Results } from '../results/results.schema.ts';
import { resultsWith, type Told } from '../synthetic-runs/compared-results.ts';
import { type BesideResults, runFolderOf } from '../synthetic-runs/run-on-disk.ts';
import { Addresses } from './addresses.ts';
import { Mask } from './mask.ts';

/** What a host of somebody says of itself, in the places where evidence has it. */
const evidence = {
  'evidence/PRE-SUBID.txt': `$ sh -c 'cat /etc/subuid; getent passwd; getent group'
alice:100000:65536
root:x:0:0:root:/root:/bin/bash
alice:x:1001:1001:Alice Example,,,:/home/alice:/bin/bash
bob.builder:x:1002:1002::/home/bob.builder:/bin/sh
docker:x:998:carol
exit code 0, 12 ms
`,
  'evidence/NET-ADDR.txt': `$ ip addr
2: eth0: <UP> mtu 1500
    link/ether 52:54:00:ab:cd:ef brd ff:ff:ff:ff:ff:ff
    inet 10.7.3.21/24 brd 10.7.3.255 scope global eth0
    inet6 fe80::5054:ff:feab:cdef/64 scope link
    inet6 2001:470:1F0B:12::7/64 scope global
addr:2001:470:1f0b:12::7: unreachable from [2001:470:1f0b:12::8]:443, mapped ::ffff:10.7.3.22
127.0.0.1 ::1 0.0.0.0 255.255.255.0 198.51.100.7 stay
$ cat /proc/net/tcp
   0: 1503070A:01BB 00000000:0000 0A 00000000:00000000
$ cat /proc/net/route
eth0\t00000000\t0103070A\t0003
gateway 10.7.3.1
$ cat /proc/net/if_inet6
20010470 no
200104701f0b00120000000000000007 02 40 00 80     eth0
`,
  'evidence/SVC-LOG.txt': `Nov 22 03:43:10 buildhost-7 dockerd-rootless.sh[411]: started by alice on BUILDHOST-7.corp.example
2026-11-22T03:43:10+0000 buildhost-7 systemd[1]: path /dev/disk/by-id/buildhost\\x2d7
Linux buildhost-7 6.12.0-amd64 #1 SMP
search lab.corp.example
mail to dana@corp.example, see /home/erin/notes; malice and alice2 are words of their own
`,
  'console.log':
    '\u001b[1malice\u001b[0m on \u001b[0;32mbuildhost-7\u001b[0m\r\nfrankhost login: \r\nHostname set to <gracehost>.\r\n',
};

const originals =
  /\balice\b|Alice Example|bob\.builder|\bcarol\b|\bdana\b|\berin\b|buildhost|frankhost|gracehost|corp\.example|10\.7\.3\.|1503070A|0103070A|52:54:00|5054:ff|feab:cdef|1f0b|secretname/i;

const told: readonly Told[] = [
  { id: 'PRE-SUBID', verdict: 'pass', evidence: 'evidence/PRE-SUBID.txt' },
  {
    id: 'NET-ADDR',
    verdict: 'fail',
    reason: 'address: expected 10.7.3.21 of buildhost-7',
    evidence: 'evidence/NET-ADDR.txt',
  },
  { id: 'CG-MEM', verdict: 'skip', reason: 'alice may not, and secretname neither' },
];

function hostOfSomebody(): [Results, BesideResults] {
  const facts = {
    host: {
      os: { id: 'debian', versionId: '13', prettyName: 'Debian' },
      kernel: '6.12.0.1-amd64',
      versions: { runc: 'runc version 1.1.15.2' },
      user: { name: 'alice', uid: 1001, home: '/home/alice' },
      runtimeDir: '/run/user/1001',
      mounts: { '/home/alice': 'ext4' },
    },
    daemon: { registry: 'registry.corp.example at 10.7.3.99' },
  };
  const results = resultsWith('alice@buildhost-7.corp.example', told, facts);
  return [{ ...results, target: { ...results.target, kind: 'ssh' } }, evidence];
}

async function packed(run: string, hide: readonly string[] = ['secretname']) {
  const out = join(mkdtempSync(join(tmpdir(), 'rdc-anonymous-')), 'x.tar.gz');
  const bundle = await createBundle(run, { out, anonymous: { hide } });
  const files = new Map<string, string>();
  await readBundle(out, (path, content) => files.set(path, content.toString('utf8')));
  const results = JSON.parse([...files].find(([path]) => path.endsWith('results.json'))?.[1] ?? '') as Results;
  return { out, bundle, files, results };
}

it('none of the originals is anywhere in the archive, in no name of a file, no text and no key', async () => {
  const { files, bundle } = await packed(runFolderOf(hostOfSomebody()));
  const all = [JSON.stringify(bundle.manifest), ...[...files].flat()].join('\n');
  expect(all.split('\n').filter((line) => originals.test(line))).toEqual([]);
  // the control: the pattern finds them in what was packed
  const before = Object.values(evidence).join('\n');
  expect(before.split('\n').filter((line) => originals.test(line)).length).toBeGreaterThan(20);
  expect([...files.keys()].every((path) => path.startsWith('user-1@host-1/'))).toBe(true);
});

it('verdicts, levels, findings and facts that explain them are unchanged', async () => {
  const [original] = hostOfSomebody();
  const { results } = await packed(runFolderOf(hostOfSomebody()));
  const { run, suite, ledger, conformance } = results;
  expect({ run, suite, ledger, conformance }).toEqual({
    run: { ...original.run, id: 'run of user-1@host-1' },
    suite: original.suite,
    ledger: original.ledger,
    conformance: original.conformance,
  });
  const bare = ({ checks }: Results) => checks.map(({ reason: _, ...check }) => check);
  expect(bare(results)).toEqual(bare(original));
  expect(results.facts.host).toEqual({
    os: { id: 'debian', versionId: '13', prettyName: 'Debian' },
    kernel: '6.12.0.1-amd64',
    versions: { runc: 'runc version 1.1.15.2' },
    user: { name: 'user-1', uid: 1001, home: '/home/user-1' },
    runtimeDir: '/run/user/1001',
    mounts: { '/home/user-1': 'ext4' },
  });
});

it('the same name is the same pseudonym everywhere, and what was compared stays equal', async () => {
  const { files, results, bundle } = await packed(runFolderOf(hostOfSomebody()));
  const text = (name: string) => files.get(`user-1@host-1/${name}`) ?? '';
  const address = /inet ([\d.]+)\/24/.exec(text('evidence/NET-ADDR.txt'))?.[1] ?? '';
  expect(address).toMatch(/^192\.0\.2\.\d+$/);
  expect(results.checks[1]?.reason).toBe(`address: expected ${address} of host-1`);
  const hex = Buffer.from(address.split('.').map(Number)).reverse().toString('hex').toUpperCase();
  expect(text('evidence/NET-ADDR.txt')).toContain(`0: ${hex}:01BB 00000000:0000 0A 00000000:00000000`);
  const six = text('evidence/NET-ADDR.txt').match(/2001:db8::[\da-f]+/g) ?? [];
  expect(new Set(six).size, 'IPv6 addresses').toBe(3);
  expect(six[1], 'written in capitals').toBe(six[2]);
  expect(text('evidence/NET-ADDR.txt')).toContain('127.0.0.1 ::1 0.0.0.0 255.255.255.0 198.51.100.7 stay');
  expect(text('evidence/NET-ADDR.txt')).toMatch(/link\/ether 00:00:5e:00:53:00 brd ff:ff:ff:ff:ff:ff/);
  expect(text('evidence/PRE-SUBID.txt')).toContain('user-1:x:1001:1001:user-1,,,:/home/user-1:/bin/bash');
  expect(text('evidence/PRE-SUBID.txt')).toContain('root:x:0:0:root:/root:/bin/bash');
  expect(text('evidence/SVC-LOG.txt')).toContain('malice and alice2 are words of their own');
  expect(text('evidence/SVC-LOG.txt')).toContain('/dev/disk/by-id/host-1');
  expect(text('console.log')).toMatch(/^user-1 on host-1\nhost-\d login: \nHostname set to <host-\d>\.\n$/);
  expect(bundle.replaced).toMatchObject({ hosts: 4, domains: 2 });
});

it('an anonymous bundle of the same run has the same bytes', async () => {
  const run = runFolderOf(hostOfSomebody());
  const [first, second] = [await packed(run), await packed(run)];
  expect(readFileSync(first.out).equals(readFileSync(second.out))).toBe(true);
});

it('targets by address are hidden too', async () => {
  const target = (name: string, kind: 'ssh' | 'local'): [Results] => {
    const results = resultsWith(name, [{ id: 'CG-MEM', verdict: 'pass', reason: `asked ${name}` }]);
    return [{ ...results, target: { name, kind } }];
  };
  const run = runFolderOf(
    target('zoe@10.7.3.21', 'ssh'),
    target('zoe@2001_470__7', 'ssh'),
    target('local-yves', 'local'),
  );
  const { bundle, files } = await packed(run, []);
  expect(bundle.manifest.targets.join(' ')).toMatch(/^local-user-1 user-2@192\.0\.2\.1 user-2@2001_db8__1$/);
  expect([...files.values()].join('\n')).not.toMatch(/zoe|yves|10\.7\.3|470/);
});

it('who packs is hidden as well: as a rule it is where the harness ran', () => {
  const mask = new Mask([], { user: 'yolanda', host: 'desk.corp.example' });
  mask.learn(Buffer.from('no known host key in /srv/yolanda/.ssh on desk'), false);
  expect(mask.text('no known host key in /srv/yolanda/.ssh on desk')).toBe(
    'no known host key in /srv/user-1/.ssh on host-1',
  );
});

it('who owns a waiver and where its bug is are hidden, but for public trackers', async () => {
  const waived = (id: string, bug: string): Told => ({
    id,
    verdict: 'fail',
    reason: 'x',
    waiver: { state: 'expected', reason: 'known', bug, owner: 'Zoe of Corp', expires: '2027-01-01' },
  });
  const told = [waived('A', 'https://bugs.corp.example/7'), waived('B', 'https://github.com/moby/moby/issues/1')];
  const results = { ...resultsWith('debian-13', told), conformance: 'conformant' as const };
  const { results: masked } = await packed(runFolderOf([results]), []);
  expect(masked.checks.map(({ waiver }) => waiver)).toMatchObject([
    { owner: 'user-1', bug: 'https://host-1/7', state: 'expected' },
    { owner: 'user-1', bug: 'https://github.com/moby/moby/issues/1', state: 'expected' },
  ]);
});

it('a text that pseudonyms make too long for a reader is refused, not packed', async () => {
  const reason = 'ab '.repeat(1_600);
  const results = resultsWith('ab@web', [{ id: 'A', verdict: 'pass', reason }]);
  const run = runFolderOf([{ ...results, target: { name: 'ab@web', kind: 'ssh' } }]);
  await expect(packed(run, [])).rejects.toThrow(/with names replaced: not a results file.*\n.*\/checks\/0\/reason/);
});

it('a machine of the lab keeps its name: it is one of the suite', async () => {
  const run = runFolderOf([
    resultsWith('debian-13', told),
    { 'console.log': 'debian-13 login: \r\nzoe:x:1001:1001::/home/zoe:/bin/sh' },
  ]);
  const { bundle, files } = await packed(run, []);
  expect(bundle.manifest.targets).toEqual(['debian-13']);
  expect(files.get('debian-13/console.log')).toBe('debian-13 login: \nuser-1:x:1001:1001::/home/user-1:/bin/sh');
});

it('somebody who is really called user-1 is hidden', () => {
  const mask = new Mask([], { user: 'root', host: 'localhost' });
  const text = 'user-1:x:1001:1001::/home/user-1:/bin/sh\nzoe:x:1002:1002::/home/zoe:/bin/sh\n';
  mask.learn(Buffer.from(text), false);
  expect(mask.text('user-1 zoe')).toBe('user-2 user-3');
});

it('more addresses than the first range has room for stay apart', () => {
  const addresses = new Addresses();
  const all = Array.from({ length: 3_000 }, (_, n) => `10.1.${Math.floor(n / 250)}.${(n % 250) + 1}`);
  addresses.learn(`192.0.2.1 ${all.join(' ')}`);
  const named = addresses.replace(all.join(' ')).split(' ');
  expect(new Set(named).size).toBe(3_000);
  expect(named, 'an address that was there already').not.toContain('192.0.2.1');
  expect(named.filter((address) => address.startsWith('10.'))).toEqual([]);
});

it.each([
  ['std::abc and core::fmt', 'words of a program'],
  ['12:34:56 of 2026-11-22T03:43:10Z', 'times'],
  ['0000:00:1f.2 and sha256:abcdef', 'other things with colons'],
  ['runc 1.1.15 and 1.2.3.4.5', 'versions of another length'],
])('%s: %s stay', (text) => {
  const addresses = new Addresses();
  addresses.learn(text);
  expect(addresses.replace(text)).toBe(text);
});

it('long hostile texts take no squared time', () => {
  const mask = new Mask([], { user: 'root', host: 'localhost' });
  const texts = ['a', ':', 'a:', '1.', '/home/', 'x@', '\u001b[', 'a@a.', '0 '].map((part) =>
    part.repeat(262_144 / part.length),
  );
  const before = process.cpuUsage();
  for (const text of texts) mask.learn(Buffer.from(text), false);
  for (const text of texts) mask.apply('t/evidence/A.txt', Buffer.from(text), false);
  expect(process.cpuUsage(before).user / 1_000, 'ms of processor time').toBeLessThan(10_000);
});
