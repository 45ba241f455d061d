import { type Container, type Executor, hostProbe, type Target } from '../../../harness/checks/index.ts';

/** The error of each call by the words that made it, null where it succeeded: `{ settimeofday: 'EPERM' }`. */
export type Attempts = Readonly<Record<string, string | null>>;

type Answers = { readonly results: readonly { readonly errno: string | null }[] };

/** Tries calls of `probe` in a container, all in one process: `attemptsIn(container, ['settimeofday', 'kill 1 0'])`. */
export async function attemptsIn(container: Container, calls: readonly string[]): Promise<Attempts> {
  return byCall(calls, await container.probe<Answers>(...eachOf(calls)));
}

/** The same on the host, as the user or as root. */
export async function attemptsOnHost(target: Target, as: Executor, calls: readonly string[]): Promise<Attempts> {
  return byCall(calls, await hostProbe<Answers>(target, as, eachOf(calls)));
}

/** The arguments of `probe each`. */
export function eachOf(calls: readonly string[]): string[] {
  return ['each', ...calls.join(' , ').split(' ')];
}

/** Pure: what `probe each` answered, by the call. */
export function byCall(calls: readonly string[], { results }: Answers): Attempts {
  return Object.fromEntries(
    calls.map((call, index) => {
      const result = results[index];
      if (result === undefined) throw new Error(`the probe gave no answer to ${call}`);
      return [call, result.errno];
    }),
  );
}

/** Pure: the calls that ended in another way than one of those wanted, e.g. `['settimeofday succeeds']`. */
export function unexpected(attempts: Attempts, wanted: Readonly<Record<string, readonly (string | null)[]>>): string[] {
  return Object.entries(wanted)
    .map(([call, errnos]) => ({ call, errnos, errno: attempts[call] ?? null }))
    .filter(({ errnos, errno }) => !errnos.includes(errno))
    .map(({ call, errno }) => (errno === null ? `${call} succeeds` : `${call}: ${errno}`));
}
