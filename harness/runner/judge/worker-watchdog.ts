export type WorkerWatch = ReturnType<typeof watchWorker>;

/**
 * A worker whose own code never gives the processor back (a loop without an end over some answer) has no timers either:
 * no limit of a check ends it, and vitest waits for it for ever. It says something at the start and the end of each
 * check; when it has said nothing for longer than any check may take, it is killed.
 */
export function watchWorker(silenceMs: number, onKilled: () => void) {
  let worker: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const kill = () => {
    // before the first check there is nobody to be named
    if (worker === undefined) return;
    try {
      process.kill(worker, 'SIGKILL');
      onKilled();
    } catch {
      // it ended by itself, which vitest tells
    }
  };
  return {
    /** of the process with this id */
    heard(pid: number | undefined): void {
      worker = pid ?? worker;
      clearTimeout(timer);
      timer = setTimeout(kill, silenceMs);
    },
    stop: () => clearTimeout(timer),
  };
}
