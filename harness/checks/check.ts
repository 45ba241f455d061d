import type { Target } from '../target-host/access/target.ts';
import type { HostFacts } from '../target-host/facts/host-facts.ts';
import type { Level } from '../verdicts/verdict.ts';
import type { Source } from './sources.ts';

/** Applies a fault to the target and resolves to the function that takes it back. */
export type Fault = (context: { readonly target: Target; readonly host: HostFacts }) => Promise<() => Promise<void>>;

export type VerifyContext = {
  readonly target: Target;
  readonly host: HostFacts;
  /**
   * Names a point inside `verify` at which a sabotage may strike (`sabotage.at`), for claims about what a
   * step leaves behind: the remedy was applied, the port was published. Without a sabotage it does nothing. The
   * fault is taken back in its turn among what was deferred.
   */
  stage(name: string): Promise<void>;
  /** runs at the end of the check whatever happens, last added first: what the check changed goes back */
  defer(undo: () => Promise<unknown>): void;
  /** adds a note to the check's evidence */
  note(text: string): void;
};

export type Sabotage =
  | {
      readonly by: Fault;
      readonly name: string;
      readonly fails: RegExp;
      readonly at?: string;
      /** checks that the same fault rightly turns red as well, besides those that share it (`--blast-radius`) */
      readonly alsoFails?: readonly string[];
    }
  | { readonly impossible: string };

/**
 * Two more views of what the check looks at, for `rdc run --oracle`; no verdict is made of them. `verify` is run again
 * under a rootful daemon, unless `notRootful` says why it would mean nothing there.
 */
export type Oracle = {
  /** the same asked of the kernel by the user, without Docker; what it changes goes to `defer` */
  readonly bare?: (context: VerifyContext) => Promise<{ readonly works: boolean; readonly saw: string }>;
  readonly notRootful?: string;
};

export type Check = {
  /** `AREA-NAME`, as in docs/reference/checks */
  readonly id: string;
  readonly level: Level;
  /** the claim, in the present tense */
  readonly title: string;
  readonly source: Source;
  /** `true`, or why the claim is not made on such a host; decided from host facts alone */
  readonly applies?: (facts: { readonly host: HostFacts }) => true | string;
  /** checks whose property this one stands on; when one is down, this one is blocked by its name */
  readonly needs?: readonly Precondition[];
  /** restarts the daemon or the machine: runs alone, after the others */
  readonly disruptive?: true;
  /**
   * `verify` only reads files and asks the API by GET: it starts nothing and changes nothing, so that `rdc doctor`
   * may judge it on a host in use. Enforced there: what would change the host is refused, and the check an error.
   */
  readonly readOnly?: true;
  /**
   * `verify` disturbs nobody and is disturbed by nobody: what it starts is its own, what it looks at is its own, no port,
   * sysctl, device or time that it measures is another's too. `rdc run` judges such checks, and those that only read,
   * some at once. Enforced: what would change the host for others is refused, and the check an error.
   */
  readonly sideBySide?: true;
  /** what the maintainer or administrator does about a failure; a command where there is one */
  readonly remedy: string;
  readonly verify: (context: VerifyContext) => Promise<void>;
  readonly sabotage: Sabotage;
  readonly oracle?: Oracle;
};

/** Properties that the harness can look at before a check runs. Each is the id of the check that reports it. */
export type Precondition = 'SOCK-PATH';

export type DeclaredCheck = Check & { readonly area: string };

const declared = new Map<string, DeclaredCheck>();
const listeners: ((check: DeclaredCheck) => void)[] = [];

/**
 * The declaring function of one area: `const check = checksOf('ports');`, then one `check({...})` a claim.
 * Declaring is all a spec file does; who reads the declarations (conformance, sabotage, lint, list) is decided elsewhere.
 */
export function checksOf(area: string): (check: Check) => void {
  return (check) => {
    const withArea = { ...check, area };
    const twin = declared.get(check.id);
    if (twin && twin.area !== area) throw new Error(`check ${check.id} is declared in ${twin.area} and in ${area}`);
    declared.set(check.id, withArea);
    for (const listener of listeners) listener(withArea);
  };
}

/** Hands over every check declared from now on: how a reading inside vitest turns declarations into tests. */
export function onDeclared(listener: (check: DeclaredCheck) => void): void {
  listeners.splice(0, listeners.length, listener);
}

export function declaredChecks(): readonly DeclaredCheck[] {
  return [...declared.values()];
}

/** The sabotage in words, as lists and the catalogue page show it. */
export function describeFault(sabotage: Sabotage): string | { impossible: string } {
  return 'impossible' in sabotage ? { impossible: sabotage.impossible } : sabotage.name;
}
