import type { Target } from '../../harness/index.ts';
import { unitEnvironment } from './user-unit.ts';

/** The program that dockerd drives the firewall with. */
export type FirewallTool = {
  readonly path: string | null;
  /** its own first line, e.g. `iptables v1.8.11 (nf_tables)`; null when it does not run */
  readonly version: string | null;
};

export async function firewallTool(target: Target): Promise<FirewallTool> {
  const { stdout } = await target.shell(`${unitEnvironment}
export PATH="$p"; echo "path $(command -v iptables)"; echo "version $(iptables --version 2>/dev/null)"`);
  return parseFirewallTool(stdout);
}

/** Pure. */
export function parseFirewallTool(text: string): FirewallTool {
  return { path: /^path (\S+)$/m.exec(text)?.[1] ?? null, version: /^version (\S.*)$/m.exec(text)?.[1] ?? null };
}
