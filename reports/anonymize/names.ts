export type NameKind = 'user' | 'host' | 'domain';

/** Names that are nobody's: of every system, of the accounts that images come with, or words of what the suite is about. */
const kept = new Set(
  `root nobody daemon docker rootless rootlesskit localhost localdomain user host domain linux none systemd kernel
  vagrant other admin core opc ec2-user cloud-user debian ubuntu fedora centos rocky almalinux alpine arch opensuse suse`.split(
    /\s+/,
  ),
);

/** Replaces names by `user-1`, `host-1`, `domain-1`, as whole words: `alice` in `local-alice`, not in `malice`. */
export class Names {
  /** by name; `same` is another name of the same user or host */
  readonly #learned = new Map<string, { readonly kind: NameKind; readonly same?: string }>();
  readonly #pseudonyms = new Map<string, string>();
  readonly #kept = new Set(kept);
  readonly #used = new Set<string>();
  #pattern: RegExp | undefined;

  used(kind: NameKind): number {
    return [...this.#used].filter((name) => name.startsWith(`${kind}-`)).length;
  }

  /** Takes note of a name; the first word on it counts. All names come before the first `replace`. */
  add(kind: NameKind, name: string, same?: string): void {
    const key = keyOf(name);
    if (name.length < 2 || /^[\d.:_-]*$/.test(name) || this.#kept.has(key) || this.#learned.has(key)) return;
    this.#learned.set(key, same === undefined ? { kind } : { kind, same: keyOf(same) });
  }

  keep(name: string): void {
    if (!this.#learned.has(keyOf(name))) this.#kept.add(keyOf(name));
  }

  /** A name that somebody asked to hide: nothing keeps it. */
  hide(name: string): void {
    this.#learned.set(keyOf(name), { kind: 'host' });
  }

  /** Takes note of what stands for a name in a place of its own, as it is to be written. */
  addAs(name: string, pseudonym: string): void {
    this.#pseudonyms.set(keyOf(name), pseudonym);
  }

  replace(text: string): string {
    this.#pattern ??= this.#compile();
    return text.replace(this.#pattern, (found) => {
      const pseudonym = this.#pseudonyms.get(keyOf(found)) ?? found;
      this.#used.add(pseudonym);
      return pseudonym;
    });
  }

  #compile(): RegExp {
    const next = { user: 0, host: 0, domain: 0 };
    const fresh = (kind: NameKind): string => {
      const name = `${kind}-${++next[kind]}`;
      // somebody may really be called so
      return this.#learned.has(name) ? fresh(kind) : name;
    };
    for (const [name, { kind, same = '' }] of this.#learned) {
      if (!this.#pseudonyms.has(name)) this.#pseudonyms.set(name, this.#pseudonyms.get(same) ?? fresh(kind));
    }
    const names = [...this.#pseudonyms.keys()].sort((a, b) => b.length - a.length);
    if (names.length === 0) return /(?!)/;
    // systemd writes the hyphens of a name as \x2d in paths
    const words = names.map((name) => name.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&').replaceAll('-', '(?:-|\\\\x2d)'));
    return new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
  }
}

function keyOf(name: string): string {
  return name.replaceAll('\\x2d', '-').toLowerCase();
}
