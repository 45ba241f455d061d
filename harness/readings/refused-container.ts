import type { DeclaredCheck } from '../check.ts';
import { ContainerRefused } from '../docker/container-refused.ts';
import { refusalOf } from '../docker/fixture.ts';
import { expect } from '../expect.ts';
import { asFinding } from '../expectations.ts';
import { Blocked } from '../preconditions.ts';
import type { Target } from '../target/target.ts';

/**
 * What was thrown; of a container that the daemon refused, what that says of a claim that needs it. A daemon that starts no
 * container at all, not even the plainest, is the matter of one check, which blocks this one. One that starts others
 * refuses what this claim asks for: it does not hold, and a limitation shows in another way than the documented one.
 */
export async function meaningOfRefusal(thrown: unknown, { level }: DeclaredCheck, target: Target): Promise<unknown> {
  if (!(thrown instanceof ContainerRefused) || thrown.isOfOthers) return thrown;
  const words = thrown.message;
  target.note(`the daemon refuses: ${words}`);
  const plain = await refusalOf(target, {});
  if (plain !== null) return new Blocked('NS-ONE-USERNS', `the daemon starts no container: ${plain}`);
  const label = 'the start of a container';
  try {
    if (level === 'LIMITATION') asFinding('differs', () => expect(words, `differs: ${label}`).toBeNull());
    else expect(words, label).toBeNull();
  } catch (failure) {
    return failure;
  }
  return thrown;
}
