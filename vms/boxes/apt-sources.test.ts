import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test as it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'rdc-apt-'));
afterAll(() => rmSync(folder, { recursive: true }));

function sourcesFor(release: string, files: Record<string, string>): { lines: string[]; status: number | null } {
  rmSync(folder, { recursive: true });
  mkdirSync(join(folder, 'sources.list.d'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const script = join(import.meta.dirname, 'apt-sources.sh');
  const { stdout, status } = spawnSync('sh', [script, release, folder], { encoding: 'utf8' });
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/\[signed-by=[^\]]*\] /, ''));
  return { lines, status };
}

const deb822 = `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;

it('deb822 entries are kept with the suite of the wanted release', () => {
  const { lines, status } = sourcesFor('trixie', { 'sources.list.d/debian.sources': deb822 });
  expect(status).toBe(0);
  expect(lines).toEqual([
    'deb http://mirror.example/debian trixie main contrib',
    'deb http://mirror.example/debian trixie-updates main contrib',
    'deb http://mirror.example/debian-security trixie-security main',
  ]);
});

it('classic lines are read, with options and comments; what is listed twice comes once', () => {
  const list = [
    '# deb http://mirror.example/debian sid main',
    'deb [arch=amd64 signed-by=/x.gpg] http://mirror.example/debian/ bookworm main # here',
    'deb http://mirror.example/debian/ bookworm main',
    'deb-src http://mirror.example/debian/ bookworm main',
    'deb http://mirror.example/debian/ bookworm-backports main',
  ].join('\n');
  const { lines } = sourcesFor('bullseye', { 'sources.list': list });
  expect(lines).toEqual(['deb http://mirror.example/debian/ bullseye main']);
});

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

it.runIf(canMount).each([
  [
    'trixie',
    [
      'deb http://deb.debian.org/debian trixie main',
      'deb http://deb.debian.org/debian trixie-updates main',
      'deb http://security.debian.org/debian-security trixie-security main',
    ],
  ],
  ['testing', ['deb http://deb.debian.org/debian testing main']],
])('a machine that names no Debian archive takes the public one, with the keys of Debian: %s', (release, expected) => {
  const script = `mount -t tmpfs none /usr/share/keyrings && : >/usr/share/keyrings/debian-archive-keyring.gpg
mount -t tmpfs none /etc/apt && echo 'deb http://mirror.example/ubuntu noble main' >/etc/apt/sources.list
sh ${join(import.meta.dirname, 'apt-sources.sh')} ${release}`;
  const { stdout, status } = spawnSync('unshare', ['--mount', 'sh', '-ec', script], { encoding: 'utf8' });
  const signed = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ';
  expect(stdout.trim().split('\n')).toEqual(expected.map((line) => line.replace('deb ', `deb ${signed}`)));
  expect(status).toBe(0);
});

it('testing has neither updates nor security of its own', () => {
  const { lines } = sourcesFor('testing', { 'sources.list.d/debian.sources': deb822 });
  expect(lines).toEqual(['deb http://mirror.example/debian testing main contrib']);
});

it("a third party's repository, a disabled one and another distribution's never reach a box", () => {
  const { lines, status } = sourcesFor('trixie', {
    'sources.list.d/third.sources':
      'Types: deb\nURIs: https://download.example/linux/debian-tools\nSuites: bookworm\nComponents: main\n',
    'sources.list.d/off.sources': `Enabled: no\n${deb822.split('\n\n')[0]}\n`,
    'sources.list.d/ubuntu.list': 'deb http://mirror.example/ubuntu noble main\n',
    'sources.list.d/debian.sources.disabled': deb822,
  });
  expect(lines).toEqual([]);
  expect(status).toBe(3);
});
