import { plainLine } from '../../harness/messages/plain-text.ts';
import type { Results } from './results.schema.ts';

export type ProviderName = NonNullable<Results['target']['provider']>;

/** What ran a machine of the lab. Results without the field are of a time when all machines were VMs. */
export function providerOf({ target }: Pick<Results, 'target'>): ProviderName | undefined {
  return target.provider ?? (target.kind === 'machine' ? 'libvirt' : undefined);
}

/** The kernel that was judged: a container has that of the machine it ran on. */
export function kernelOf({ facts }: Results): { readonly kernel?: string } {
  const kernel = facts?.host.kernel;
  return typeof kernel === 'string' ? { kernel: plainLine(kernel, 100) } : {};
}
