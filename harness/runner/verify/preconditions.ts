import { RdcError } from '../../messages/errors.ts';
import type { ReadableTarget } from '../../target-host/access/target.ts';
import { dockerApi } from '../../target-host/docker/api.ts';

/** The checks that report what others stand on: the daemon, the directory of its socket, containers at all. */
type Blocker = 'SOCK-PATH' | 'PRE-XDG' | 'NS-ONE-USERNS';

/** A check that could not be judged because what it stands on is down. Not a failure of its own claim. */
export class Blocked extends Error {
  readonly by: Blocker;

  constructor(by: Blocker, reason: string) {
    super(reason);
    this.name = 'Blocked';
    this.by = by;
  }
}

/** Throws Blocked where no daemon answers. */
export async function requireDaemon(target: ReadableTarget): Promise<void> {
  const down = await daemonDown(target);
  if (down !== null) throw new Blocked('SOCK-PATH', down);
}

async function daemonDown(target: ReadableTarget): Promise<string | null> {
  try {
    const ping = await dockerApi(target, 'GET', '/_ping', { timeoutMs: 30_000, fresh: true });
    return ping.status === 200 ? null : `the daemon answered /_ping with ${ping.status}`;
  } catch (error) {
    if (!(error instanceof RdcError)) throw error;
    // through the forwarded socket a lost connection looks like a daemon that is down; this throws LOST
    await target.exec(['true']);
    return `no daemon answers on ${target.facts.host.socket}`;
  }
}
