import { type HostFacts, quoteWord } from '../../../harness/checks/index.ts';

/** Makes the engine's programs findable as for the daemon: a session without login may lack ~/bin. */
export function onSearchPath({ searchPath }: Pick<HostFacts, 'searchPath'>): string {
  return `export PATH=${quoteWord(searchPath)}\n`;
}

/** Runs a command in a user namespace that RootlessKit makes for it; ends with the command's exit code. */
export function underRootlessKit(host: Pick<HostFacts, 'searchPath'>, command: string): string {
  return `${onSearchPath(host)}d=$(mktemp -d) && rootlesskit --state-dir="$d/state" ${command}; c=$?; rm -rf "$d"; exit $c`;
}
