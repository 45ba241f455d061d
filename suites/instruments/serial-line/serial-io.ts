import { randomBytes } from 'node:crypto';
import { type Container, expect, probePath, type Target } from '../../../harness/checks/index.ts';

type Exchanged = { errno: string | null; step: string; baud: number; text: string };

/** A container on the near port echoes a nonce from the far one, at 115200 baud; `when` ends the labels. */
export async function exchangeBytes(
  target: Target,
  container: Container,
  { near, far, when = '' }: { near: string; far: string; when?: string },
): Promise<void> {
  const nonce = randomBytes(24).toString('hex');
  const echo = container.probe<Exchanged>('tty', 'echo', near, String(nonce.length), '30000');
  // awaited below; until then a failure must not count as unhandled
  echo.catch(() => {});
  await awaitOpen(target, near);
  const back = await writeAndRead(target, far, nonce);
  const whole = { errno: null, baud: 115_200, text: nonce };
  expect(back, `what came back on ${far}${when}`).toMatchObject(whole);
  expect(await echo, `what the container read on ${near}${when}`).toMatchObject(whole);
}

/** What is sent before somebody has the port open is lost. */
async function awaitOpen(target: Target, port: string): Promise<void> {
  const { code } = await target.root.shell(
    `i=0; until find /proc/[0-9]*/fd -lname ${port} 2>/dev/null | grep -q .; do i=$((i+1)); [ $i -lt 60 ] || exit 1; done`,
  );
  expect(code, `a process in the container has ${port} open`).toBe(0);
}

/** The reader starts first: the answer must find it. */
async function writeAndRead(target: Target, port: string, text: string): Promise<Exchanged> {
  const probe = await probePath(target);
  const { stdout } = await target.shell(
    `${probe} tty read ${port} ${text.length} 20000 & reader=$!
i=0; until find /proc/$reader/fd -lname ${port} 2>/dev/null | grep -q .; do i=$((i+1)); [ $i -lt 60 ] || break; done
${probe} tty write ${port} ${text} > /dev/null; wait $reader`,
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Exchanged;
}
