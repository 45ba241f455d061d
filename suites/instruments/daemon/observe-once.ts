import type { RestartableTarget, VerifyContext } from '../../../harness/checks/index.ts';

type Taken<T> = { readonly value: Promise<T>; readonly readers: string[] };

/** An observation by a restart, for several checks; one that asks again (its fault came or went) gets a new one. */
export function observedOnce<T>(
  observe: (context: VerifyContext<RestartableTarget>) => Promise<T>,
): (reader: string, context: VerifyContext<RestartableTarget>) => Promise<T> {
  const kept = new Map<string, Taken<T>>();
  return (reader, context) => {
    const { name } = context.target;
    const last = kept.get(name);
    if (last && !last.readers.includes(reader)) {
      context.note(`as seen together with ${last.readers[0]}, whose evidence has the commands`);
      last.readers.push(reader);
      return last.value;
    }
    const taken = { value: observe(context), readers: [reader] };
    kept.set(name, taken);
    taken.value.catch(() => kept.get(name) === taken && kept.delete(name));
    return taken.value;
  };
}
