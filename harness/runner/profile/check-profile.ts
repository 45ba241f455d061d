import { subscribe } from 'node:diagnostics_channel';
import { errorMonitor } from 'node:events';
import type { ClientRequest } from 'node:http';
import { callChannel } from '../../target-host/transport/call-timing.ts';
import { type TimeSplit, TimeSplitter } from './time-split.ts';

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

/** A splitter that hears of everything that this process asks of a guest and of a daemon, from now to its end. */
export function listenToCalls(): TimeSplitter {
  const splitter = new TimeSplitter();
  for (const port of ['guest', 'container'] as const) {
    callChannel(port).subscribe({
      start: () => splitter.begin(port),
      // a promise always has one, also where it is rejected or the work threw before there was one
      asyncEnd: () => splitter.end(port),
      end: (message) => void ('error' in message && splitter.end(port)),
      asyncStart() {},
      error() {},
    });
  }
  // not http.client.request.start: that waits for the request's last byte, and an exec with an open stdin has none
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { request: ClientRequest & { socketPath?: string } };
    // a daemon is reached over a socket in the file system, and nothing else here is
    if (request.socketPath === undefined) return;
    splitter.begin('daemon');
    endWith(request, () => splitter.end('daemon'));
  });
  return splitter;
}

/** Once, when the answer is read or the request failed; after an upgrade (exec, attach) when its stream ends. */
function endWith(request: ClientRequest, ended: () => void): void {
  let isUpgraded = false;
  let hasEnded = false;
  const end = () => {
    if (!hasEnded) ended();
    hasEnded = true;
  };
  request.once('upgrade', (_response, socket) => {
    isUpgraded = true;
    socket.once('end', end).once('close', end);
  });
  // the monitor: a listener for 'error' would make an error that nobody handles look handled
  request.once(errorMonitor, end);
  request.once('response', (response) => response.once('close', end));
  request.once('close', () => {
    if (!isUpgraded) end();
  });
}
