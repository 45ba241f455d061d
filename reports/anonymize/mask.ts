import { isIPv6 } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { plainText } from '../../harness/messages/plain-text.ts';
import type { Results } from '../results/results.schema.ts';
import { Addresses, canonicalV6 } from './addresses.ts';
import { addHost, findNames, findNamesInResults } from './find-names.ts';
import { Names } from './names.ts';

/** How many different ones were replaced. */
export type MaskCounts = {
  readonly users: number;
  readonly hosts: number;
  readonly domains: number;
  readonly addresses: number;
};

const maxRemembered = 5_000;

/** Replaces the names of users and hosts and the addresses of one bundle; learns all of its files before it applies. */
export type Mask = {
  learn(content: Buffer, isResults: boolean): void;
  apply(path: string, content: Buffer, isResults: boolean): { readonly path: string; readonly content: Buffer };
  text(text: string): string;
  counts(): MaskCounts;
};

/** `hide`: names that stand nowhere that tells what they are. */
export function createMask(hide: readonly string[] = [], self = { user: ownUser(), host: hostname() }): Mask {
  const [names, addresses] = [new Names(), new Addresses()];
  const hostAddresses = new Set<string>();
  let isComplete = false;
  const complete = () => {
    if (isComplete) return;
    isComplete = true;
    for (const name of hide) names.hide(name);
    // whoever packs ran the harness, as a rule: what it names of its own machine is hidden as well
    names.add('user', self.user);
    addHost(names, self.host);
    for (const host of hostAddresses)
      names.addAs(host, addresses.replace(canonicalV6(host.replaceAll('_', ':'))).replaceAll(':', '_'));
  };
  // results of many targets say the same: titles, remedies, reasons
  const learned = new Set<string>();
  const masked = new Map<string, string>();
  const learnText = (value: string, path = '') => {
    if (learned.has(value)) return;
    if (learned.size < maxRemembered && value.length < 1_000 && !isVersion(path)) learned.add(value);
    findNames(names, value);
    if (!isVersion(path)) addresses.learn(value);
  };
  const maskText = (value: string, path = '') => {
    complete();
    if (isVersion(path)) return names.replace(value);
    const known = masked.get(value);
    if (known !== undefined) return known;
    const text = addresses.replace(names.replace(value));
    if (masked.size < maxRemembered && value.length < 1_000) masked.set(value, text);
    return text;
  };
  return {
    text: maskText,
    learn(content, isResults) {
      if (!isResults) return learnText(plainContent(content));
      const results = JSON.parse(content.toString('utf8')) as Results;
      // a target's name has no colons: it is a folder's
      const host = results.target.name.replace(/^[^@]*@/, '');
      if (isIPv6(host.replaceAll('_', ':'))) {
        hostAddresses.add(host);
        addresses.learn(host.replaceAll('_', ':'));
      }
      findNamesInResults(names, results);
      mapTexts(results, (value, path) => {
        learnText(value, path);
        return value;
      });
    },
    apply(path, content, isResults) {
      if (!isResults) return { path: maskText(path), content: Buffer.from(maskText(plainContent(content))) };
      const document = mapTexts(JSON.parse(content.toString('utf8')), maskText);
      return { path: maskText(path), content: Buffer.from(`${JSON.stringify(document, null, 2)}\n`) };
    },
    counts: () => ({
      users: names.used('user'),
      hosts: names.used('host'),
      domains: names.used('domain'),
      addresses: addresses.used,
    }),
  };
}

/** A user without an entry in /etc/passwd, as in many containers, has no name there. */
function ownUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? process.env.LOGNAME ?? '';
  }
}

/** Escape sequences go first: a name would not be a word of its own after `\e[1m`, nor after what evidence keeps of it. */
function plainContent(content: Buffer): string {
  const text = content.toString('utf8');
  return plainText(text, text.length)
    .replace(/\ufffd\[[0-?]*[ -/]*[@-~]?/g, '')
    .replaceAll('\ufffd', '');
}

/** Fields that the suite or the schema fills in; everything else, known here or not, may say a name. */
const isFixed =
  /^(schema|conformance|suite\/.*|run\/(startedAt|gate\/\*)|target\/kind|facts\/(fixtureImage|host\/os\/.*)|ratchet\/date|(checks|notJudged)\/\*\/(id|area|level|verdict|finding|blockedBy|waiver\/(state|expires)))$/;

/** Here a text of four numbers is no address. */
function isVersion(path: string): boolean {
  return /^facts\/(host\/(versions|kernel)|daemon\/(components|\w*[vV]ersion))/.test(path);
}

/** The same document with every text that is not fixed, and every name of a fact, replaced by what `change` makes of it. */
function mapTexts(value: unknown, change: (text: string, path: string) => string, path = ''): unknown {
  if (typeof value === 'string') return isFixed.test(path) ? value : change(value, path);
  if (typeof value !== 'object' || value === null) return value;
  const below = (key: string) => (path === '' ? key : `${path}/${key}`);
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change, below('*')));
  const entries = Object.entries(value).map(([key, entry]) => [
    path.startsWith('facts/') && !isFixed.test(below(key)) ? change(key, path) : key,
    mapTexts(entry, change, below(key)),
  ]);
  return Object.fromEntries(entries);
}
