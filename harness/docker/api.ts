import { Agent, request } from 'node:http';
import { RdcError } from '../errors.ts';
import { refuseChange } from '../target/read-only.ts';
import type { Target } from '../target/target.ts';

export type ApiAnswer = { readonly status: number; readonly text: string; json<T>(): T };

/** An answer longer than this is not an API answer but an attack on our memory. */
const maxAnswerBytes = 8 * 1024 * 1024;
const agents = new Map<string, Agent>();

function agentOf(socketPath: string): Agent {
  const agent = agents.get(socketPath) ?? new Agent({ keepAlive: true, maxSockets: 8 });
  agents.set(socketPath, agent);
  return agent;
}

/**
 * One request to the daemon's API over the forwarded socket, e.g. `dockerApi(target, 'GET', '/info')`.
 * A status is an observation; DAEMON is thrown when there was no answer, TIMEOUT after `timeoutMs`. `fresh` takes no
 * connection that is open already: one of those answers although nothing listens on the path any more.
 */
export async function dockerApi(
  target: Pick<Target, 'dockerSocket' | 'readOnly' | 'answers'>,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  options: { body?: unknown; timeoutMs?: number; fresh?: true } = {},
): Promise<ApiAnswer> {
  if (method !== 'GET') refuseChange(target, `${method} ${path}`);
  const answer = target.answers?.get(path) ?? ask(target, method, path, options);
  target.answers?.set(path, answer);
  return await answer;
}

function ask(
  target: Pick<Target, 'dockerSocket'>,
  method: string,
  path: string,
  options: { body?: unknown; timeoutMs?: number; fresh?: true },
): Promise<ApiAnswer> {
  const { body, timeoutMs = 60_000, fresh } = options;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const socketPath = target.dockerSocket;
  const agent = fresh ? false : agentOf(socketPath);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, agent, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > maxAnswerBytes)
          call.destroy(new RdcError('DAEMON', `${method} ${path}: the answer passed ${maxAnswerBytes} bytes`));
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        const answer = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          text: answer,
          json: () => parseAnswer(answer, `${method} ${path}`),
        });
      });
    });
    const timer = setTimeout(
      () => call.destroy(new RdcError('TIMEOUT', `${method} ${path}: no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const fail = (cause: Error) => {
      clearTimeout(timer);
      reject(
        cause instanceof RdcError
          ? cause
          : new RdcError('DAEMON', `${method} ${path}: the daemon did not answer`, { cause }),
      );
    };
    call.on('error', fail);
    call.end(text);
  });
}

function parseAnswer<T>(text: string, what: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new RdcError('DAEMON', `${what}: the answer is not JSON`, { cause });
  }
}
