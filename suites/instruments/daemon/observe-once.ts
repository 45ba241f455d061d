import type { RestartableTarget, VerifyContext } from '../../../harness/checks/index.ts';

type Context = VerifyContext<RestartableTarget>;
type Taken<T> = { readonly value: Promise<T>; readonly readers: string[]; readonly leftOut: ReadonlySet<string> };

/**
 * An observation by a restart, for several checks; one that asks again (its fault came or went) gets a new one. What
 * only one check wants is left out unless `isFor` says that it is judged.
 */
export function observedOnce<T>(
  observe: (context: Context, isFor: (reader: string) => boolean) => Promise<T>,
): (reader: string, context: Context) => Promise<T> {
  const kept = new Map<string, Taken<T>>();
  return (reader, context) => {
    const { name } = context.target;
    const last = kept.get(name);
    if (last && !last.readers.includes(reader) && !last.leftOut.has(reader)) {
      context.note(`as seen together with ${last.readers[0]}, whose evidence has the commands`);
      last.readers.push(reader);
      return last.value;
    }
    const leftOut = new Set<string>();
    const isFor = (id: string) => id === reader || context.alsoJudged(id) || !leftOut.add(id);
    const taken = { value: observe(context, isFor), readers: [reader], leftOut };
    kept.set(name, taken);
    taken.value.catch(() => kept.get(name) === taken && kept.delete(name));
    return taken.value;
  };
}
