import { RdcError } from '../messages/errors.ts';
import type { Finding } from '../verdicts/verdict.ts';
import { expect, failureOf, markFailure } from './expect.ts';

/**
 * Runs assertions, whose failure is that finding. Their labels begin with it, so that a message says it too:
 * `asFinding('lifted', () => expect(limit, 'lifted: RLIMIT_MEMLOCK in a container').not.toBe(-1))`.
 */
export function asFinding(finding: Finding, assertion: () => void): void {
  try {
    assertion();
  } catch (error) {
    markFailure(error, { finding, label: failureOf(error).label?.replace(`${finding}: `, '') });
    throw error;
  }
}

/**
 * A documented limitation fails in the documented way: `observed` is the refusal (null when it worked).
 * Worked = fail with the finding `lifted`; failed in other words = fail with the finding `differs`.
 */
export function expectDocumented(observed: string | null, documented: RegExp | string, label: string): void {
  const seen = observed === null ? 'no refusal' : 'a refusal';
  asFinding('lifted', () => expect(seen, `lifted: ${label}`).toBe('a refusal'));
  asFinding('differs', () => {
    const refusal = expect(observed, `differs: ${label}`);
    if (typeof documented === 'string') refusal.toContain(documented);
    else refusal.toMatch(documented);
  });
}

/** A value that must be there for the check to be able to judge; its absence is an error of the harness, not of the target. */
export function known<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new RdcError('FACTS', `${what} could not be read on the target`);
  return value;
}
