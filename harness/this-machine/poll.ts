import { setTimeout as delay } from 'node:timers/promises';

export async function waitUntil(isDone: () => boolean, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (!isDone()) {
    if (Date.now() >= deadline) return false;
    await delay(50);
  }
  return true;
}
