import { mustRun } from '../target-host/access/must-run.ts';
import type { HostFacts } from '../target-host/facts/host-facts.ts';
import { quoteWord } from '../target-host/transport/quote.ts';
import type { Fault } from './check.ts';
import { changeFile, setAside } from './set-aside.ts';

/** A fault made of two scripts that root runs; both are functions where they depend on the host. */
export function rootScript(apply: (host: HostFacts) => string, undo: (host: HostFacts) => string): Fault {
  return async ({ target, host }) => {
    await mustRun(target.root, apply(host));
    return async () => void (await mustRun(target.root, undo(host)));
  };
}

/** Sets a sysctl for the time of the fault: `sysctl('net.ipv4.ip_unprivileged_port_start', 0)`. */
export function sysctl(name: string, value: string | number): Fault {
  // as the kernel writes it: several numbers have tabs between them
  const text = String(value).replaceAll(' ', '\t');
  return ({ target }) => changeFile(target.root, `/proc/sys/${name.replaceAll('.', '/')}`, `echo ${quoteWord(text)}`);
}

/** Changes the mode of a path for the time of the fault. */
export function chmod(mode: string, pathOf: (host: HostFacts) => string): Fault {
  return async ({ target, host }) => {
    const path = quoteWord(pathOf(host));
    const before = (await mustRun(target.root, `stat -Lc %a ${path}`)).trim();
    await mustRun(target.root, `chmod ${mode} ${path}`);
    return async () => void (await mustRun(target.root, `chmod ${before} ${path}`));
  };
}

/** Replaces a file's content by what a filter (`sed ...`) makes of it, for the time of the fault. */
export function filtered(path: string, filterOf: (host: HostFacts) => string): Fault {
  return ({ target, host }) => changeFile(target.root, path, filterOf(host));
}

/** A program or link is not in its place for the time of the fault. */
export function away(pathOf: (host: HostFacts) => string): Fault {
  return ({ target, host }) => setAside(target.root, pathOf(host));
}

/** One fault after the other; taken back in the opposite order, also when a later one could not be applied. */
export function inOrder(...faults: readonly Fault[]): Fault {
  return async (context) => {
    const undos: (() => Promise<void>)[] = [];
    const undoAll = async () => {
      for (const undo of undos.splice(0).reverse()) await undo();
    };
    try {
      for (const fault of faults) undos.push(await fault(context));
    } catch (error) {
      await undoAll();
      throw error;
    }
    return undoAll;
  };
}
