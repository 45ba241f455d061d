import { expandRange, type InventoryHost, merged, type Vars } from './inventory-host.ts';

type Section = { hosts: InventoryHost[]; vars: Record<string, string>; children: string[] };

/** An inventory of Ansible in INI form: groups with hosts, their variables and their groups. Lines have no comments. */
export function parseIniInventory(lines: readonly string[]): InventoryHost[] {
  const groups = new Map<string, Section>();
  const sectionOf = (name: string) => {
    const section = groups.get(name) ?? { hosts: [], vars: {}, children: [] };
    groups.set(name, section);
    return section;
  };
  let name = 'ungrouped';
  let kind = 'hosts';
  for (const line of lines.filter(Boolean)) {
    const [, group, of = 'hosts'] = /^\[([^\]:]+)(?::(vars|children))?\]$/.exec(line) ?? [];
    if (group !== undefined) [name, kind] = [group, of];
    else if (kind === 'children') sectionOf(name).children.push(line);
    else if (kind === 'vars') Object.assign(sectionOf(name).vars, assignments(line));
    else sectionOf(name).hosts.push(...hostsOfLine(line));
  }
  return hostsOfGroups(groups);
}

function hostsOfLine(line: string): InventoryHost[] {
  const [pattern = ''] = line.split(/\s/);
  return expandRange(pattern).map((name) => ({ name, vars: assignments(line.slice(pattern.length)) }));
}

function assignments(text: string): Record<string, string> {
  const found = text.matchAll(/(\w+)\s*=\s*("[^"]*"|'[^']*'|\S+)/g);
  return Object.fromEntries([...found].map(([, key = '', value = '']) => [key, value.replace(/^(["'])(.*)\1$/, '$2')]));
}

/** What stands at the host beats its group, which beats the groups above it. */
function hostsOfGroups(groups: ReadonlyMap<string, Section>): InventoryHost[] {
  const varsAbove = (name: string, seen: readonly string[]): Vars => {
    const above = [...groups].filter(([other, { children }]) => children.includes(name) && !seen.includes(other));
    const inherited = above.map(([other]) => varsAbove(other, [...seen, name]));
    return Object.assign({ ...groups.get('all')?.vars }, ...inherited, groups.get(name)?.vars);
  };
  return merged(
    [...groups].flatMap(([group, { hosts }]) =>
      hosts.map(({ name, vars }) => ({ name, vars: { ...varsAbove(group, []), ...vars } })),
    ),
  );
}
