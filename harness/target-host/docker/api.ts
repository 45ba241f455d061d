import { Agent, request } from 'node:http';
import { messageOf } from '../../messages/error-text.ts';
import { RdcError } from '../../messages/errors.ts';
import { refuseChange } from '../access/read-only.ts';
import type { ApiAnswer, ReadableTarget, Target } from '../access/target.ts';
import { BoundedText } from '../transport/bounded-text.ts';
import { maxAnswerBytes } from '../transport/forward-socket.ts';

/** Keeps connections and counts them by socket. */
const keptOpen = new Agent({ keepAlive: true, maxSockets: 8 });

type Method = 'GET' | 'POST' | 'DELETE';
type RequestOptions = { readonly body?: unknown; readonly timeoutMs?: number; readonly fresh?: true };
type Asked = Pick<ReadableTarget, 'dockerSocket' | 'readOnly' | 'answers'> & Partial<Pick<ReadableTarget, 'note'>>;

/**
 * One request to the daemon's API, e.g. `dockerApi(target, 'GET', '/info')`. A status is an observation; throws DAEMON
 * without an answer, TIMEOUT after `timeoutMs`. `fresh` opens a connection: an old one answers although nobody listens.
 */
export async function dockerApi<M extends Method>(
  target: [M] extends ['GET'] ? Asked : Asked & Pick<Target, 'invalidate'>,
  method: M,
  path: string,
  options: RequestOptions = {},
): Promise<ApiAnswer> {
  if (method !== 'GET') refuseChange(target, `${method} ${path}`);
  const startedAt = performance.now();
  const answer = target.answers?.get(path) ?? ask(target.dockerSocket, method, path, options);
  target.answers?.set(path, answer);
  try {
    const { status, text } = await answer;
    target.note?.(`api: ${noteOf(method, path, options)}\n${shortened(text)}status ${status}, ${msSince(startedAt)}`);
  } catch (error) {
    target.note?.(`${noteOf(method, path, options)}: ${messageOf(error)}`);
    throw error;
  }
  return await answer;
}

function noteOf(method: Method, path: string, { body }: RequestOptions): string {
  return [method, path, ...(body === undefined ? [] : [JSON.stringify(body)])].join(' ');
}

function msSince(startedAt: number): string {
  return `${Math.round(performance.now() - startedAt)} ms`;
}

/** An answer of the daemon can be long, and what a check made of it is in its reason. */
function shortened(text: string): string {
  if (text === '') return '';
  return text.length > 1_500
    ? `${text.slice(0, 1_500)}\n[${text.length - 1_500} more characters]\n`
    : `${text.trimEnd()}\n`;
}

function ask(socketPath: string, method: Method, path: string, options: RequestOptions): Promise<ApiAnswer> {
  const { body, timeoutMs = 60_000, fresh } = options;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {};
  const agent = fresh ? false : keptOpen;
  return new Promise((resolve, reject) => {
    const what = `${method} ${path}`;
    const call = request({ socketPath, agent, method, path, headers }, (response) => {
      const kept = new BoundedText(maxAnswerBytes);
      response.on('data', (chunk: Buffer) => {
        kept.push(chunk);
        if (kept.truncated) fail(new RdcError('DAEMON', `${what}: the answer passed ${maxAnswerBytes} bytes`));
      });
      response.on('error', noAnswer);
      response.on('end', () => {
        clearTimeout(timer);
        const text = kept.toString();
        resolve({ status: response.statusCode ?? 0, text, json: () => parseAnswer(text, what) });
      });
    });
    // rejects by itself: some answers end a call without another event
    const fail = (error: RdcError) => {
      clearTimeout(timer);
      reject(error);
      call.destroy();
    };
    const noAnswer = (cause?: Error) => fail(new RdcError('DAEMON', `${what}: the daemon did not answer`, { cause }));
    const late = new RdcError('TIMEOUT', `${what}: no answer within ${timeoutMs} ms`);
    const timer = setTimeout(() => fail(late), timeoutMs);
    call.on('error', noAnswer);
    call.on('upgrade', (_response, socket) => {
      socket.destroy();
      noAnswer();
    });
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
