import type { Duplex } from 'node:stream';

export type ExecOptions = {
  /** default 60 000: a command on an emulated machine is slow, a wait without end is worse */
  readonly timeoutMs?: number;
  readonly stdin?: string;
  /** bytes kept of each stream, default 1 MiB; what comes after is dropped and `truncated` is set */
  readonly maxBytes?: number;
};

export type ExecResult = {
  /** exit code; 128 + n when the command died of signal n, as a shell would say it */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly durationMs: number;
};

/** Moves a command line and a socket to one user on one machine. It throws RdcError when it could not, never for an exit code. */
export type Transport = {
  /** runs a POSIX sh command line */
  run(commandLine: string, options?: ExecOptions): Promise<ExecResult>;
  /** connects to a stream socket in the machine's file system */
  connectSocket(path: string): Promise<Duplex>;
  close(): Promise<void>;
};

export const defaultTimeoutMs = 60_000;
export const defaultMaxBytes = 1024 * 1024;
