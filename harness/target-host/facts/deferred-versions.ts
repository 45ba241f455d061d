import type { Executor } from '../transport/executor.ts';
import { type HostFacts, parseHostFacts, quickScript } from './host-facts.ts';
import { memberOf } from './parse-values.ts';
import { findEngine, versionsOf } from './read-facts.ts';

/** A version that was not asked for yet; whoever catches this may learn it and try again. */
export class UnknownVersion extends Error {
  readonly learn: () => Promise<void>;

  constructor(binary: string, learn: () => Promise<void>) {
    super(`the version of ${binary} was not read yet`);
    this.name = 'UnknownVersion';
    this.learn = learn;
  }
}

/** Without versions, each of which is a program to start: the first to read one gets UnknownVersion. */
export async function readQuickFacts(target: Executor): Promise<HostFacts> {
  const facts = parseHostFacts((await target.shell(quickScript)).stdout);
  const known: Record<string, string | null> = {};
  const learning = new Map<string, Promise<void>>();
  const learn = async (binary: string) => {
    const { stdout } = await target.shell(`${findEngine}\n${versionsOf([binary])}`);
    known[binary] = memberOf(stdout)[binary] ?? null;
  };
  const versions = new Proxy(known, {
    get(target, binary) {
      if (typeof binary !== 'string' || !/^[a-z][a-z0-9-]*$/.test(binary) || Object.hasOwn(target, binary)) {
        return Reflect.get(target, binary);
      }
      throw new UnknownVersion(binary, () => {
        const answer = learning.get(binary) ?? learn(binary);
        learning.set(binary, answer);
        return answer;
      });
    },
  });
  return { ...facts, versions };
}
