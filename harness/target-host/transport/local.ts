import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { constants } from 'node:os';
import { RdcError } from '../../messages/errors.ts';
import { collectOutput, defaultTimeoutMs, type ExecOptions, type ExecResult, type Transport } from './transport.ts';

/** This machine, as the user of this process. */
export function localTransport(shell = 'sh'): Transport {
  return {
    run: (commandLine, options = {}) => runLocally(shell, commandLine, options),
    connectSocket: (path) =>
      new Promise((resolve, reject) => {
        const socket = createConnection(path, () => resolve(socket));
        socket.once('error', (cause) => reject(new RdcError('TRANSPORT', `cannot connect to ${path}`, { cause })));
      }),
    close: async () => {},
  };
}

/** DOCKER_HOST as the user has it, not as a connection sets it for testcontainers. */
function userEnvironment(): NodeJS.ProcessEnv {
  const { RDC_USER_DOCKER_HOST: own, ...env } = process.env;
  if (own !== undefined) env.DOCKER_HOST = own;
  if (own === '') delete env.DOCKER_HOST;
  return env;
}

function runLocally(shell: string, commandLine: string, options: ExecOptions): Promise<ExecResult> {
  const { timeoutMs = defaultTimeoutMs, maxBytes, stdin } = options;
  return new Promise((resolve, reject) => {
    const { stdout, stderr, resultOf } = collectOutput(maxBytes);
    const child = spawn(shell, ['-c', commandLine], { stdio: 'pipe', detached: true, env: userEnvironment() });
    const timer = setTimeout(() => {
      // the whole group: a shell's children would keep the pipes open
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      reject(new RdcError('TIMEOUT', `a local command did not end within ${timeoutMs} ms`));
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => {});
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new RdcError('TRANSPORT', `cannot start ${shell}`, { cause }));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(resultOf(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
    child.stdin.end(stdin);
  });
}
