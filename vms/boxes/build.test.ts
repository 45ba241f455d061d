import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test as it } from 'vitest';

const read = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');

function nameOf(release: string): string {
  const argv = [join(import.meta.dirname, 'build.sh'), '--path', 'debian', release];
  const { stdout } = spawnSync('sh', argv, { encoding: 'utf8', env: { ...process.env, RDC_ARCH: 'amd64' } });
  return basename(stdout.trim());
}

it('a box is named after all that goes into it; one with systemd knows nothing of another init', () => {
  const digestOf = (...names: string[]) =>
    createHash('sha256').update(names.map(read).join('')).digest('hex').slice(0, 12);
  const common = ['system.sh', 'disk.sh', 'packages.sh'];
  expect(nameOf('13')).toBe(`debian-13-amd64-${digestOf(...common)}.box`);
  expect(nameOf('13-sysvinit')).toBe(`debian-13-sysvinit-amd64-${digestOf(...common, 'sysvinit.sh')}.box`);
});

it('what sysvinit.sh stands in for is there to be replaced, and all in all it is a script', () => {
  const functionsOf = (text: string) => [...text.matchAll(/^(\w+)\(\) \{$/gm)].map(([, name]) => name);
  const replaced = ['base_packages', 'cached_packages', 'late'];
  expect(functionsOf(read('sysvinit.sh'))).toEqual(expect.arrayContaining(replaced));
  expect(functionsOf(read('packages.sh') + read('system.sh'))).toEqual(expect.arrayContaining(replaced));
  // as build.sh puts it in: before the one line that begins with `case`
  const [before, ...after] = read('system.sh').split(/^(?=case )/m);
  expect(after).toHaveLength(1);
  const { status, stderr } = spawnSync('sh', ['-n'], {
    input: `${before}${read('sysvinit.sh')}${after}`,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('without systemd a machine has the packages of one with it, but for the init and who logs users in', () => {
  const script = `. ${join(import.meta.dirname, 'packages.sh')}; echo $(base_packages); . ${join(import.meta.dirname, 'sysvinit.sh')}; echo $(base_packages)`;
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env: { ...process.env, arch: 'amd64' } });
  const [plain = [], other = []] = stdout.split('\n').map((line) => line.split(' '));
  expect(plain.filter((name) => !other.includes(name))).toEqual(['systemd-sysv', 'libpam-systemd']);
  expect(other.filter((name) => !plain.includes(name))).toContain('sysvinit-core');
});
