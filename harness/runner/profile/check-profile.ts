import { listenToCalls } from './listen-to-calls.ts';
import type { TimeSplit, TimeSplitter } from './time-split.ts';

/** A check's time, and what the process that judged it had used up by its end; plain data, for a test's meta. */
export type CheckProfile = TimeSplit & {
  readonly process: { readonly pid: number; readonly cpuMs: number; readonly peakMemoryKiB: number };
};

/** CPU time since the process started, user and system, and the most memory it ever had resident. */
export function usageOfThisProcess(): CheckProfile['process'] {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { pid: process.pid, cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMemoryKiB: maxRSS };
}

/** From here on the time is a check's own, until the function that this returns is called. */
export function startProfile(): () => CheckProfile {
  // of the process, not of this module: vitest may evaluate it once a spec file
  const holder = globalThis as { rdcSplitter?: TimeSplitter };
  holder.rdcSplitter ??= listenToCalls();
  const splitter = holder.rdcSplitter;
  splitter.start();
  return () => ({ ...splitter.split(), process: usageOfThisProcess() });
}
