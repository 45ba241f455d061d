import type { RunContext } from '../../harness/verdicts/run-listener.ts';

/** Where a run's text goes; a terminal has a size, which is asked for at every redraw since it may change. */
export type Output = NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };

export function outputOf({ json }: RunContext): Output {
  const stream = json ? process.stderr : process.stdout;
  // A reader that went away (`rdc run | head`) ends neither the run nor its results.
  stream.on('error', () => undefined);
  return stream;
}
