import type { CheckResult } from './verdict.ts';

/**
 * One way to look at what a claim is about: it works there, or it fails. `not taken`: nobody could look, `detail` says
 * why. `does not apply`: the claim is about rootless Docker alone, so that a rootful daemon has no such view.
 */
export type View = {
  readonly seen: 'works' | 'fails' | 'not taken' | 'does not apply';
  readonly detail?: string;
};

const blames = ['the host', 'rootless by design', 'defect', 'undecided'] as const;
type Blame = (typeof blames)[number];

/** The rootless view is the verdict; the others were taken after it, on the same machine. */
export type Triage = {
  readonly blame: Blame;
  /** one sentence: what of the views decides */
  readonly because: string;
  readonly views: { readonly rootless: View; readonly rootful: View; readonly bare: View };
  /** path of what the two other views did and saw, relative to the target's run folder */
  readonly evidence?: string;
};

type Judged = Pick<CheckResult, 'level' | 'verdict' | 'finding' | 'reason'>;

/** Whether other views of a judged check say anything: it is red, or it is a limitation, by design or not. */
export function wantsViews({ level, verdict }: Pick<Judged, 'level' | 'verdict'>): boolean {
  return verdict === 'fail' || (verdict === 'pass' && level === 'LIMITATION');
}

/**
 * A verdict in a view's words. A limitation claims that something does not work: as documented it fails, `lifted` it
 * works, and `differs` is another way to fail.
 */
export function viewOf({ level, verdict, finding, reason }: Judged): View {
  if (verdict === 'pass')
    return level === 'LIMITATION' ? { seen: 'fails', detail: 'as documented' } : { seen: 'works' };
  const detail = reason === undefined ? {} : { detail: reason };
  return { seen: finding === 'lifted' ? 'works' : 'fails', ...detail };
}

type Attribution = Pick<Triage, 'blame' | 'because'>;
type Others = Pick<Triage['views'], 'rootful' | 'bare'>;

/** Places the blame; pure. docs/guides/triage.md has the same as a table. */
export function attribute(result: Judged, others: Others): Attribution {
  if (result.verdict === 'pass') return ofLimitation(others);
  return result.finding === 'lifted' ? ofLifted(others) : ofFailure(others);
}

/** Red, and it is no limit that has gone: the more of the views fail, the further down it lies. */
function ofFailure({ rootful, bare }: Others): Attribution {
  if (bare.seen === 'fails') {
    return { blame: 'the host', because: 'it refuses the same to its user without Docker' };
  }
  if (bare.seen !== 'works') {
    const others = rootful.seen === 'works' ? 'a rootful daemon can; ' : '';
    return { blame: 'undecided', because: `${others}nobody looked whether the user can without Docker` };
  }
  switch (rootful.seen) {
    case 'works':
      return { blame: 'defect', because: 'only rootless Docker fails: its code, its packages or its configuration' };
    case 'fails':
      return {
        blame: 'defect',
        because: 'a rootful daemon fails as well, the user without Docker does not: Docker itself, not rootless mode',
      };
    case 'does not apply':
      return { blame: 'defect', because: 'the user can without Docker: it is rootless Docker that fails' };
    default:
      return { blame: 'undecided', because: 'the user can without Docker; nobody looked whether a rootful daemon can' };
  }
}

/** Green: it does not work, as documented. By design if a rootful daemon can. */
function ofLimitation({ rootful, bare }: Others): Attribution {
  if (rootful.seen === 'works') {
    const alone = {
      fails:
        'a rootful daemon can; the user cannot without Docker either, and rootless Docker has the rights of its user',
      works: 'a rootful daemon can, and so can the user without Docker: a limit of rootless mode alone',
    };
    const because = bare.seen === 'works' || bare.seen === 'fails' ? alone[bare.seen] : 'a rootful daemon can';
    return { blame: 'rootless by design', because };
  }
  if (rootful.seen !== 'fails') return { blame: 'undecided', because: 'nobody looked whether a rootful daemon can' };
  if (bare.seen === 'fails') {
    return { blame: 'the host', because: 'a rootful daemon cannot either, nor can the user without Docker' };
  }
  return { blame: 'undecided', because: 'a rootful daemon cannot either: this is no limit of rootless mode alone' };
}

/** Red, because a documented limit is gone. */
function ofLifted({ bare }: Others): Attribution {
  if (bare.seen === 'works') {
    return { blame: 'the host', because: 'it grants the same to its user without Docker' };
  }
  const because =
    bare.seen === 'fails'
      ? 'rootless Docker can what its user cannot without it: a newer version, or a privilege that it was given'
      : 'nobody looked whether the host grants it to its user without Docker';
  return { blame: 'undecided', because };
}
