import type { Precondition } from '../../checks/check.ts';
import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../../target-host/access/target.ts';
import { dockerApi } from '../../target-host/docker/api.ts';

/** What checks name as their precondition, and what any of them may turn out to stand on. */
type Blocker = Precondition | 'PRE-XDG' | 'NS-ONE-USERNS';

/** A check that could not be judged because what it stands on is down. Not a failure of its own claim. */
export class Blocked extends Error {
  readonly by: Blocker;

  constructor(by: Blocker, reason: string) {
    super(reason);
    this.name = 'Blocked';
    this.by = by;
  }
}

const probes: Record<Precondition, (target: Target) => Promise<string | null>> = {
  async 'SOCK-PATH'(target) {
    try {
      const ping = await dockerApi(target, 'GET', '/_ping', { timeoutMs: 30_000, fresh: true });
      return ping.status === 200 ? null : `the daemon answered /_ping with ${ping.status}`;
    } catch (error) {
      if (!(error instanceof RdcError)) throw error;
      // through the forwarded socket a lost connection looks like a daemon that is down; this throws LOST
      await target.exec(['true']);
      return `no daemon answers on ${target.facts.host.socket}`;
    }
  },
};

/** Throws Blocked with the name of the first precondition that is down. */
export async function requirePreconditions(target: Target, needs: readonly Precondition[]): Promise<void> {
  for (const need of needs) {
    const down = await probes[need](target);
    if (down !== null) throw new Blocked(need, down);
  }
}
