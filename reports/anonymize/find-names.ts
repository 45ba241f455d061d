import { isIPv6 } from 'node:net';
import { factAt } from '../results/fact-path.ts';
import type { Results } from '../results/results.schema.ts';
import type { Names } from './names.ts';

export function findNamesInResults(names: Names, results: Results): void {
  const { target, checks } = results;
  // a machine of the lab is one of the suite's own
  if (target.kind === 'machine') names.keep(target.name);
  const [, login = '', host = ''] = /^([^@]+)@(.+)$/.exec(target.kind === 'ssh' ? target.name : '') ?? [];
  const user = factAt('host.user.name', results);
  names.add('user', login);
  if (target.kind === 'local') names.add('user', target.name.replace(/^local-/, ''));
  if (typeof user === 'string') names.add('user', user);
  if (!isIPv6(host.replaceAll('_', ':'))) addHost(names, host);
  for (const { waiver } of checks) {
    if (!waiver) continue;
    names.add('user', waiver.owner);
    const tracker = URL.parse(waiver.bug)?.hostname ?? '';
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

type Finder = readonly [pattern: RegExp, found: (names: Names, parts: readonly string[]) => void];

const word = '[A-Za-z_][\\w.-]*';
const hostWord = '[A-Za-z0-9][\\w.-]*';
const host = (pattern: RegExp): Finder => [pattern, (names, [name = '']) => addHost(names, name)];
const user = (pattern: RegExp): Finder => [pattern, (names, [name = '']) => names.add('user', name)];

/** Accounts below 1000 are of the system on every distribution that the suite knows; 65534 is nobody. */
const isOfPerson = (id: string | undefined) => Number(id) >= 1_000 && Number(id) !== 65_534;

/** Where texts of a host name somebody. Each pattern runs over a whole text, and none twice over a part of it. */
const finders: readonly Finder[] = [
  // /etc/passwd: the full name is the first part of the fifth field
  [
    new RegExp(`^(${word}\\$?):[^:\\n]*:(\\d+):\\d+:([^:,\\n]*)[^:\\n]*:[^:\\n]*:[^:\\n]*$`, 'gm'),
    (names, [user = '', id, fullName = '']) => {
      if (!isOfPerson(id)) return;
      names.add('user', user);
      names.add('user', fullName.trim(), user);
    },
  ],
  // /etc/group, with who is in it
  [
    new RegExp(`^(${word}):[^:\\n]*:(\\d+):([\\w.,$-]*)$`, 'gm'),
    (names, [group = '', id, members = '']) => {
      for (const member of members.split(',')) names.add('user', member);
      if (isOfPerson(id)) names.add('user', group);
    },
  ],
  user(new RegExp(`^(${word}):\\d+:\\d+$`, 'gm')),
  [/\buid=(\d+)\(([^)\s]+)\)/g, (names, [id, user = '']) => isOfPerson(id) && names.add('user', user)],
  user(/\/(?:home|Users|linger)\/([\w][\w.-]*\w)/g),
  // an address of mail; systemd's units look like one
  [
    /(?<![\w.+-])([\w.+-]{1,64})@([\w-]+(?:\.[\w-]+)*\.(?!service|slice|scope|socket|mount|target|timer|device)[a-z]{2,})\b/g,
    (names, [user = '', domain = '']) => {
      names.add('user', user);
      names.add('domain', domain);
    },
  ],
  [
    /\bssh:\/\/([\w.-]+)@([\w.-]+)/g,
    (names, [user = '', host = '']) => {
      names.add('user', user);
      addHost(names, host);
    },
  ],
  host(/\bHostname set to <([^>\s]+)>/g),
  host(new RegExp(`^(?!Last )(${hostWord}) login: `, 'gm')),
  host(new RegExp(`\\b(?:Static|Transient) hostname:\\s*(${hostWord})`, 'gi')),
  host(new RegExp(`"hostname":\\s*"(${hostWord})"`, 'gi')),
  host(new RegExp(`\\bHOSTNAME=(${hostWord})`, 'g')),
  host(new RegExp(`^\\$ [^\\n]*(?:\\bhostname(?: -[fs])?|/etc/hostname|\\buname -n)'?\\n(${hostWord})$`, 'gm')),
  host(new RegExp(`\\bLinux (${hostWord}) \\d+\\.\\d+\\S* #`, 'g')),
  // the journal and syslog, by their two forms of a time
  host(new RegExp(`^[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d (${hostWord}) [^\\s:]+:`, 'gm')),
  host(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+(?:Z|[+-]\\d\\d:?\\d\\d) (${hostWord}) [^\\s:]+:`, 'gm')),
  // Debian's line for the own name in /etc/hosts
  [
    /^127\.0\.1\.1[ \t]+(\S[^\n]*)$/gm,
    (names, [line = '']) => {
      for (const name of wordsOf(line)) addHost(names, name);
    },
  ],
  // `docker info`, as text and as JSON
  host(new RegExp(`^ *Name: (${hostWord})\\n *ID: `, 'gm')),
  host(new RegExp(`"Name":\\s*"(${hostWord})",\\s*"Labels"`, 'g')),
  [
    /^(?:search|domain)[ \t]+(\S[^\n]*)$/gm,
    (names, [line = '']) => {
      for (const domain of wordsOf(line)) if (/^[\w-]+(\.[\w-]+)+$/.test(domain)) names.add('domain', domain);
    },
  ],
];

function wordsOf(line: string): string[] {
  return line.trim().split(/\s+/);
}

export function findNames(names: Names, text: string): void {
  for (const [pattern, found] of finders) for (const [, ...parts] of text.matchAll(pattern)) found(names, parts);
}
