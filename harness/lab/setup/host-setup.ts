import { RdcError } from '../../messages/errors.ts';
import type { RootStep } from '../../this-machine/as-root.ts';
import { type Family, installCommands, installLine, ownFamily, packagesFor } from '../../this-machine/distribution.ts';
import { vagrantOfItsMakers } from '../../this-machine/packages.ts';
import { find, isProviderPackaged, type Need, needsOf, type Purpose, providerNeed } from './needs.ts';
import { hasOwnProvider, vagrantHome } from './vagrant-provider.ts';

export type HostNeed = { readonly what: string; readonly present: boolean; readonly remedy: string };

const elsewhere =
  './rdc run ssh://USER@HOST   # a host that you have: this system has no packages for machines of the lab';

/** The packages that bring a need to this system; undefined where it has none. */
function packagesOf(need: Need, family: Family): readonly string[] | undefined {
  if (need === providerNeed && !isProviderPackaged()) return undefined;
  const lists = need.packages.map((name) => packagesFor(name, family));
  return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
}

/** Throws HOST_SETUP on macOS, where Vagrant runs the machines that VirtualBox can, without the lab. */
export function expectLinux(platform: string = process.platform): void {
  if (platform === 'linux') return;
  throw new RdcError('HOST_SETUP', 'the lab needs Linux; elsewhere Vagrant runs its machines in VirtualBox', {
    hint: `${installLine('macos', ['hashicorp/tap/hashicorp-vagrant', 'virtualbox'])} && vagrant up NAME --provider virtualbox`,
  });
}

/** The command for a need that no package brings. */
function commandFor(need: Need, family: Family): string {
  const makers: Partial<Record<Family, string>> = vagrantOfItsMakers;
  const hasVagrant = packagesFor('vagrant', family) !== undefined || makers[family] !== undefined;
  if (need === providerNeed && hasVagrant) return pluginCommand(family);
  return (need.packages.includes('vagrant') ? makers[family] : undefined) ?? elsewhere;
}

function pluginCommand(family: Family): string {
  const compilers = packagesFor('vagrant-libvirt (to build)', family);
  const install = `VAGRANT_HOME=${vagrantHome()} vagrant plugin install vagrant-libvirt`;
  return compilers === undefined ? elsewhere : `${installLine(family, compilers)} && ${install}`;
}

/** For a provider that is there and does not load: one of the system is replaced by one that is built for what is here. */
export function repairLine(): string {
  if (hasOwnProvider()) return `VAGRANT_HOME=${vagrantHome()} vagrant plugin repair`;
  const family = ownFamily();
  return family === undefined
    ? `VAGRANT_HOME=${vagrantHome()} vagrant plugin install vagrant-libvirt`
    : pluginCommand(family);
}

function remedyFor(need: Need, family: Family | undefined): string {
  if (family === undefined) return `install ${need.packages.join(' and ')} with your package tool`;
  const packages = packagesOf(need, family);
  return packages === undefined ? commandFor(need, family) : installLine(family, packages);
}

/** What the lab needs of this machine and whether it is there; changes nothing. */
export function doctorHost(purpose: Purpose = 'lab', family: Family | undefined = ownFamily()): HostNeed[] {
  return needsOf(purpose, family === 'macos' ? 'darwin' : 'linux').map((need) => ({
    what: need.what,
    present: need.found(),
    remedy: remedyFor(need, family),
  }));
}

function missingNeeds(purpose: Purpose): Need[] {
  return needsOf(purpose).filter((need) => !need.found());
}

/**
 * What is lacking, as a step for root; none where nothing is. Throws HOST_SETUP, before anything was done, where packages
 * of this system cannot bring all of it, with every command that does.
 */
export function setUpSteps(purpose: Purpose): RootStep[] {
  const missing = missingNeeds(purpose);
  if (missing.length === 0) return [];
  const family = ownFamily();
  const byHand = missing.filter((need) => family === undefined || packagesOf(need, family) === undefined);
  const isPluginOnly = byHand.length === 1 && byHand[0] === providerNeed && find('vagrant') !== undefined;
  if (family === undefined || (byHand.length > 0 && !isPluginOnly)) throw cannotInstall(missing, byHand, family);
  const names = [...new Set(missing.flatMap((need) => packagesOf(need, family) ?? []))];
  if (isPluginOnly) names.push(...(packagesFor('vagrant-libvirt (to build)', family) ?? []));
  const commands = installCommands(family, names);
  return [{ what: `install the packages ${names.join(' ')}`, commands, code: 'HOST_SETUP' }];
}

/** One line to paste for all that is missing; undefined where nothing is, or this system is not known. */
export function setUpLine(purpose: Purpose): string | undefined {
  const [missing, family] = [missingNeeds(purpose), ownFamily()];
  return missing.length === 0 || family === undefined ? undefined : lineFor(missing, family);
}

function lineFor(missing: readonly Need[], family: Family): string {
  const packages = [...new Set(missing.flatMap((need) => packagesOf(need, family) ?? []))];
  const byHand = missing.filter((need) => packagesOf(need, family) === undefined);
  const commands = new Set(byHand.map((need) => commandFor(need, family)));
  if (commands.has(elsewhere)) return elsewhere;
  // Vagrant before its plugin
  const lines = [...commands].sort((a, b) => Number(a.includes('plugin')) - Number(b.includes('plugin')));
  return [...(packages.length > 0 ? [installLine(family, packages)] : []), ...lines].join(' && ');
}

function cannotInstall(missing: readonly Need[], byHand: readonly Need[], family: Family | undefined): RdcError {
  const what = `missing on this machine: ${missing.map((need) => need.what).join(', ')}`;
  if (family === undefined)
    return new RdcError('HOST_SETUP', `${what}; rdc does not know the packages of this system`, {
      hint: `install with your package tool: ${[...new Set(missing.flatMap((need) => need.packages))].join(', ')}`,
    });
  const lacking = byHand.map((need) => need.what).join(', ');
  return new RdcError('HOST_SETUP', `${what}; this system has no package of ${lacking}`, {
    hint: lineFor(missing, family),
  });
}

/** After the packages were installed. Throws HOST_SETUP with what is still not there. */
export function expectSetUp(purpose: Purpose): void {
  const still = missingNeeds(purpose);
  if (still.length === 0) return;
  const family = ownFamily();
  throw new RdcError('HOST_SETUP', `packages installed, but not found: ${still.map(({ what }) => what).join(', ')}`, {
    hint: still.map((need) => remedyFor(need, family)).join(' && '),
  });
}
