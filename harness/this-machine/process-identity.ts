import { readFileSync } from 'node:fs';

/** A process for sure: a pid alone may have been handed to another process since. */
export type ProcessIdentity = { readonly pid: number; readonly startTime: string };

/** Field 22 of /proc/PID/stat; the command in field 2 may hold spaces and parentheses. */
export function parseStartTime(stat: string): string | undefined {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** A zombie counts as gone: nobody can enter its namespaces. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (stat[stat.lastIndexOf(')') + 2] === 'Z') return undefined;
    const startTime = parseStartTime(stat);
    return startTime === undefined ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

export function isAlive(process: ProcessIdentity): boolean {
  return identifyProcess(process.pid)?.startTime === process.startTime;
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startTime } = Object(JSON.parse(text));
    return Number.isInteger(pid) && pid >= 2 && typeof startTime === 'string' ? { pid, startTime } : undefined;
  } catch {
    return undefined;
  }
}

/** Pure but for a look at the process: a folder's name begins with its process and that one's start, `4711-150345-`. */
export function isOfDeadProcess(name: string): boolean {
  const [, pid, startTime] = /^(\d+)-(\d+)-/.exec(name) ?? [];
  return pid !== undefined && identifyProcess(Number(pid))?.startTime !== startTime;
}
