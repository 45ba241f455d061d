/** At most `places` tasks run at once; others wait in order. */
export function createSemaphore(places: number): { use<T>(task: () => Promise<T>): Promise<T> } {
  const waiting: (() => void)[] = [];
  let free = places;
  return {
    async use(task) {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free -= 1;
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
