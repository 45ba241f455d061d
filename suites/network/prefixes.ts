import { BlockList, isIPv6 } from 'node:net';

/** One line of `ip -o route show table all`, of either family; what leads nowhere and what is of one link alone is left out. */
export type HostRoute = { readonly prefix: string; readonly device: string; readonly isDown: boolean };

/** Pure. A default route in pieces, as VPNs make it (0.0.0.0/1, 2000::/3), is no network either. */
export function parseHostRoutes(text: string): HostRoute[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(?:(unreachable|blackhole|prohibit|throw|multicast|[a-z]+) )?([\da-f.:]+(?:\/\d+)?)\b(.*)$/.exec(
      line,
    );
    const [, type = '', prefix = '', rest = ''] = found ?? [];
    const device = /\bdev (\S+)/.exec(rest)?.[1];
    if (device === undefined || /^(unreachable|blackhole|prohibit|throw|multicast)$/.test(type)) return [];
    if (/^(fe80|ff)/.test(prefix) || Number(prefix.split('/')[1] ?? 32) < 8) return [];
    return [{ prefix, device, isDown: /\blinkdown\b/.test(rest) }];
  });
}

/** Whether two prefixes, with a length or of one address, have an address in common; two families never do. */
export function haveCommonAddress(a: string, b: string): boolean {
  const familyOf = (prefix: string) => (isIPv6(prefix.split('/')[0] ?? '') ? 'ipv6' : 'ipv4');
  const contains = (outer: string, inner: string) => {
    const [address = '', length] = outer.split('/');
    const list = new BlockList();
    list.addSubnet(address, Number(length ?? (familyOf(outer) === 'ipv6' ? 128 : 32)), familyOf(outer));
    return list.check(inner.split('/')[0] ?? '', familyOf(inner));
  };
  return familyOf(a) === familyOf(b) && (contains(a, b) || contains(b, a));
}
