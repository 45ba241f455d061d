import { randomBytes } from 'node:crypto';
import { type Container, expect, probePath, type Target } from '../../../harness/checks/index.ts';

type Exchanged = { errno: string | null; step: string; baud: number; text: string };

/**
 * Sends a nonce from the far port to a container that has the near one open, which sends back what it read, both at
 * 115200 baud; asserts that it came through unchanged both ways. What is asserted says when: `with mode 666`.
 */
export async function exchangeBytes(
  target: Target,
  container: Container,
  { near, far, when = '' }: { near: string; far: string; when?: string },
): Promise<void> {
  const nonce = randomBytes(24).toString('hex');
  const echo = container.probe<Exchanged>('tty', 'echo', near, String(nonce.length), '30000');
  // awaited below; a failure before that is not to leave it unhandled
  echo.catch(() => {});
  await awaitOpen(target, near);
  const back = await writeAndRead(target, far, nonce);
  const came = { errno: back.errno, baud: back.baud, text: back.text };
  expect(came, `what came back on ${far}${when}`).toEqual({ errno: null, baud: 115_200, text: nonce });
  const { errno, baud, text } = await echo;
  const read = { errno, baud, text };
  expect(read, `what the container read on ${near}${when}`).toEqual({ errno: null, baud: 115_200, text: nonce });
}

/** Waits until some process has the port open: what is sent before that is lost. */
async function awaitOpen(target: Target, port: string): Promise<void> {
  const { code } = await target.root.shell(
    `i=0; until find /proc/[0-9]*/fd -lname ${port} 2>/dev/null | grep -q .; do i=$((i+1)); [ $i -lt 60 ] || exit 1; done`,
  );
  expect(code, `a process in the container has ${port} open`).toBe(0);
}

/** Reads first and writes then, on the host's end: the answer must find a reader. */
async function writeAndRead(target: Target, port: string, text: string): Promise<Exchanged> {
  const probe = await probePath(target);
  const { stdout } = await target.shell(
    `${probe} tty read ${port} ${text.length} 20000 & reader=$!
i=0; until find /proc/$reader/fd -lname ${port} 2>/dev/null | grep -q .; do i=$((i+1)); [ $i -lt 60 ] || break; done
${probe} tty write ${port} ${text} > /dev/null; wait $reader`,
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Exchanged;
}
