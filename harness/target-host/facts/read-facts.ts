import { RdcError } from '../../messages/errors.ts';
import { quoteWord } from '../transport/quote.ts';
import { holdersOf } from './socket-holders.ts';

/** The answer of a fact by its path: `at('user.name')`. */
type Answers = (path: string) => string;

/** What a shell on the host is asked, and what its answer means, which may need the answers of other facts. */
type Fact<T> = {
  readonly ask: string;
  readonly parse: (answer: string, at: Answers) => T;
  readonly isSlow?: true;
};

type FactGroup = { readonly [name: string]: Fact<unknown> | FactGroup };

export type FactsOf<Group> = {
  readonly [Name in keyof Group]: Group[Name] extends Fact<infer T> ? T : FactsOf<Group[Name]>;
};

export function command<T>(ask: string, parse: Fact<T>['parse']): Fact<T> {
  return { ask, parse };
}

export function file<T>(path: string, parse: Fact<T>['parse']): Fact<T> {
  return command(`cat ${path}`, parse);
}

/** Left out of the quick script. */
export function slow<T>(fact: Fact<T>): Fact<T> {
  return { ...fact, isSlow: true };
}

/** What every host has: one that does not say it was not read, and is no host without it. */
export function required<T>({ ask, parse }: Fact<T | null>, what: string | ((at: Answers) => string)): Fact<T> {
  return command(ask, (answer, at) => {
    const value = parse(answer, at);
    if (value !== null && value !== '') return value;
    throw new RdcError('FACTS', `cannot read the ${typeof what === 'string' ? what : what(at)} on the target`, {
      hint: `try: ssh USER@HOST ${quoteWord(ask)}`,
    });
  });
}

/** A word of shell: the socket of the user's daemon. */
export const socketPath = '"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock"';

/**
 * The engine need not be where a session without login looks: upstream's installer puts it into ~/bin. First comes the
 * PATH of the daemon that runs, else of its unit, then the folder of what the unit starts. Of dockerd, and of RootlessKit
 * as its parent, the running program is taken, whatever lies on any PATH.
 */
export const findEngine = `exec 2>/dev/null
unit=$(systemctl --user show docker.service -p Environment -p ExecStart)
path=$(printf '%s\\n' "$unit" | sed -n 's/^Environment=//p' | tr ' ' '\\n' | sed -n 's/^PATH=//p')
script=$(printf '%s\\n' "$unit" | sed -n 's/^ExecStart={ path=\\(\\/[^ ;]*\\)\\/[^/ ;]* ;.*/\\1/p')
engine= kit=
for p in $(${holdersOf(socketPath)}); do
  parent=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$p/status); above=$(readlink "/proc/$parent/exe")
  # its own child, between fork and exec, is skipped
  case $(readlink /proc/$p/exe) in "$above") continue ;; */*dockerd*) engine=/proc/$p/exe ;; *) continue ;; esac
  case $above in */*rootlesskit*) kit=/proc/$parent/exe ;; esac
  path=$(tr '\\0' '\\n' < /proc/$p/environ | sed -n 's/^PATH=//p')
done
PATH=\${path:+$path:}\${script:+$script:}$PATH:/usr/sbin:/sbin; export PATH
program() { case =$1 in
(=dockerd) echo "\${engine:-$(command -v $1)}" ;;
(=rootlesskit) echo "\${kit:-$(command -v $1)}" ;;
(*) command -v "$1" ;; esac; }`;

/** Lines `docker Docker version 26.1.5`: what each program first says of its version. */
export function versionsOf(programs: readonly string[]): string {
  // the first line of fuse-overlayfs is the version of fusermount3
  const lineOf = (program: string) => (program === 'fuse-overlayfs' ? '^fuse-overlayfs' : '.');
  // side by side: each of these programs takes a second to start on an emulated machine
  const asked = programs.map((name) => `echo ${name} "$("$(program ${name})" --version | grep -m1 ${lineOf(name)})" &`);
  return [...asked, 'wait'].join('\n');
}

const marker = '@@rdc:';

/** One script for everything, because a session costs a quarter of a second on an emulated machine and a file read nothing. */
export function scriptOf(facts: FactGroup, isAsked: (fact: Fact<unknown>) => boolean = () => true): string {
  const parts = [findEngine];
  mapFacts(facts, (path, fact) => {
    if (isAsked(fact)) parts.push(`echo "${marker}${path}"; ${fact.ask}\necho`);
  });
  return [...parts, `echo "${marker}end"`].join('\n');
}

/** Pure: what the script printed becomes facts. */
export function parseFacts<Group extends FactGroup>(facts: Group, text: string): FactsOf<Group> {
  const at = parseSections(text);
  return mapFacts(facts, (path, { parse }) => parse(at(path), at)) as FactsOf<Group>;
}

function mapFacts(group: FactGroup, valueAt: (path: string, fact: Fact<unknown>) => unknown, prefix = ''): object {
  const members = Object.entries(group).map(([name, entry]) => {
    const path = prefix + name;
    return [name, isFact(entry) ? valueAt(path, entry) : mapFacts(entry, valueAt, `${path}.`)];
  });
  return Object.fromEntries(members);
}

function isFact(entry: Fact<unknown> | FactGroup): entry is Fact<unknown> {
  return typeof entry.parse === 'function';
}

/** Splits the script's output at its markers; a section that is missing is ''. Throws unless it answered to the end. */
export function parseSections(text: string): Answers {
  const sections = new Map<string, string>();
  for (const part of `\n${text}`.split(`\n${marker}`).slice(1)) {
    const end = part.indexOf('\n');
    const path = end < 0 ? part : part.slice(0, end);
    // a file of the target may hold our markers; whose word counts then is not to be guessed
    if (sections.has(path)) throw new RdcError('FACTS', 'the target answered a part of its facts twice');
    sections.set(path, end < 0 ? '' : part.slice(end + 1));
  }
  if (!sections.has('end')) {
    throw new RdcError('FACTS', 'the target did not answer all of its facts', {
      hint: 'does its login shell print something? try: ssh USER@HOST true',
    });
  }
  return (path) => sections.get(path) ?? '';
}
