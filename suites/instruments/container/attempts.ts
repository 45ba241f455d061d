import { type Container, hostProbe, type Target } from '../../../harness/checks/index.ts';

/** The errno of each call, null where it succeeded: `{ settimeofday: 'EPERM' }`. */
export type Attempts = Readonly<Record<string, string | null>>;

type Answers = { readonly results: readonly { readonly errno: string | null }[] };

/** `attemptsIn(container, ['settimeofday', 'kill 1 0'])`: all in one process. */
export async function attemptsIn(container: Container, calls: readonly string[]): Promise<Attempts> {
  return byCall(calls, await container.probe<Answers>(...eachOf(calls)));
}

export async function attemptsOnHost(target: Target, calls: readonly string[]): Promise<Attempts> {
  return byCall(calls, await hostProbe<Answers>(target, target, eachOf(calls)));
}

export function eachOf(calls: readonly string[]): string[] {
  return ['each', ...calls.join(' , ').split(' ')];
}

export function byCall(calls: readonly string[], { results }: Answers): Attempts {
  return Object.fromEntries(
    calls.map((call, index) => {
      const result = results[index];
      if (result === undefined) throw new Error(`the probe gave no answer to ${call}`);
      return [call, result.errno];
    }),
  );
}

/** Pure: calls that ended otherwise than wanted, e.g. `['settimeofday succeeds']`. */
export function unexpected(attempts: Attempts, wanted: Readonly<Record<string, readonly (string | null)[]>>): string[] {
  return Object.entries(wanted)
    .map(([call, errnos]) => ({ call, errnos, errno: attempts[call] ?? null }))
    .filter(({ errnos, errno }) => !errnos.includes(errno))
    .map(({ call, errno }) => (errno === null ? `${call} succeeds` : `${call}: ${errno}`));
}
