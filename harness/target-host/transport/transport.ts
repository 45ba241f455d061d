import type { Duplex } from 'node:stream';
import { BoundedText } from './bounded-text.ts';

export type ExecOptions = {
  /** default 60 000: commands on an emulated machine are slow */
  readonly timeoutMs?: number;
  readonly stdin?: string;
  /** bytes kept of each stream, default 1 MiB */
  readonly maxBytes?: number;
};

export type ExecResult = {
  /** exit code; 128 + n when signal n ended the command, as in a shell */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly durationMs: number;
};

/** Commands and sockets as one user of one machine. Throws RdcError when it cannot, never for an exit code. */
export type Transport = {
  run(commandLine: string, options?: ExecOptions): Promise<ExecResult>;
  connectSocket(path: string): Promise<Duplex>;
  close(): Promise<void>;
};

export const defaultTimeoutMs = 60_000;
export const defaultMaxBytes = 1024 * 1024;

/** The streams of a command that starts now, and its result once it has ended. */
export function collectOutput(maxBytes = defaultMaxBytes) {
  const startedAt = performance.now();
  const [stdout, stderr] = [new BoundedText(maxBytes), new BoundedText(maxBytes)];
  const resultOf = (code: number): ExecResult => ({
    code,
    stdout: stdout.toString(),
    stderr: stderr.toString(),
    truncated: stdout.truncated || stderr.truncated,
    durationMs: performance.now() - startedAt,
  });
  return { stdout, stderr, resultOf };
}
