import { type HostFacts, quoteWord } from '../../../harness/checks/index.ts';

/**
 * Shell of the user: from here on the engine's programs are found by name as the daemon finds them, and so do they find
 * each other. A session without login may not look where they are (~/bin).
 */
export function onSearchPath({ searchPath }: Pick<HostFacts, 'searchPath'>): string {
  return `export PATH=${quoteWord(searchPath)}\n`;
}
