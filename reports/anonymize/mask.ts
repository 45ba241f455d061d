import { isIPv6 } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { plainText } from '../../harness/messages/plain-text.ts';
import type { Results } from '../results/results.schema.ts';
import { Addresses, canonicalV6 } from './addresses.ts';
import { addHost, findNames, findNamesInResults } from './find-names.ts';
import { Names } from './names.ts';

export type MaskCounts = Readonly<Record<'users' | 'hosts' | 'domains' | 'addresses', number>>;

const maxRemembered = 5_000;

/** Replaces the names of users and hosts and the addresses of one bundle; learns all of its files before it applies. */
export class Mask {
  readonly #names = new Names();
  readonly #addresses = new Addresses();
  readonly #hostAddresses = new Set<string>();
  #isComplete = false;
  // results of many targets say the same: titles, remedies, reasons
  readonly #learned = new Set<string>();
  readonly #masked = new Map<string, string>();

  readonly #hide: readonly string[];
  readonly #self: { readonly user: string; readonly host: string };

  /** `hide`: names that no rule would find. */
  constructor(hide: readonly string[] = [], self = { user: ownUser(), host: hostname() }) {
    this.#hide = hide;
    this.#self = self;
  }

  learn(content: Buffer, isResults: boolean): void {
    if (!isResults) {
      this.#learnText(plainContent(content));
      return;
    }
    const results = JSON.parse(content.toString('utf8')) as Results;
    // a target's name has no colons: it is a folder's
    const host = results.target.name.replace(/^[^@]*@/, '');
    if (isIPv6(host.replaceAll('_', ':'))) {
      this.#hostAddresses.add(host);
      this.#addresses.learn(host.replaceAll('_', ':'));
    }
    findNamesInResults(this.#names, results);
    mapTexts(results, (value, path) => {
      this.#learnText(value, path);
      return value;
    });
  }

  apply(path: string, content: Buffer, isResults: boolean): { readonly path: string; readonly content: Buffer } {
    if (!isResults) return { path: this.text(path), content: Buffer.from(this.text(plainContent(content))) };
    const document = mapTexts(JSON.parse(content.toString('utf8')), (value, at) => this.text(value, at));
    return { path: this.text(path), content: Buffer.from(`${JSON.stringify(document, null, 2)}\n`) };
  }

  text(value: string, path = ''): string {
    this.#complete();
    if (isVersion(path)) return this.#names.replace(value);
    const known = this.#masked.get(value);
    if (known !== undefined) return known;
    const text = this.#addresses.replace(this.#names.replace(value));
    if (this.#masked.size < maxRemembered && value.length < 1_000) this.#masked.set(value, text);
    return text;
  }

  counts(): MaskCounts {
    const [names, addresses] = [this.#names, this.#addresses.used];
    return { users: names.used('user'), hosts: names.used('host'), domains: names.used('domain'), addresses };
  }

  #learnText(value: string, path = ''): void {
    if (this.#learned.has(value)) return;
    if (this.#learned.size < maxRemembered && value.length < 1_000 && !isVersion(path)) this.#learned.add(value);
    findNames(this.#names, value);
    if (!isVersion(path)) this.#addresses.learn(value);
  }

  #complete(): void {
    if (this.#isComplete) return;
    this.#isComplete = true;
    for (const name of this.#hide) this.#names.hide(name);
    // whoever packs ran the harness, as a rule: what it names of its own machine is hidden as well
    this.#names.add('user', this.#self.user);
    addHost(this.#names, this.#self.host);
    for (const host of this.#hostAddresses) {
      const address = this.#addresses.replace(canonicalV6(host.replaceAll('_', ':')));
      this.#names.addAs(host, address.replaceAll(':', '_'));
    }
  }
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
  /^(schema|conformance|suite\/.*|run\/(startedAt|gate\/\*|ranOn\/(os|architecture))|target\/(kind|acceleration)|facts\/(fixtureImage|host\/os\/.*)|ratchet\/date|(checks|notJudged)\/\*\/(id|area|level|verdict|finding|blockedBy|waiver\/(state|expires)))$/;

/** Here a text of four numbers is no address. */
function isVersion(path: string): boolean {
  return /^(run\/ranOn\/|facts\/(host\/(versions|kernel)|daemon\/(components|\w*[vV]ersion)))/.test(path);
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
