export type Vars = Readonly<Record<string, unknown>>;
/** A host of an inventory with the variables that hold for it. */
export type InventoryHost = { readonly name: string; readonly vars: Vars };

const maxRange = 5_000;

/** A host may stand in several groups: what is said of it last holds. */
export function merged(hosts: readonly InventoryHost[]): InventoryHost[] {
  const byName = new Map<string, Vars>();
  for (const { name, vars } of hosts) byName.set(name, { ...byName.get(name), ...vars });
  return [...byName].map(([name, vars]) => ({ name, vars }));
}

/** `web[01:03].example` is three hosts. */
export function expandRange(name: string): string[] {
  const [, before = '', from = '', to = '', after = ''] = /^(.*?)\[(\d+):(\d+)\](.*)$/.exec(name) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === '' || last < first || last - first >= maxRange) return [name];
  return Array.from({ length: last - first + 1 }, (_, index) => {
    return `${before}${String(first + index).padStart(from.length, '0')}${after}`;
  });
}
