import { RdcError } from '../../messages/errors.ts';

/** What runs a machine: `libvirt` a VM with a kernel of its own, `nspawn` a booted container on the kernel of this machine. */
export const providerNames = ['libvirt', 'nspawn'] as const;
export type ProviderName = (typeof providerNames)[number];

/** What was asked for (`--provider`, RDC_PROVIDER), else libvirt. */
export function chooseProvider(wanted?: ProviderName): ProviderName {
  const said = wanted ?? (process.env.RDC_PROVIDER || 'libvirt');
  const provider = providerNames.find((name) => name === said);
  if (provider) return provider;
  const allowed = providerNames.join(', ');
  throw new RdcError('CONFIG', `RDC_PROVIDER is ${JSON.stringify(said)}; allowed: ${allowed}`, {
    hint: 'unset RDC_PROVIDER',
  });
}

/**
 * The name by which the lab, its locks and the cache know a machine: `debian-13` as a VM, `debian-13.nspawn` as a
 * container, and `debian-13.script` with Docker from elsewhere (channels.ts). They share nothing, and may run side by side.
 */
export function labNameOf(machine: string, provider: ProviderName): string {
  return provider === 'libvirt' ? machine : `${machine}.${provider}`;
}

/** Pure: which machine of machines.json a name of the lab stands for, and what runs it. */
export function parseLabName(labName: string): { readonly machine: string; readonly provider: ProviderName } {
  const provider = providerNames.find((name) => labName.endsWith(`.${name}`));
  if (provider === undefined) return { machine: labName, provider: 'libvirt' };
  return { machine: labName.slice(0, -provider.length - 1), provider };
}

/** The second machine of a run, from the snapshot of the first: `debian-13.twin.nspawn`. */
export function twinOf(labName: string): string {
  const { machine, provider } = parseLabName(labName);
  return labNameOf(`${machine}.twin`, provider);
}

/** As one names it on the command line: `debian-13 --provider nspawn`. */
export function asArguments(labName: string): string {
  const { machine, provider } = parseLabName(labName);
  return provider === 'libvirt' ? machine : `${machine} --provider ${provider}`;
}
