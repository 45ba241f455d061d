import { AsyncLocalStorage } from 'node:async_hooks';
import { expect as vitestExpect } from 'vitest';
import { plainLine } from '../messages/plain-text.ts';
import type { Target } from '../target-host/access/target.ts';
import { type Container, refusalIn, sharedContainer } from '../target-host/docker/container.ts';
import type { ContainerOptions } from '../target-host/docker/container-request.ts';
import { hiddenBy } from '../target-host/facts/host-facts.ts';
import { type Finding, verdictOf } from '../verdicts/verdict.ts';
import { failureText } from './failure-text.ts';

const counter = new AsyncLocalStorage<{ assertions: number }>();

/** vitest's `expect`, whose failures carry their label and our message. It counts assertions, since vitest counts for one test at a time. */
export const expect: typeof vitestExpect = new Proxy(vitestExpect, {
  apply(target, self, words: Parameters<typeof vitestExpect>) {
    const count = counter.getStore();
    if (count) count.assertions += 1;
    const [found, label] = words;
    const assertion: object = Reflect.apply(target, self, words);
    return label === undefined ? assertion : labelled(assertion, { label, found, isNot: false });
  },
});

/** A shared container whose start is part of the claim: if the daemon refuses it, the check fails with the daemon's message. */
export async function expectContainer(target: Target, options: ContainerOptions = {}): Promise<Container> {
  const started = await sharedContainer(target, options).catch((error) => refusalIn(error, target));
  expect(started, `the start of a container${hiddenBy(target.facts.host.hidepid)}`).not.toBeTypeOf('string');
  return started as Container;
}

export async function countAssertions(work: () => Promise<void>): Promise<number> {
  const count = { assertions: 0 };
  await counter.run(count, work);
  return count.assertions;
}

/** What a failed expectation says of itself besides its message. */
export type Failure = {
  /** the second argument of `expect` */
  readonly label?: string | undefined;
  /** of a limitation: see `asFinding` */
  readonly finding?: Finding;
};

/** Sets these fields of an error, hidden from whoever prints it. */
export function markFailure(error: unknown, fields: Failure): void {
  if (typeof error !== 'object' || error === null) return;
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(error, name, { value, configurable: true });
  }
}

/** The fields of a failed expectation; none of anything else that was thrown. */
export function failureOf(error: unknown): Failure {
  return typeof error === 'object' && error !== null ? error : {};
}

type Labelled = { readonly label: string; readonly found: unknown; readonly isNot: boolean };

/** The assertion, whose failure gets the label and our message; also those that it leads to (`.not`). */
function labelled(assertion: object, said: Labelled): object {
  return new Proxy(assertion, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value === 'object' && value !== null) {
        return labelled(value, { ...said, isNot: said.isNot !== (name === 'not') });
      }
      if (typeof value !== 'function') return value;
      return (...words: unknown[]) => {
        try {
          return Reflect.apply(value, target, words);
        } catch (error) {
          markFailure(error, { label: said.label });
          // an error of the check keeps its message
          if (verdictOf(error) === 'fail' && error instanceof Error) {
            const message = error.message.replace(`${said.label}: `, '');
            const text = failureText({ ...said, matcher: String(name), wanted: words[0] }, message);
            error.message = plainLine(`${said.label}: ${text}`, 2_000);
          }
          throw error;
        }
      };
    },
  });
}
