import { RdcError } from '../messages/errors.ts';
import type { ExecResult, Transport } from '../target-host/transport/transport.ts';

export type RecordedAnswer = { readonly code?: number; readonly stdout?: string; readonly stderr?: string };

/** Answers from a record instead of a machine: for tests of probes and facts. An unrecorded command is an error, not an empty answer. */
export function replayTransport(answers: ReadonlyMap<string | RegExp, RecordedAnswer>): Transport {
  return {
    async run(commandLine): Promise<ExecResult> {
      for (const [pattern, answer] of answers) {
        const matches = typeof pattern === 'string' ? pattern === commandLine : pattern.test(commandLine);
        if (matches) return { code: 0, stdout: '', stderr: '', truncated: false, durationMs: 0, ...answer };
      }
      throw new RdcError('TRANSPORT', `the replay has no answer to: ${commandLine.slice(0, 200)}`);
    },
    async connectSocket(path) {
      throw new RdcError('TRANSPORT', `the replay has no socket ${path}`);
    },
    close: async () => {},
  };
}
