import { plainLine } from '../../harness/messages/plain-text.ts';
import type { Results } from '../results/results.schema.ts';

const limits = { depth: 6, facts: 2_000, chars: 200 };

/** Facts that differ between any two machines and explain nothing. */
const noise = /^host\.(user\.(uid|gid|name|home)|runtimeDir|socket)$|\.command$/;

/**
 * The facts of one target, a line each: `host.cgroup.userControllers` is `cpu memory pids`, an installation step is
 * `host.install.setuptool check` with its exit code. Values come from targets: bounded, on one line.
 */
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
