import type { Results } from './results.schema.ts';

/** What conditions can ask about: `target.name`, `host.kernel`, `daemon.serverVersion`. */
export type Known = Pick<Results, 'target' | 'facts'>;

export function factAt(path: string, { target, facts }: Known): unknown {
  let value: unknown = { target, host: facts.host, daemon: facts.daemon };
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
