import { findLab } from '../../harness/lab/hermetic/hermetic-lab.ts';
import { membersOf, type Namespaces, namespacesOf } from '../../harness/lab/hermetic/lab-processes.ts';
import { rdc } from '../script/rdc-process.ts';
import { leftOfContainers } from './container-faults.ts';

export function labNamespaces(): Namespaces | undefined {
  const holder = findLab();
  return holder && namespacesOf(holder.pid);
}

/** What `rdc down` leaves of the lab with these namespaces; nothing is what it should be. */
export async function leftAfterDown(lab: Namespaces | undefined): Promise<string[]> {
  const down = await rdc(['down']);
  const members = lab ? membersOf(lab) : [];
  return [
    down.code === 0 ? '' : `rdc down: exit code ${down.code}: ${down.stderr.slice(-300)}`,
    members.length === 0 ? '' : `processes that rdc down left: ${members.join(', ')}`,
    findLab() === undefined ? '' : 'the lab is there after rdc down',
    ...(await leftOfContainers()),
  ].filter(Boolean);
}
