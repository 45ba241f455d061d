import type { RunContext } from '../../harness/verdicts/run-listener.ts';
import type { Screen } from './live-list.ts';
import type { Print } from './plain-lines.ts';

/** Where a run's text goes: with `--json`, stdout belongs to the document. */
export function outputOf({ json }: RunContext): { readonly print: Print; readonly screen: Screen } {
  const stream = json ? process.stderr : process.stdout;
  // A reader that went away (`rdc run | head`) ends neither the run nor its results.
  stream.on('error', () => undefined);
  return { print: (text) => void stream.write(text), screen: stream };
}
