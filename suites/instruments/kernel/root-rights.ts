import type { HostFacts } from '../../../harness/checks/index.ts';

/** Whether root may do what takes this capability; a reason otherwise: `rootMay('CAP_SYS_MODULE', 'unload a module')`. */
export function rootMay(capability: string, doing: string) {
  return ({ host }: { readonly host: HostFacts }): true | string =>
    !host.lackedCapabilities?.includes(capability) || `root lacks ${capability} on this host, and may not ${doing}`;
}

export const mayRaiseLimits = rootMay('CAP_SYS_RESOURCE', 'raise a limit');
