import { basename } from 'node:path';
import type { ReadableTarget, RestartableTarget, Target } from '../target-host/access/target.ts';
import type { HostFacts } from '../target-host/facts/host-facts.ts';
import type { Level } from '../verdicts/verdict.ts';
import type { Source } from './sources.ts';

export type Undo = () => Promise<unknown>;

/** Breaks something on the target; resolves to the undo. */
export type Inject<T extends Target = RestartableTarget> = (context: {
  readonly target: T;
  readonly host: HostFacts;
}) => Promise<Undo>;

/** A fault by its name; checks that share the same `inject` are proven by one injection. */
export type Fault = {
  readonly name: string;
  readonly inject: Inject;
  /** the stage of `verify` at which it is injected; without one, before `verify` */
  readonly at?: string;
  /** checks that the fault rightly turns red as well, besides those that share it (`--blast-radius`) */
  readonly alsoBreaks?: readonly string[];
  /** `true`, or why it cannot be injected on such a host, or would break nothing; decided from host facts alone */
  readonly possible?: OnHost;
};

/** `true`, or why not on such a host. */
type OnHost = (facts: { readonly host: HostFacts }) => true | string;

/** A fault and the labels of the expectations of which one has to fail under it: see `breaks`. */
export type Breaks = Fault & { readonly breaks: readonly string[]; readonly finding?: never };

/** The same of a limitation, which has to be found lifted under the fault: see `lifts`. */
export type Lifts = Omit<Breaks, 'finding'> & { readonly finding: 'lifted' };

/** What `verify` of a check gets that only reads. */
type ReadContext = {
  readonly target: ReadableTarget;
  readonly host: HostFacts;
  /** adds a note to the check's evidence */
  note(text: string): void;
};

export type VerifyContext<T extends Target = Target> = Omit<ReadContext, 'target'> & {
  readonly target: T;
  /**
   * Names a point inside `verify` at which a fault may be injected (`at`), for claims about what a step leaves behind:
   * the remedy was applied, the port was published. The fault is undone in order with what was deferred.
   */
  stage(name: string): Promise<void>;
  /** whether this run judges `id` too, as the host is: what it wants of a restart is then done along with this one's */
  alsoJudged(id: string): boolean;
  /** runs at the end of the check whatever happens, last added first: what the check changed goes back */
  defer(undo: () => Promise<unknown>): void;
};

/** The same asked of the kernel by the user, without Docker; undos go to `defer`. */
export type WithoutDocker = (context: VerifyContext) => Promise<{ readonly works: boolean; readonly saw: string }>;

type Claim = {
  /** in the present tense */
  readonly title: string;
  readonly source: Source;
  /** `true`, or why the claim is not made on such a host; decided from host facts alone */
  readonly applies?: OnHost;
  /** what the maintainer or administrator does about a failure; a command where there is one */
  readonly remedy: string;
  /** for `rdc bug`: what a person types on a fresh machine to see the failure, with what is expected as a comment */
  readonly reproduce?: string;
  /**
   * Two more views of what the check looks at, for `rdc run --oracle`; no verdict is made of them. `verify` is run again
   * under a rootful daemon, unless `notRootful` says why it would mean nothing there.
   */
  readonly triage?: { readonly withoutDocker?: WithoutDocker; readonly notRootful?: string };
};

type Verify<Context> = (context: Context) => Promise<void>;

/** What `verify` may do is the type of its target. At run time too, anything more is refused, and the check is an error. */
type Kind =
  | {
      /** starts and changes nothing, so that `rdc doctor` may judge it on a host in use */
      readonly readOnly: true;
      readonly concurrent?: never;
      readonly restartsDaemon?: never;
      readonly verify: Verify<ReadContext>;
    }
  | {
      readonly readOnly?: never;
      /**
       * Disturbs nobody and is disturbed by nobody: what it starts and looks at is its own, no port, sysctl, device or
       * time that it measures is another's too. Some of these are judged at once; the default is one at a time.
       */
      readonly concurrent?: true;
      readonly restartsDaemon?: never;
      readonly verify: Verify<VerifyContext>;
    }
  | {
      readonly readOnly?: never;
      readonly concurrent?: never;
      /** restarts the daemon or the machine: judged alone, after the others */
      readonly restartsDaemon: true;
      /** a user unit restarts the user's daemon, not the rootful one */
      readonly triage?: { readonly notRootful: string };
      readonly verify: Verify<VerifyContext<RestartableTarget>>;
    };

type Proof =
  | { readonly level: 'LIMITATION'; readonly fault: Lifts }
  | { readonly level: Exclude<Level, 'LIMITATION'>; readonly fault: Breaks };

export type Check = Claim &
  Kind &
  Proof & {
    /** the check can be judged while no daemon answers; all others are blocked by SOCK-PATH then */
    readonly needsDaemon?: false;
  };

/** A check as the harness handles it, whatever its kind. */
export type DeclaredCheck = Claim & {
  /** `AREA-NAME`, as in docs/reference/checks */
  readonly id: string;
  readonly area: string;
  readonly level: Level;
  readonly needsDaemon: boolean;
  readonly readOnly?: true;
  readonly concurrent?: true;
  readonly restartsDaemon?: true;
  readonly verify: Verify<VerifyContext<RestartableTarget>>;
  readonly fault: Breaks | Lifts;
};

const declared = new Map<string, { readonly check: DeclaredCheck; readonly file: string }>();
let notify: (check: DeclaredCheck) => void = () => {};

/**
 * The declaring function of a spec file, whose folder is the area: `const check = checksIn(import.meta);`, then one
 * `check('AREA-NAME', {...})` a claim. Declaring is all a spec file does; what is done with a check is decided elsewhere.
 */
export function checksIn({ dirname, filename: file }: Pick<ImportMeta, 'dirname' | 'filename'>) {
  const ofThisFile = new Set<string>();
  return (id: string, declaration: Check): void => {
    const check: DeclaredCheck = { needsDaemon: true, ...declaration, id, area: basename(dirname) };
    // a file that is read again declares its checks anew
    const twin = declared.get(id)?.file ?? file;
    if (twin !== file || ofThisFile.has(id))
      throw new Error(`check ${id} is declared twice: in ${twin} and in ${file}`);
    ofThisFile.add(id);
    declared.set(id, { check, file });
    notify(check);
  };
}

/** Hands over every check declared from now on, in place of an earlier listener: a worker of vitest turns them into tests. */
export function onDeclared(listener: (check: DeclaredCheck) => void): void {
  notify = listener;
}

export function declaredChecks(): readonly DeclaredCheck[] {
  return [...declared.values()].map(({ check }) => check);
}
