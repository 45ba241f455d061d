import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { constants } from 'node:os';
import { RdcError } from '../../messages/errors.ts';
import { BoundedText } from './bounded-text.ts';
import { defaultMaxBytes, defaultTimeoutMs, type ExecOptions, type ExecResult, type Transport } from './transport.ts';

/** Runs commands on this machine as the user of this process, or through a prefix such as `['sudo', '-n']`. */
export function localTransport(prefix: readonly string[] = []): Transport {
  return {
    run: (commandLine, options = {}) => runLocally([...prefix, 'sh', '-c', commandLine], options),
    connectSocket: (path) =>
      new Promise((resolve, reject) => {
        const socket = createConnection(path, () => resolve(socket));
        socket.once('error', (cause) => reject(new RdcError('TRANSPORT', `cannot connect to ${path}`, { cause })));
      }),
    close: async () => {},
  };
}

function runLocally(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const { timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes, stdin = '' } = options;
  const startedAt = performance.now();
  const [file = 'sh', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'pipe', detached: true });
    const stdout = new BoundedText(maxBytes);
    const stderr = new BoundedText(maxBytes);
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
      reject(new RdcError('TRANSPORT', `cannot start ${file}`, { cause }));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
        stdout: stdout.toString(),
        stderr: stderr.toString(),
        truncated: stdout.truncated || stderr.truncated,
        durationMs: performance.now() - startedAt,
      });
    });
    child.stdin.end(stdin);
  });
}
