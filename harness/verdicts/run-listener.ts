import type { Triage } from './triage.ts';
import type { CheckResult, Level } from './verdict.ts';

/** What a report says of a check besides its verdict; the same for every target. */
export type CheckDeclaration = {
  readonly id: string;
  readonly area: string;
  readonly level: Level;
  readonly title: string;
  readonly source: { readonly url: string; readonly section: string };
  readonly remedy: string;
};

export type RunContext = {
  /** e.g. `2026-11-22T02-10-00Z-3f9a`; `folder` is reports/out/<id>, an absolute path */
  readonly id: string;
  readonly folder: string;
  readonly startedAt: Date;
  readonly suite: { readonly version: string; readonly digest: string };
  /** the machine where rdc itself runs */
  readonly ranOn?: { readonly [name in 'os' | 'kernel' | 'architecture' | 'node']: string };
  /** levels whose failures make the run non-conformant */
  readonly gate: readonly Level[];
  /** `--json`: stdout is left to the one JSON document */
  readonly json: boolean;
  readonly color: boolean;
};

/** How many checks were judged (pass or fail) when the machine was last verified: a run of everything owes as many. */
export type CoverageFloor = { readonly judged: number; readonly date: string };

export type TargetContext = {
  readonly name: string;
  readonly kind: 'machine' | 'ssh' | 'local';
  /** what runs a machine of the lab */
  readonly provider?: 'libvirt' | 'nspawn';
  /** of a VM: by the processor (kvm), or emulated (tcg) */
  readonly acceleration?: 'kvm' | 'tcg';
  /** how Docker got onto a machine of the lab, and the binaries that were brought for it */
  readonly channel?: 'distro' | 'upstream' | 'script' | 'engine';
  readonly engine?: {
    readonly digest: string;
    readonly prefix?: string;
    readonly programs: Readonly<Record<string, string>>;
  };
  readonly folder: string;
  /** every check that this run is to judge on the target; one that is never reported was not judged */
  readonly expected: readonly CheckDeclaration[];
  /** set when the whole suite is run on a machine that was verified */
  readonly ratchet?: CoverageFloor;
  /** set on a machine that no run has verified: what it says of the distribution may be the recipe's fault */
  readonly unverified?: true;
};

export type TargetEnd = {
  readonly infraRetries: number;
  /** set when the target could not be judged to the end (lost VM, broken spec file, interrupt): one sentence */
  readonly broken?: string;
};

/** `host` is read from the kernel's side; `daemon` is what the daemon claims of itself, or null when it does not answer. */
export type Facts = {
  readonly host: Record<string, unknown>;
  readonly daemon: Record<string, unknown> | null;
  /** image ID of the fixture image: what the checks' containers are made of */
  readonly fixtureImage?: string;
};

/**
 * Where a run goes. Several targets may be under way at once; calls for one target come in order.
 * Methods are synchronous so that what was judged is on disk before the next check starts.
 */
export type RunListener = {
  runStarted?(run: RunContext): void;
  /** one line on what the run is doing before a target can be judged (set-up, boot, provisioning) */
  stage?(target: string, text: string): void;
  targetStarted?(target: TargetContext): void;
  factsRead?(target: TargetContext, facts: Facts): void;
  checkStarted?(target: TargetContext, id: string): void;
  checkJudged?(target: TargetContext, result: CheckResult): void;
  /** after the verdicts, with `--oracle`: how a judged check looks from elsewhere */
  viewsTaken?(target: TargetContext, id: string, views: Triage): void;
  targetEnded?(target: TargetContext, end: TargetEnd): void;
  runEnded?(run: RunContext): void | Promise<void>;
};

export function notify(listeners: readonly RunListener[], message: (listener: RunListener) => void): void {
  for (const listener of listeners) message(listener);
}
