import { runReading } from './run.ts';

/** `rdc selftest`: the sabotage reading. Exit code 0 when every possible mutant was killed, 1 when one survived. */
export function selftestCommand(words: readonly string[]): Promise<number> {
  return runReading(words, 'sabotage');
}
