import { type ProviderName, parseLabName, providerNames } from '../catalog/provider-names.ts';
import { libvirtProvider } from './libvirt-provider.ts';
import { nspawnProvider } from './nspawn-provider.ts';
import type { Provider, RunState } from './provider.ts';

export const providers: Readonly<Record<ProviderName, Provider>> = { libvirt: libvirtProvider, nspawn: nspawnProvider };

export function providerOf(name: string): Provider {
  return providers[parseLabName(name).provider];
}

export async function stateOf(name: string): Promise<RunState> {
  return await providerOf(name).state(name);
}

/** The lab's names of all machines that run, whatever runs them. */
export async function runningMachines(): Promise<ReadonlySet<string>> {
  const running = await Promise.all(providerNames.map((name) => providers[name].running()));
  return new Set(running.flatMap((names) => [...names]));
}
