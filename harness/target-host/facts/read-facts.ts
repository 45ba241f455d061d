import { RdcError } from '../../messages/errors.ts';
import { quoteWord } from '../transport/quote.ts';
import { holdersOf } from './socket-holders.ts';

type Answers = (path: string) => string;

/** A question to a shell on the host, and what its answer means, which may depend on other answers. */
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

export function slow<T>(fact: Fact<T>): Fact<T> {
  return { ...fact, isSlow: true };
}

/** What every host has: without it the host was not read. */
export function required<T>({ ask, parse }: Fact<T | null>, what: string | ((at: Answers) => string)): Fact<T> {
  return command(ask, (answer, at) => {
    const value = parse(answer, at);
    if (value !== null && value !== '') return value;
    const name = typeof what === 'string' ? what : what(at);
    const hint = `try: ssh USER@HOST ${quoteWord(ask)}`;
    throw new RdcError('FACTS', `cannot read the ${name} on the target`, { hint });
  });
}

export const socketPath = '"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock"';

/**
 * Shell: where Docker's programs are. Upstream's installer puts them into ~/bin, where a session without login does not
 * look. PATH is that of the running daemon, else of its unit; then comes the folder of what the unit starts. dockerd and
 * its parent RootlessKit are the running programs, whatever lies on PATH.
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
  // at the same time: each takes a second on an emulated machine
  const asked = programs.map((name) => `echo ${name} "$("$(program ${name})" --version | grep -m1 ${lineOf(name)})" &`);
  return [...asked, 'wait'].join('\n');
}

const marker = '@@rdc:';

/** One script for all facts, because a session costs a quarter of a second on an emulated machine. */
export function scriptOf(facts: FactGroup, isAsked: (fact: Fact<unknown>) => boolean = () => true): string {
  const parts = [findEngine];
  mapFacts(facts, (path, fact) => {
    if (isAsked(fact)) parts.push(`echo "${marker}${path}"; ${fact.ask}\necho`);
  });
  return [...parts, `echo "${marker}end"`].join('\n');
}

export function parseFacts<Group extends FactGroup>(facts: Group, text: string): FactsOf<Group> {
  const at = parseSections(text);
  return mapFacts(facts, (path, { parse }) => parse(at(path), at)) as FactsOf<Group>;
}

function mapFacts(group: FactGroup, valueAt: (path: string, fact: Fact<unknown>) => unknown, prefix = ''): object {
  const isFact = (entry: Fact<unknown> | FactGroup): entry is Fact<unknown> => typeof entry.parse === 'function';
  const members = Object.entries(group).map(([name, entry]) => {
    const path = prefix + name;
    return [name, isFact(entry) ? valueAt(path, entry) : mapFacts(entry, valueAt, `${path}.`)];
  });
  return Object.fromEntries(members);
}

/** Splits the script's output at its markers; a section that is missing is ''. Throws FACTS where the end is missing. */
export function parseSections(text: string): Answers {
  const sections = new Map<string, string>();
  for (const part of `\n${text}`.split(`\n${marker}`).slice(1)) {
    const end = part.indexOf('\n');
    const path = end < 0 ? part : part.slice(0, end);
    // a file of the target may hold our markers
    if (sections.has(path)) throw new RdcError('FACTS', 'the target answered a part of its facts twice');
    sections.set(path, end < 0 ? '' : part.slice(end + 1));
  }
  if (sections.has('end')) return (path) => sections.get(path) ?? '';
  const hint = 'does its login shell print something? try: ssh USER@HOST true';
  throw new RdcError('FACTS', 'the target did not answer all of its facts', { hint });
}
