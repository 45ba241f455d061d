import type { BlastRadius } from '../runner/modes/side-effects.ts';

/** What became of a mutant; `reason` is the message of the kill, or why there was none. */
export type Outcome = {
  readonly outcome: 'killed' | 'survived' | 'impossible' | 'error';
  readonly reason: string;
  readonly blastRadius?: BlastRadius;
};

/** Begins the reason of a mutant that nobody could try: its check is red without any fault. */
export const alreadyRed = 'already red on this machine: prove it on another';
