import { RdcError } from '../../messages/errors.ts';
import { quoteArgv } from './quote.ts';
import { defaultMaxBytes, type ExecOptions, type ExecResult, type Transport } from './transport.ts';

/** Commands as one user of the machine. An answer longer than `maxBytes` throws TRANSPORT. */
export type Executor = {
  /** runs one program without a shell */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** runs a POSIX sh script */
  shell(script: string, options?: ExecOptions): Promise<ExecResult>;
};

export type ExecRecord = { readonly commandLine: string; readonly result: ExecResult };

export function executor(transport: Transport, record: (entry: ExecRecord) => void = () => {}): Executor {
  const exec: Executor['exec'] = async (argv, options) => {
    const commandLine = quoteArgv(argv);
    const result = await transport.run(commandLine, options);
    record({ commandLine, result });
    if (!result.truncated) return result;
    // a part of an answer would describe a machine that does not exist
    const limit = options?.maxBytes ?? defaultMaxBytes;
    throw new RdcError('TRANSPORT', `the answer to a command is longer than ${limit} bytes`);
  };
  // by name, because the user's login shell may be any shell
  return { exec, shell: (script, options) => exec(['sh', '-c', script], options) };
}
