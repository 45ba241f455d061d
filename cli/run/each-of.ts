/** Does the work for each item, `places` at a time. One that fails takes nothing away from the others: resolves to what was thrown. */
export async function eachOf<T>(
  items: readonly T[],
  places: number,
  work: (item: T) => Promise<void>,
): Promise<readonly unknown[]> {
  const queue = [...items];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(places, items.length) }, worker));
  return failures;
}
