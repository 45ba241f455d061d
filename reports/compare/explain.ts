import { plainLine } from '../../harness/messages/plain-text.ts';
import { present } from '../results/present.ts';
import type { Results } from '../results/results.schema.ts';

/** One fact in every column of a comparison; null where a target does not have it. */
export type FactRow = { readonly fact: string; readonly values: readonly (string | null)[] };

export type Explanation = FactRow & {
  /** 1: knowing the fact is knowing the verdict; near 0: it says nothing about it */
  readonly fit: number;
  readonly why?: string;
};

const nearest: Readonly<Record<string, readonly RegExp[]>> = {
  prerequisites: [
    /^host\.(sysctl|user\.sub|install|paths)/,
    /^host\.versions\.rootlesskit/,
    /^host\.versions\.(slirp4netns|iptables)/,
    /^host\.lsm/,
  ],
  sockets: [/^host\.install/, /^host\.versions\.(docker|rootlesskit)/, /^host\.systemdVersion/],
  namespaces: [/^host\.(sysctl|user\.sub)/, /^host\.versions\.rootlesskit/, /^host\.kernel/],
  ports: [
    /^host\.sysctl\.unprivilegedPortStart/,
    /^(daemon\.|host\.rootlesskit\.)portDriver/,
    /^host\.versions\.(rootlesskit|slirp4netns|pasta)/,
  ],
  network: [
    /^(daemon\.|host\.rootlesskit\.)networkDriver/,
    /^host\.(rootlesskit\.detachesNetns|asked\.firewallBackend)/,
    /^host\.sysctl\.ping/,
    /^host\.versions\.(slirp4netns|pasta|rootlesskit|iptables)/,
  ],
  cgroups: [/^host\.cgroup/, /^host\.(systemdVersion|init)/, /^daemon\.cgroup/, /^host\.versions\.runc/],
  storage: [/^daemon\.storage/, /^host\.kernel/, /^host\.versions\.fuse-overlayfs/],
  lifecycle: [/^host\.(init|systemdVersion)/, /^host\.install/],
  mlock: [/^host\.user\.memlockBytes/, /^host\.systemdVersion/, /^host\.memoryMiB/, /^host\.kernel/],
  limits: [/^host\.user\.(memlock|nofile)/, /^host\.sysctl\.maxKeys/, /^host\.systemdVersion/],
  serial: [/^host\.serialPorts/, /^host\.user\.groups/, /^host\.versions\.runc/],
  guides: [/^host\.user\.(memlock|nofile)/, /^host\.(systemdVersion|cgroup)/, /^daemon\.cgroup/],
  containment: [/^host\.lsm/, /^daemon\.securityOptions/, /^host\.versions\.(docker|runc)/],
};
const nearEverything = [/^host\.kernel$/, /^host\.versions\.dockerd/, /^host\.os\.versionId/, /^daemon\.serverVersion/];

/** What is known to bring a fact about: where the effect differs, its cause is named beside it. */
const rules: readonly (readonly [effect: RegExp, cause: RegExp, why: string])[] = [
  [/^host\.cgroup\.userControllers/, /^host\.systemdVersion/, 'systemd delegates cpu to users from version 252 on'],
  [/^daemon\.storageDriver/, /^host\.kernel$/, 'overlay mounts in a user namespace are allowed from Linux 5.11 on'],
  [
    /^host\.user\.memlockBytes/,
    /^host\.systemdVersion/,
    "the user manager's default for RLIMIT_MEMLOCK follows systemd (an eighth of the memory in older ones, then 8 MiB)",
  ],
  [/^daemon\.cgroupDriver/, /^host\.(cgroup\.version|init)/, 'the systemd driver needs cgroup v2 and systemd'],
];

/** Facts that tell the verdict (`outcomes`, null: none), best first: near to the area, or named by the reasons. */
export function explain(
  check: { readonly area: string; readonly outcomes: readonly (string | null)[]; readonly reasons: string },
  facts: readonly FactRow[],
): Explanation[] {
  return facts
    .map((row) => ({ row, fit: fitOf(row.values, check.outcomes) }))
    .filter(({ fit }) => fit > 0)
    .map(({ row, fit }) => ({ row, fit, rank: fit + nearness(row.fact, check.area) + named(row, check.reasons) }))
    .sort((a, b) => b.rank - a.rank || a.row.fact.localeCompare(b.row.fact))
    .slice(0, 3)
    .map(({ row, fit }) => {
      const [, , why] = rules.find(([effect]) => effect.test(row.fact)) ?? [];
      return present({ ...row, fit, why });
    });
}

export function causeOf(effect: string, facts: readonly FactRow[]): { cause: string; why: string } | undefined {
  for (const [ofRule, ofCause, why] of rules) {
    const cause = ofRule.test(effect) && facts.find(({ fact }) => ofCause.test(fact));
    if (cause) return { cause: cause.fact, why };
  }
  return undefined;
}

/** How well the values predict the outcomes; many values count less, since a serial number predicts anything. */
function fitOf(values: readonly (string | null)[], outcomes: readonly (string | null)[]): number {
  const known = [...outcomes.keys()].filter((index) => outcomes[index] !== null);
  const byValue = [...Map.groupBy(known, (index) => values[index] ?? null).values()];
  const byOutcome = Map.groupBy(known, (index) => outcomes[index]);
  if (byValue.length < 2) return 0;
  const largest = (groups: Iterable<readonly number[]>) => Math.max(...[...groups].map(({ length }) => length));
  const predicted = byValue
    .map((same) => largest(Map.groupBy(same, (index) => outcomes[index]).values()))
    .reduce((sum, count) => sum + count, 0);
  const commonest = largest(byOutcome.values());
  if (predicted <= commonest) return 0;
  const gain = (predicted - commonest) / (known.length - commonest);
  return gain * Math.min(1, byOutcome.size / byValue.length);
}

function nearness(fact: string, area: string): number {
  const own = nearest[area] ?? [];
  const index = own.findIndex((pattern) => pattern.test(fact));
  if (index !== -1) return 2 - index / 10;
  return nearEverything.some((pattern) => pattern.test(fact)) ? 1 : 0;
}

/** A reason such as `systemd 247 does not delegate cpu` names the fact itself. */
function named({ fact, values }: FactRow, reasons: string): number {
  const word = fact.replace(/^.*\./s, '').replace(/(Version|Bytes|MiB)$/, '');
  const isNamed = word.length > 3 && reasons.toLowerCase().includes(word.toLowerCase());
  if (!isNamed) return 0;
  if (values.some((value) => value !== null && reasons.includes(value))) return 1.5;
  // `refused before Docker 23.0`: the program, and a version that no column has
  return fact.startsWith('host.versions.') ? 0.5 : 0;
}

const limits = { depth: 6, facts: 2_000, chars: 200 };

/** Facts that differ between any two machines and explain nothing. */
const noise = /^host\.(user\.(uid|gid|name|home)|runtimeDir|socket)$|\.command$/;

/** The facts by their path, a line each, bounded: they come from targets. An installation step is its exit code. */
export function flattenFacts({ facts }: Pick<Results, 'facts'>): ReadonlyMap<string, string> {
  const flat = new Map<string, string>();
  const add = (path: string, value: unknown, depth: number): void => {
    if (flat.size >= limits.facts || noise.test(path)) return;
    if (typeof value !== 'object' || value === null) flat.set(path, textOf(value));
    else if (Array.isArray(value) && value.every(isStep)) {
      for (const step of value) flat.set(`host.install.${plainLine(step.name, 60)}`, `exit code ${step.exitCode}`);
    } else if (Array.isArray(value)) flat.set(path, textOf(value.map(textOf).sort().join(' ')));
    else if (depth < limits.depth) {
      for (const [key, entry] of Object.entries(value)) add(`${path}.${plainLine(key, 60)}`, entry, depth + 1);
    }
  };
  add('host', facts.host, 0);
  if (facts.daemon !== null) add('daemon', facts.daemon, 0);
  return flat;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  return plainLine(typeof value === 'object' ? JSON.stringify(value) : String(value), limits.chars) || 'empty';
}

function isStep(value: unknown): value is { name: string; exitCode: number } {
  return typeof value === 'object' && value !== null && 'name' in value && 'exitCode' in value;
}
