import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
import { pollUntil } from '../../this-machine/poll.ts';
import { identifyProcess } from '../../this-machine/process-identity.ts';

/** The namespaces of a process as the kernel names them, e.g. `net:[4026532621]`. */
export type Namespaces = { readonly net: string; readonly mnt: string };

const ending = { withinMs: 15_000, everyMs: 50 };

export function namespacesOf(pid: number | 'self'): Namespaces | undefined {
  try {
    return { net: readlinkSync(`/proc/${pid}/ns/net`), mnt: readlinkSync(`/proc/${pid}/ns/mnt`) };
  } catch {
    return undefined;
  }
}

/** The lab's processes, this one apart. Both namespaces must match: the number of a single one may come again. */
export function membersOf(namespaces: Namespaces): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      if (pid === process.pid) return false;
      const its = namespacesOf(pid);
      return its?.net === namespaces.net && its.mnt === namespaces.mnt && identifyProcess(pid) !== undefined;
    });
}

export function hasMemberCalled(namespaces: Namespaces, command: string): boolean {
  return membersOf(namespaces).some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === command;
    } catch {
      return false;
    }
  });
}

/** Ends every process of the lab, its holder last: as long as that lives, a failed stop can be repeated. */
export async function endMembers(namespaces: Namespaces, holder?: number): Promise<number> {
  const first = membersOf(namespaces);
  for (const pid of first) if (pid !== holder) signal(pid, 'SIGTERM');
  await pollUntil(() => membersOf(namespaces).every((pid) => pid === holder), ending);
  for (const pid of membersOf(namespaces)) signal(pid, 'SIGKILL');
  if (!(await pollUntil(() => membersOf(namespaces).length === 0, ending))) {
    const left = membersOf(namespaces).join(' ');
    throw new RdcError('LAB', `processes of the lab still running: ${left}`, {
      hint: `ps -o pid,stat,args -p ${left}`,
    });
  }
  return first.length;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended by itself
  }
}
