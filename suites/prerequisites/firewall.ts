import type { HostFacts, ReadableTarget, Target } from '../../harness/checks/index.ts';

/** `e` is the unit's environment, `p` its PATH, or the one that the setup tool suggests. The daemon may be down. */
export const unitEnvironment = `
e=$(systemctl --user show docker.service -p Environment --value 2>/dev/null)
p=$(printf '%s\\n' "$e" | tr ' ' '\\n' | sed -n 's/^PATH=//p'); p=\${p:-/sbin:/usr/sbin:$PATH}`;

export function usesIptables({ host }: { readonly host: HostFacts }): true | string {
  return host.asked.firewallBackend !== 'nftables' || 'the firewall backend is nftables, which has no use for iptables';
}

export async function firewallTool(target: ReadableTarget) {
  const { stdout } = await target.shell(`${unitEnvironment}
export PATH="$p"; echo "path $(command -v iptables)"; echo "version $(iptables --version 2>/dev/null)"`);
  return parseFirewallTool(stdout);
}

export function parseFirewallTool(text: string) {
  return { path: /^path (\S+)$/m.exec(text)?.[1] ?? null, version: /^version (\S.*)$/m.exec(text)?.[1] ?? null };
}

/** What dockerd writes for its bridge: nat, addrtype, MASQUERADE, conntrack. */
export const bridgeRules = [
  '-t nat -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER',
  '-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE',
  '-t filter -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
] as const;

/** Where a script runs: in a session of the user's, or where the daemon's unit does. */
export type Run = (script: string) => Promise<{ readonly stdout: string }>;

/** What the kernel lists after the user wrote the rules. xtables.lock is root's: it goes from a copy of /run. */
export async function acceptedRules(target: Target, run: Run = (script) => target.shell(script)): Promise<string> {
  const write = bridgeRules.map((rule) => `iptables ${rule}`).join('\n');
  const inside = `rm -f /run/xtables.lock; iptables -t nat -N DOCKER\n${write}\niptables -t nat -S; iptables -t filter -S`;
  const { stdout } = await run(`${unitEnvironment}
d=$(mktemp -d); PATH="$p:$PATH" rootlesskit --state-dir="$d/state" --copy-up=/run unshare -n sh -c '${inside}'; rm -rf "$d"`);
  return stdout;
}
