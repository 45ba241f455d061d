import { existsSync, readFileSync } from 'node:fs';
import { parseOsRelease } from './os-release.ts';
import { type PackageName, packages } from './packages.ts';

/** Systems whose packages rdc knows by name; others of the same family (`ID_LIKE`) take the same. */
export type Family = 'debian' | 'ubuntu' | 'fedora' | 'suse' | 'alpine' | 'arch' | 'macos';

type Tool = { readonly refresh?: readonly string[]; readonly install: readonly string[]; readonly needsRoot: boolean };

const apt: Tool = {
  refresh: ['apt-get', 'update'],
  install: ['apt-get', 'install', '-y', '--no-install-recommends'],
  needsRoot: true,
};

export const tools: Readonly<Record<Family, Tool>> = {
  debian: apt,
  ubuntu: apt,
  fedora: { install: ['dnf', 'install', '-y'], needsRoot: true },
  suse: { install: ['zypper', '--non-interactive', 'install'], needsRoot: true },
  alpine: { install: ['apk', 'add'], needsRoot: true },
  arch: { install: ['pacman', '-S', '--needed', '--noconfirm'], needsRoot: true },
  macos: { install: ['brew', 'install'], needsRoot: false },
};

/** By the first word of ID and ID_LIKE that is known; `ID_LIKE="ubuntu debian"` is Ubuntu. */
const families: readonly (readonly [RegExp, Family])[] = [
  [/^ubuntu$/, 'ubuntu'],
  [/^debian$/, 'debian'],
  [/^(fedora|rhel|centos)$/, 'fedora'],
  [/suse/, 'suse'],
  [/^alpine$/, 'alpine'],
  [/^arch$/, 'arch'],
];

/** Pure: the family of a system by its os-release; undefined for one that is not known here. */
export function familyOf(osRelease: string): Family | undefined {
  const assigned = parseOsRelease(osRelease);
  const words = `${assigned.get('ID') ?? ''} ${assigned.get('ID_LIKE') ?? ''}`.split(' ');
  for (const word of words) {
    const family = families.find(([pattern]) => pattern.test(word))?.[1];
    if (family) return family;
  }
  return undefined;
}

/** The family of this machine. */
export function ownFamily(platform: string = process.platform): Family | undefined {
  if (platform === 'darwin') return 'macos';
  const file = ['/etc/os-release', '/usr/lib/os-release'].find((path) => existsSync(path));
  return file === undefined ? undefined : familyOf(readFileSync(file, 'utf8'));
}

/** What a family calls a thing; an empty list where it is always there, undefined where the family has no package of it. */
export function packagesFor(name: PackageName, family: Family): readonly string[] | undefined {
  const entry: Partial<Record<Family, readonly string[] | undefined>> = packages[name];
  return entry[family] ?? (family === 'ubuntu' && !('ubuntu' in entry) ? entry.debian : undefined);
}

/** The commands that install the packages, as root where the tool wants it. */
export function installCommands(family: Family, names: readonly string[]): (readonly string[])[] {
  const { refresh, install } = tools[family];
  return [...(refresh ? [refresh] : []), [...install, ...names]];
}

/** The same in one line to paste. */
export function installLine(family: Family, names: readonly string[]): string {
  const prefix = tools[family].needsRoot && process.getuid?.() !== 0 ? 'sudo ' : '';
  return installCommands(family, names)
    .map((argv) => `${prefix}${argv.join(' ')}`)
    .join(' && ');
}

/** How to get things on this machine: a command of its own, or their names where it is not known or has no packages of them. */
export function installHint(...wanted: PackageName[]): string {
  const family = ownFamily();
  const names = family && wanted.map((name) => packagesFor(name, family));
  if (family && names?.every((list) => list !== undefined)) return installLine(family, [...new Set(names.flat())]);
  return `install these with your package tool: ${wanted.join(', ')}`;
}
