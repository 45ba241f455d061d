/**
 * A worker whose own code never gives the processor back (a loop without an end over some answer) has no timers either:
 * no limit of a check ends it, and vitest waits for it for ever. Looked at from outside: it says something at
 * the start and the end of each check, and when it has said nothing for longer than any check may take, it is killed.
 */
export type WorkerWatch = {
  /** something was heard, of the process with this id */
  heard(pid: number | undefined): void;
  stop(): void;
};

export function watchWorker(silenceMs: number, onKilled: (pid: number) => void): WorkerWatch {
  let worker: number | undefined;
  const kill = () => {
    // before the first check there is nobody to be named
    if (worker === undefined) return;
    try {
      process.kill(worker, 'SIGKILL');
      onKilled(worker);
    } catch {
      // it ended by itself, which vitest tells
    }
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    heard(pid) {
      worker = pid ?? worker;
      clearTimeout(timer);
      timer = setTimeout(kill, silenceMs);
    },
    stop: () => clearTimeout(timer),
  };
}
