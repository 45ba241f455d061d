import { RdcError } from '../../messages/errors.ts';
import type { ApiAnswer } from '../docker/api.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { quoteArgv } from '../transport/quote.ts';
import { defaultMaxBytes, type ExecOptions, type ExecResult, type Transport } from '../transport/transport.ts';

/** Commands as one user of the machine. An answer longer than `maxBytes` is no observation: TRANSPORT. */
export type Executor = {
  /** runs one program, no shell; an exit code is an observation, not an error */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** runs a POSIX sh script */
  shell(script: string, options?: ExecOptions): Promise<ExecResult>;
};

/** The machine and the unprivileged user under test. */
export type Target = Executor & {
  readonly name: string;
  readonly kind: 'machine' | 'ssh' | 'local';
  readonly facts: { readonly host: HostFacts };
  /** the same machine as its administrator */
  readonly root: Executor;
  /** a login session of its own, made for this call: what PAM gives at login is only there */
  login(script: string, options?: ExecOptions): Promise<ExecResult>;
  /**
   * Runs `work` while this run has no session of the user, and logs in again after it. Only `root` can be asked
   * meanwhile. Throws ROOT where root has no login of its own.
   */
  loggedOut<T>(work: () => Promise<T>): Promise<T>;
  /** reboots the machine, inside of `loggedOut`: nobody but root is logged in when it resolves, whatever else runs */
  reboot(): Promise<void>;
  /** adds to the evidence of the check at work */
  note(text: string): void;
  /** set where one only looks: what would change the machine throws READ_ONLY */
  readonly readOnly?: true;
  /** where one only looks: what the API answered, by path */
  readonly answers?: Map<string, Promise<ApiAnswer>>;
  /** local path of the daemon's forwarded API socket */
  readonly dockerSocket: string;
  /** what a change on the machine must forget: shared containers, cached probes */
  invalidate(): Promise<void>;
};

export function executor(transport: Transport, record: (entry: ExecRecord) => void = () => {}): Executor {
  const run = async (commandLine: string, options?: ExecOptions) => {
    const result = await transport.run(commandLine, options);
    record({ commandLine, result });
    // a probe that reads a part of an answer sees a machine that does not exist
    if (result.truncated) {
      const limit = options?.maxBytes ?? defaultMaxBytes;
      throw new RdcError('TRANSPORT', `the answer to a command is longer than ${limit} bytes`);
    }
    return result;
  };
  return {
    exec: (argv, options) => run(quoteArgv(argv), options),
    // the login shell may be any shell: the script goes to sh by name
    shell: (script, options) => run(quoteArgv(['sh', '-c', script]), options),
  };
}

export type ExecRecord = { readonly commandLine: string; readonly result: ExecResult };
