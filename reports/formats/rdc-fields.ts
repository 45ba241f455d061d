import { plainText } from '../../harness/messages/plain-text.ts';
import type { JudgedCheck } from '../results/results.schema.ts';

/**
 * What other formats have no word for, under our own names, for the extension point that a format has: blocked, error,
 * what a limitation was found to be, the waiver. Values are plain text; what a check does not have is left out.
 */
export function rdcFields(check: JudgedCheck): Readonly<Record<string, string>> {
  const { verdict, level, finding, blockedBy, flaky, waiver, source, remedy, evidence, oracle } = check;
  const words = {
    level,
    verdict,
    finding,
    blockedBy,
    flaky: flaky === true ? 'yes' : undefined,
    waiver: waiver?.state,
    bug: waiver?.bug,
    owner: waiver?.owner,
    expires: waiver?.expires,
    source: source?.url,
    remedy,
    evidence,
    blame: oracle?.blame,
  };
  const known = Object.entries(words).filter((word): word is [string, string] => word[1] !== undefined);
  return Object.fromEntries(known.map(([name, text]) => [name, plainText(text)]));
}
