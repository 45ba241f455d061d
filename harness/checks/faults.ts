import { mustRun } from '../target-host/access/must-run.ts';
import type { Target } from '../target-host/access/target.ts';
import type { HostFacts } from '../target-host/facts/host-facts.ts';
import type { Executor } from '../target-host/transport/executor.ts';
import { quoteWord } from '../target-host/transport/quote.ts';
import type { Breaks, Fault, Inject, Lifts, Undo } from './check.ts';
import { changeFile, setAside } from './set-aside.ts';

type Labels = string | readonly string[];
type Given =
  | readonly [fault: Fault]
  | readonly [name: string, inject: Inject, more?: Pick<Fault, 'at' | 'alsoBreaks' | 'possible'>];

/**
 * The fault under which one of the expectations with these labels has to fail:
 * `breaks('mode of the socket', 'the socket gets mode 666', chmod('0666', (host) => host.socket))`
 * Of a label that is made with values, `*` is any value and `{...}` that value: `'opening * with {an ACL}'`.
 */
export function breaks(labels: Labels, ...given: Given): Breaks {
  return { ...faultOf(given), breaks: [labels].flat() };
}

/** The same of a limitation: under the fault what was refused works, which is the finding `lifted`. */
export function lifts(labels: Labels, ...given: Given): Lifts {
  return { ...faultOf(given), breaks: [labels].flat(), finding: 'lifted' };
}

function faultOf(given: Given): Fault {
  if (given.length === 1) return given[0];
  const [name, inject, more] = given;
  return { name, inject, ...more };
}

/** As a failure says them: `lifted: the start with --domainname`. */
export function labelsOf({ breaks: labels, finding }: Breaks | Lifts): readonly string[] {
  return finding === undefined ? labels : labels.map((label) => `${finding}: ${label}`);
}

/** Whether the label of a failure is one of those that a fault names. */
export function isNamed(label: string, named: readonly string[]): boolean {
  return named.some((name) => {
    const parts = name.replaceAll(/[{}]/g, '').split('*');
    return new RegExp(`^${parts.map(RegExp.escape).join('.*')}$`, 's').test(label);
  });
}

/** What stands in the sources of a label that a fault names: all but the values. */
export function literalParts(name: string): string[] {
  return name.split(/\*|\{[^}]*\}/).filter((part) => part.trim() !== '');
}

type ScriptOf = (host: HostFacts) => string;

/** A fault made of scripts that root runs; without `undo` where nothing has to be taken back. */
export function rootScript(apply: ScriptOf, undo?: ScriptOf): Inject<Target> {
  return ({ target, host }) => scripts(target.root, apply(host), undo?.(host));
}

/** The same of scripts that the user runs. */
export function userScript(apply: ScriptOf, undo?: ScriptOf): Inject<Target> {
  return ({ target, host }) => scripts(target, apply(host), undo?.(host));
}

async function scripts(as: Executor, apply: string, undo?: string): Promise<Undo> {
  await mustRun(as, apply);
  return async () => undo !== undefined && (await mustRun(as, undo));
}

/** Sets a sysctl for the time of the fault: `sysctl('net.ipv4.ip_unprivileged_port_start', 0)`. */
export function sysctl(name: string, value: string | number): Inject<Target> {
  // as the kernel writes it: several numbers have tabs between them
  const text = String(value).replaceAll(' ', '\t');
  return ({ target }) => changeFile(target.root, `/proc/sys/${name.replaceAll('.', '/')}`, `echo ${quoteWord(text)}`);
}

/** Changes the mode of a path for the time of the fault. */
export function chmod(mode: string, pathOf: (host: HostFacts) => string): Inject<Target> {
  return async ({ target, host }) => {
    const path = quoteWord(pathOf(host));
    const before = (await mustRun(target.root, `stat -Lc %a ${path}`)).trim();
    await mustRun(target.root, `chmod ${mode} ${path}`);
    return () => mustRun(target.root, `chmod ${before} ${path}`);
  };
}

/** Replaces a file's content by what a filter (`sed ...`) makes of it, for the time of the fault. */
export function filtered(path: string, filterOf: (host: HostFacts) => string): Inject<Target> {
  return ({ target, host }) => changeFile(target.root, path, filterOf(host));
}

/** A program or link is not in its place for the time of the fault. */
export function away(pathOf: (host: HostFacts) => string): Inject<Target> {
  return ({ target, host }) => setAside(target.root, pathOf(host));
}

/** One fault after the other; taken back in the opposite order, also when a later one could not be applied. */
export function inOrder(...faults: readonly Inject[]): Inject {
  return async (context) => {
    const undos: Undo[] = [];
    const undoAll = async () => {
      for (const undo of undos.splice(0).reverse()) await undo();
    };
    return await orUndo(undoAll, async () => {
      for (const inject of faults) undos.push(await inject(context));
    });
  };
}

/** Does the work and resolves to `undo`; where the work fails, takes back at once what was changed for it. */
export async function orUndo(undo: Undo, work: () => Promise<unknown>): Promise<Undo> {
  try {
    await work();
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}
