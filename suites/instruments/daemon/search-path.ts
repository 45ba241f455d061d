import { type HostFacts, quoteWord } from '../../../harness/checks/index.ts';

/** Makes the engine's programs findable as for the daemon: a session without login may lack ~/bin. */
export function onSearchPath({ searchPath }: Pick<HostFacts, 'searchPath'>): string {
  return `export PATH=${quoteWord(searchPath)}\n`;
}
