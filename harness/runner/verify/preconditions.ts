import { hasCode, RdcError } from '../../messages/errors.ts';
import type { ReadableTarget } from '../../target-host/access/target.ts';
import { dockerApi } from '../../target-host/docker/api.ts';

/** A check that could not be judged because what it stands on is down. Not a failure of its own claim. */
export class Blocked extends Error {
  override name = 'Blocked';
  /** the check that reports it: of the daemon, the directory of its socket, or containers at all */
  readonly by: 'SOCK-PATH' | 'PRE-XDG' | 'NS-ONE-USERNS';

  constructor(by: Blocked['by'], reason: string) {
    super(reason);
    this.by = by;
  }
}

/** Throws Blocked where no daemon answers. */
export async function requireDaemon(target: ReadableTarget): Promise<void> {
  const ping = await dockerApi(target, 'GET', '/_ping', { timeoutMs: 30_000, fresh: true }).catch(async (error) => {
    if (!(error instanceof RdcError)) throw error;
    // through the forwarded socket a lost connection looks like a daemon that is down; this throws LOST
    await target.exec(['true']);
    throw new Blocked('SOCK-PATH', `no daemon answers on ${target.facts.host.socket}`);
  });
  if (ping.status !== 200) throw new Blocked('SOCK-PATH', `the daemon answered /_ping with ${ping.status}`);
}

/** Errors that say something about the whole target: after one of them, no other check can be judged. */
export const endsTheRun = (error: unknown) => hasCode(error, 'LOST', 'NO_SPACE');

export function unanswered(name: string, what: string, cause: RdcError): RdcError {
  const silence = `${name} stopped answering: ${what}, and a command that does nothing got no answer either`;
  return new RdcError('LOST', silence, { cause, hint: `is ${name} out of memory or processes? see its console` });
}
