import { isIPv4, isIPv6 } from 'node:net';

/**
 * Replaces IPv4, IPv6 and MAC addresses by ones of the ranges for documentation (RFC 5737, 3849, 7042), the same one for the
 * same address. Kept are addresses that are nobody's: unspecified, loopback, multicast, netmasks, those of the ranges.
 */
export class Addresses {
  readonly #names = new Map<string, string>();
  readonly #used = new Set<string>();
  readonly #taken = new Set<string>();
  #hexForms: ReadonlyMap<string, string> | undefined;
  #counts = { v4: 0, v6: 0, mac: 0 };

  get used(): number {
    return this.#used.size;
  }

  /** Takes note of every address of a text. All texts come first, then the first `replace`. */
  learn(text: string): void {
    this.#walk(text, (canonical) => canonical);
  }

  replace(text: string): string {
    this.#hexForms ??= this.#nameAll();
    const named = this.#walk(text, (canonical) => {
      this.#used.add(canonical);
      return this.#names.get(canonical) ?? canonical;
    });
    // what /proc/net/route, ipv6_route and arp print: an address of which the text says elsewhere that it is one
    return named.replace(/(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8})(?![0-9A-Za-z])/g, (hex) => {
      return this.#hexForms?.get(hex.toLowerCase()) ?? hex;
    });
  }

  #nameAll(): ReadonlyMap<string, string> {
    const forms = new Map<string, string>();
    for (const address of this.#taken) {
      if (isKept(address)) continue;
      const kind = isMac(address) ? 'mac' : isIPv4(address) ? 'v4' : 'v6';
      let name: string;
      do name = substitutes[kind](this.#counts[kind]++);
      while (this.#taken.has(name));
      this.#names.set(address, name);
      if (kind === 'mac') continue;
      for (const form of [hexOf, procHexOf]) forms.set(form(address), form(name));
    }
    return forms;
  }

  #walk(text: string, name: (canonical: string) => string): string {
    const of = (address: string) => {
      this.#taken.add(address);
      return isKept(address) ? address : name(address);
    };
    return (
      text
        .replace(/(?<![0-9A-Za-z])([0-9A-F]{32}|[0-9A-F]{8})(?=:[0-9A-F]{4}(?![0-9A-Za-z]))/g, (hex) =>
          procHexOf(of(fromProcHex(hex))).toUpperCase(),
        )
        .replace(/^[0-9a-f]{32}(?= [0-9a-f]{2} [0-9a-f]{2} )/gm, (hex) => hexOf(of(fromHex(hex))))
        // whole runs: a pattern that looks for the colons itself takes squared time on long hex texts
        .replace(/[0-9A-Fa-f:]+/g, (run, at: number, whole: string) => {
          const end = at + run.length;
          if (run.indexOf(':') === run.lastIndexOf(':') || isOfOther(run, whole.slice(end, end + 2))) return run;
          return replaceRun(run, { before: isLetter(whole[at - 1]), after: isLetter(whole[end]) }, of);
        })
        .replace(/(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?!\w|\.\d)/g, (quad) => (isIPv4(quad) ? of(quad) : quad))
    );
  }
}

/** A run of hex digits and colons is an address, or has one after a label (`addr:`) or before a colon of the sentence. */
function replaceRun(
  run: string,
  beside: { before: boolean; after: boolean },
  of: (canonical: string) => string,
): string {
  const head = beside.before ? (/^[0-9A-Fa-f]*:(?!:)/.exec(run)?.[0] ?? run) : (/^:(?!:)/.exec(run)?.[0] ?? '');
  const rest = run.slice(head.length);
  const tail = beside.after ? (/(?<!:):[0-9A-Fa-f]*$/.exec(rest)?.[0] ?? rest) : (/(?<!:):$/.exec(rest)?.[0] ?? '');
  const middle = rest.slice(0, rest.length - tail.length);
  if (isMac(middle.toLowerCase())) return head + of(middle.toLowerCase()) + tail;
  return isIPv6(middle) ? head + of(canonicalV6(middle)) + tail : run;
}

/** The beginning of `::ffff:10.0.0.1`, whose end is looked at by itself; `:1001:1001::/home` of /etc/passwd. */
function isOfOther(run: string, next: string): boolean {
  return /^\.\d/.test(next) || (run.endsWith('::') && /^\/\D/.test(next));
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-z_]/.test(character);
}

function isMac(text: string): boolean {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text);
}

function isKept(address: string): boolean {
  if (isMac(address)) return /^(00:00:00:00:00:00|ff:ff:ff:ff:ff:ff|00:00:5e:00:53:..|01:00:5e:|33:33:)/.test(address);
  if (!isIPv4(address)) return /^(::1?|2001:db8:.*|ff0[12]::[12])$/.test(address);
  const first = Number(address.split('.', 1)[0]);
  return first === 0 || first === 127 || first >= 224 || /^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(address);
}

const substitutes = {
  /** `192.0.2.1` and on; then the other two ranges; then the one for benchmarks (RFC 2544), which has room for 131 072 */
  v4(index: number): string {
    const ranges = ['192.0.2', '203.0.113', '198.51.100'];
    const range = ranges[Math.floor(index / 254)];
    if (range !== undefined) return `${range}.${(index % 254) + 1}`;
    const far = index - ranges.length * 254;
    return `198.${18 + (Math.floor(far / 65_536) % 2)}.${Math.floor(far / 256) % 256}.${far % 256}`;
  },
  v6: (index: number) => fromHex(`20010db8${(index + 1).toString(16).padStart(24, '0')}`),
  mac: (index: number) => `00005e${(0x5300 + index).toString(16).padStart(6, '0')}`.replace(/..(?!$)/g, '$&:'),
};

export function canonicalV6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

function fromHex(hex: string): string {
  return canonicalV6(hex.replace(/.{4}(?!$)/g, '$&:'));
}

function hexOf(address: string): string {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number)).toString('hex');
  const hexOfGroups = (text: string) => text.replace(/[^:]+/g, (group) => group.padStart(4, '0')).replaceAll(':', '');
  const [left = '', right = ''] = address.split('::').map(hexOfGroups);
  return left + right.padStart(32 - left.length, '0');
}

/** The same in words of the machine's order (little-endian), as /proc/net/tcp has it. */
function procHexOf(address: string): string {
  return Buffer.from(hexOf(address), 'hex').swap32().toString('hex');
}

function fromProcHex(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32();
  return bytes.length === 4 ? [...bytes].join('.') : fromHex(bytes.toString('hex'));
}
