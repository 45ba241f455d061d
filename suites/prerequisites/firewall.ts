import type { HostFacts, ReadableTarget, Target } from '../../harness/checks/index.ts';
import type { Run } from './network-driver.ts';
import { unitEnvironment } from './unit-environment.ts';

/** Whether the daemon drives the firewall with iptables; from Docker 29.0 there is a backend that does without. */
export function usesIptables({ host }: { readonly host: HostFacts }): true | string {
  return host.asked.firewallBackend !== 'nftables' || 'the firewall backend is nftables, which has no use for iptables';
}

/** The program that dockerd drives the firewall with. */
export type FirewallTool = {
  readonly path: string | null;
  /** its own first line, e.g. `iptables v1.8.11 (nf_tables)`; null when it does not run */
  readonly version: string | null;
};

export async function firewallTool(target: ReadableTarget): Promise<FirewallTool> {
  const { stdout } = await target.shell(`${unitEnvironment}
export PATH="$p"; echo "path $(command -v iptables)"; echo "version $(iptables --version 2>/dev/null)"`);
  return parseFirewallTool(stdout);
}

/** Pure. */
export function parseFirewallTool(text: string): FirewallTool {
  return { path: /^path (\S+)$/m.exec(text)?.[1] ?? null, version: /^version (\S.*)$/m.exec(text)?.[1] ?? null };
}

/** What dockerd writes for its bridge; each line needs another part of the kernel: nat, addrtype, MASQUERADE, conntrack. */
export const bridgeRules = [
  '-t nat -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER',
  '-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE',
  '-t filter -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
] as const;

/**
 * The rules that the kernel has after an unprivileged user wrote them in a network namespace of RootlessKit's making,
 * table by table: the modules are there, or come by themselves. The lock of iptables-legacy is root's: as the daemon's
 * script does, its link is taken out of a private /run.
 */
export async function acceptedRules(target: Target, run: Run = (script) => target.shell(script)): Promise<string> {
  const write = bridgeRules.map((rule) => `iptables ${rule}`).join('\n');
  const inside = `rm -f /run/xtables.lock; iptables -t nat -N DOCKER\n${write}\niptables -t nat -S; iptables -t filter -S`;
  const { stdout } = await run(`${unitEnvironment}
d=$(mktemp -d); PATH="$p:$PATH" rootlesskit --state-dir="$d/state" --copy-up=/run unshare -n sh -c '${inside}'; rm -rf "$d"`);
  return stdout;
}
