/** What became of a fault; `reason` is the message of the kill, or why there was none. */
export type Outcome = {
  readonly outcome: 'killed' | 'survived' | 'impossible' | 'error';
  readonly reason: string;
  readonly sideEffects?: SideEffects;
};

/** Begins the reason of a fault that nobody could try: its check is red without any fault. */
export const alreadyRed = 'already red on this machine; try the fault on another';

/** What one fault did to the checks that it was not meant for. */
export type SideEffects = {
  /** how many were green before the fault and were judged under it */
  readonly judged: number;
  readonly explained: readonly { readonly id: string; readonly because: string }[];
  /** each of them is a finding: the fault does more than it says, or the check looks at more than it claims */
  readonly unexplained: readonly { readonly id: string; readonly verdict: string; readonly message: string }[];
};
