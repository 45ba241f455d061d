import { parse as parseYaml } from 'yaml';
import { messageOf } from '../../harness/messages/error-text.ts';
import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { unreadable } from '../../harness/this-machine/checked-json.ts';
import { readRegularFile } from '../../harness/this-machine/read-file.ts';
import { parseIniInventory } from './ini-inventory.ts';
import { expandRange, type InventoryHost, merged, type Vars } from './inventory-host.ts';
import { parseDestination } from './target-names.ts';

const maxBytes = 4 * 1024 * 1024;
const maxHosts = 5_000;
const hint = 'one a line: ssh://USER@HOST[:PORT], USER@HOST or HOST; or an inventory of Ansible, YAML or INI';

/** The targets of a file, as words of a command line, each once. Throws INPUT with every problem at once. */
export function readHostList(file: string): string[] {
  let text: string;
  try {
    text = readRegularFile(file, maxBytes).toString('utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const problems: string[] = [];
  const words = wordsOf(file, text).flatMap((word) => {
    try {
      return checkedWord(word);
    } catch (error) {
      problems.push(plainLine(messageOf(error), 200));
      return [];
    }
  });
  if (words.length === 0 && problems.length === 0) problems.push('no host in it');
  if (words.length > maxHosts) problems.push(`${words.length} hosts, allowed: ${maxHosts}`);
  if (problems.length === 0) return [...new Set(words)];
  throw new RdcError('INPUT', `${file}: not a list of hosts:${problems.map((one) => `\n  ${one}`).join('')}`, { hint });
}

function checkedWord(word: string): string {
  if (word === 'local') return word;
  const address = word.startsWith('ssh://') ? word : `ssh://${word}`;
  parseDestination(address);
  return address;
}

function wordsOf(file: string, text: string): string[] {
  if (/\.(ya?ml|json)$/.test(file)) return yamlHosts(file, text).map(wordOfHost);
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)[#;].*$/, '').trim());
  if (lines.some((line) => line.startsWith('[') || /\sansible_\w+=/.test(line)))
    return parseIniInventory(lines).map(wordOfHost);
  return lines.filter((line) => line !== '');
}

function wordOfHost({ name, vars }: InventoryHost): string {
  const text = (key: string) => (vars[key] === undefined || vars[key] === null ? undefined : String(vars[key]));
  if (text('ansible_connection') === 'local') return 'local';
  const user = text('ansible_user') ?? text('ansible_ssh_user');
  const host = text('ansible_host') ?? text('ansible_ssh_host') ?? name;
  const port = text('ansible_port') ?? text('ansible_ssh_port');
  return `ssh://${user === undefined ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
}

type Group = {
  hosts?: Record<string, Vars | null> | null;
  children?: Record<string, Group | null> | null;
  vars?: Vars | null;
};

function yamlHosts(file: string, text: string): InventoryHost[] {
  let document: unknown;
  try {
    document = parseYaml(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw new RdcError('INPUT', `${file}: not YAML: ${plainLine(messageOf(cause), 200)}`, { cause, hint });
  }
  if (typeof document !== 'object' || document === null) return [];
  const all = Object.values(document as Record<string, Group | null>);
  return merged(all.flatMap((group) => hostsOfGroup(group, {}, 0)));
}

function hostsOfGroup(group: Group | null, inherited: Vars, depth: number): InventoryHost[] {
  if (typeof group !== 'object' || group === null || depth > 20) return [];
  const vars = { ...inherited, ...group.vars };
  const own = Object.entries(group.hosts ?? {}).flatMap(([name, mine]) =>
    expandRange(name).map((one) => ({ name: one, vars: { ...vars, ...mine } })),
  );
  const below = Object.values(group.children ?? {}).flatMap((child) => hostsOfGroup(child, vars, depth + 1));
  return [...own, ...below];
}
