import { RdcError } from '../../messages/errors.ts';
import { quoteArgv } from './quote.ts';
import { defaultMaxBytes, type ExecOptions, type ExecResult, type Transport } from './transport.ts';

/** Commands as one user of the machine. An answer longer than `maxBytes` is no observation: TRANSPORT. */
export type Executor = {
  /** runs one program, no shell; an exit code is an observation, not an error */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** runs a POSIX sh script */
  shell(script: string, options?: ExecOptions): Promise<ExecResult>;
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
