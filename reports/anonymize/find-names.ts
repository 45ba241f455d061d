import { isIPv6 } from 'node:net';
import type { Results } from '../results/results.schema.ts';
import type { Names } from './names.ts';

/** The names that results say themselves: of the target, of the user of its facts, of who owns a waiver. */
export function findNamesInResults(names: Names, results: Results): void {
  const { target, facts, checks } = results;
  // a machine of the lab is one of the suite's own
  if (target.kind === 'machine') names.keep(target.name);
  const user = textAt(facts.host, 'user', 'name');
  const [, login, host] = /^([^@]+)@(.+)$/.exec(target.kind === 'ssh' ? target.name : '') ?? [];
  if (login !== undefined) names.add('user', login);
  if (target.kind === 'local') names.add('user', target.name.replace(/^local-/, ''));
  if (user !== undefined) names.add('user', user);
  if (host !== undefined && !isIPv6(host.replaceAll('_', ':'))) addHost(names, host);
  for (const { waiver } of checks) {
    if (!waiver) continue;
    names.add('user', waiver.owner);
    const tracker = URL.canParse(waiver.bug) ? new URL(waiver.bug).hostname : '';
    if (!publicTrackers.has(tracker)) names.add('host', tracker);
  }
}

const publicTrackers = new Set(
  'github.com gitlab.com bugs.debian.org bugs.launchpad.net bugzilla.redhat.com bugzilla.kernel.org'.split(' '),
);

/** `web.corp.example` is a host, `web` the same, and `corp.example` a domain. An address is none. */
export function addHost(names: Names, name: string): void {
  const host = name.replace(/\.$/, '');
  const [short = '', ...domain] = host.split('.');
  names.add('host', host);
  names.add('host', short, host);
  if (domain.length > 1) names.add('domain', domain.join('.'));
}

type Finder = { readonly pattern: RegExp; found(names: Names, parts: readonly string[]): void };

const word = '[A-Za-z_][\\w.-]*';
const hostWord = '[A-Za-z0-9][\\w.-]*';
const hosts = (pattern: RegExp): Finder => ({ pattern, found: (names, [host = '']) => addHost(names, host) });
const users = (pattern: RegExp): Finder => ({ pattern, found: (names, [user = '']) => names.add('user', user) });

/** Accounts below are of the system on every distribution that the suite knows; 65534 is nobody. */
const firstUserId = 1_000;
const isOfPerson = (id: string | undefined) => Number(id) >= firstUserId && Number(id) !== 65_534;

/** Where texts of a host name somebody. Each pattern runs over a whole text, and none twice over a part of it. */
const finders: readonly Finder[] = [
  {
    // /etc/passwd: the full name is the first part of the fifth field
    pattern: new RegExp(`^(${word}\\$?):[^:\\n]*:(\\d+):\\d+:([^:,\\n]*)[^:\\n]*:[^:\\n]*:[^:\\n]*$`, 'gm'),
    found: (names, [user = '', id, fullName = '']) => {
      if (!isOfPerson(id)) return;
      names.add('user', user);
      names.add('user', fullName.trim(), user);
    },
  },
  {
    // /etc/group, with who is in it
    pattern: new RegExp(`^(${word}):[^:\\n]*:(\\d+):([\\w.,$-]*)$`, 'gm'),
    found: (names, [group = '', id, members = '']) => {
      for (const member of members.split(',')) names.add('user', member);
      if (isOfPerson(id)) names.add('user', group);
    },
  },
  users(new RegExp(`^(${word}):\\d+:\\d+$`, 'gm')),
  {
    pattern: /\buid=(\d+)\(([^)\s]+)\)/g,
    found: (names, [id, user = '']) => void (isOfPerson(id) && names.add('user', user)),
  },
  users(/\/(?:home|Users|linger)\/([\w][\w.-]*\w)/g),
  {
    // an address of mail; systemd's units look like one
    pattern:
      /(?<![\w.+-])([\w.+-]{1,64})@([\w-]+(?:\.[\w-]+)*\.(?!service|slice|scope|socket|mount|target|timer|device)[a-z]{2,})\b/g,
    found: (names, [user = '', domain = '']) => {
      names.add('user', user);
      names.add('domain', domain);
    },
  },
  {
    pattern: /\bssh:\/\/([\w.-]+)@([\w.-]+)/g,
    found: (names, [user = '', host = '']) => {
      names.add('user', user);
      addHost(names, host);
    },
  },
  hosts(/\bHostname set to <([^>\s]+)>/g),
  hosts(new RegExp(`^(?!Last )(${hostWord}) login: `, 'gm')),
  hosts(new RegExp(`\\b(?:Static|Transient) hostname:\\s*(${hostWord})`, 'gi')),
  hosts(new RegExp(`"hostname":\\s*"(${hostWord})"`, 'gi')),
  hosts(new RegExp(`\\bHOSTNAME=(${hostWord})`, 'g')),
  hosts(new RegExp(`^\\$ [^\\n]*(?:\\bhostname(?: -[fs])?|/etc/hostname|\\buname -n)'?\\n(${hostWord})$`, 'gm')),
  hosts(new RegExp(`\\bLinux (${hostWord}) \\d+\\.\\d+\\S* #`, 'g')),
  // the journal and syslog, by their two forms of a time
  hosts(new RegExp(`^[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d (${hostWord}) [^\\s:]+:`, 'gm')),
  hosts(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+(?:Z|[+-]\\d\\d:?\\d\\d) (${hostWord}) [^\\s:]+:`, 'gm')),
  {
    // Debian's line for the own name in /etc/hosts
    pattern: /^127\.0\.1\.1[ \t]+(\S[^\n]*)$/gm,
    found: (names, [line = '']) => {
      for (const host of line.trim().split(/\s+/)) addHost(names, host);
    },
  },
  // `docker info`, as text and as JSON
  hosts(new RegExp(`^ *Name: (${hostWord})\\n *ID: `, 'gm')),
  hosts(new RegExp(`"Name":\\s*"(${hostWord})",\\s*"Labels"`, 'g')),
  {
    pattern: /^(?:search|domain)[ \t]+(\S[^\n]*)$/gm,
    found: (names, [line = '']) => {
      for (const domain of line.trim().split(/\s+/))
        if (/^[\w-]+(\.[\w-]+)+$/.test(domain)) names.add('domain', domain);
    },
  },
];

/** The names that a text of a host says. */
export function findNames(names: Names, text: string): void {
  for (const { pattern, found } of finders) for (const [, ...parts] of text.matchAll(pattern)) found(names, parts);
}

function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  let at = value;
  for (const key of keys) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  return typeof at === 'string' ? at : undefined;
}
