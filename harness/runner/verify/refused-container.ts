import type { DeclaredCheck } from '../../checks/check.ts';
import { expect, failureOf } from '../../checks/expect.ts';
import { asFinding } from '../../checks/limitation.ts';
import type { Target } from '../../target-host/access/target.ts';
import { refusalOf } from '../../target-host/docker/container.ts';
import { ContainerRefused } from '../../target-host/docker/container-refused.ts';
import { hiddenBy } from '../../target-host/facts/host-facts.ts';
import { Blocked } from './preconditions.ts';

/**
 * What was thrown; of a container that the daemon refused, what that says of a claim that needs it. A daemon that starts no
 * container at all, not even the plainest, is the matter of one check, which blocks this one. One that starts others
 * refuses what this claim asks for: it does not hold, and a limitation shows in another way than the documented one.
 */
export async function meaningOfRefusal(thrown: unknown, check: DeclaredCheck, target: Target): Promise<unknown> {
  const isRefused = thrown instanceof ContainerRefused && !thrown.isOfOthers;
  if (isRefused) target.note(`the daemon refuses: ${thrown.message}`);
  // a limitation of containers that is refused, but not as documented: in whatever words every container is
  const isLimitation = check.level === 'LIMITATION';
  const isOtherRefusal = isLimitation && check.needsDaemon && failureOf(thrown).finding === 'differs';
  if (!isRefused && !isOtherRefusal) return thrown;
  const plain = await refusalOf(target, {});
  const why = hiddenBy(target.facts.host.hidepid);
  if (plain !== null) return new Blocked('NS-ONE-USERNS', `the daemon cannot start any container${why}: ${plain}`);
  return isRefused ? failureBy(thrown.message, isLimitation) : thrown;
}

function failureBy(refusal: string, isLimitation: boolean): unknown {
  const label = 'the start of a container';
  try {
    if (!isLimitation) expect(refusal, label).toBeNull();
    else asFinding('differs', () => expect(refusal, `differs: ${label}`).toBeNull());
  } catch (failure) {
    return failure;
  }
  throw new Error(`${refusal}: no failure`);
}
