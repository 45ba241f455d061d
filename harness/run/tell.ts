import type { RunListener } from '../verdicts/run-listener.ts';

export function notify(listeners: readonly RunListener[], message: (listener: RunListener) => void): void {
  for (const listener of listeners) message(listener);
}
