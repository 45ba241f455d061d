import type { CheckResult } from './verdict.ts';

/**
 * One way to look at what a claim is about: it works there, or it fails. `not taken`: nobody could look, `detail` says
 * why. `does not apply`: the claim is about rootless Docker alone, so that a rootful daemon has no such view.
 */
export type View = {
  readonly seen: 'works' | 'fails' | 'not taken' | 'does not apply';
  readonly detail?: string;
};

type Blame = 'the host' | 'rootless by design' | 'defect' | 'undecided';

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

/** Pure: finds what is responsible. docs/guides/triage.md has the same as a table. */
export function attribute(result: Judged, others: Others): Attribution {
  if (result.verdict === 'pass') return ofLimitation(others);
  return result.finding === 'lifted' ? ofLifted(others) : ofFailure(others);
}

const rule = (blame: Blame, because: string): Attribution => ({ blame, because });

/** Failed, and not by a limit that is gone: the more views fail, the deeper the cause. */
function ofFailure({ rootful, bare }: Others): Attribution {
  if (bare.seen === 'fails') return rule('the host', 'the same fails for the user without Docker');
  if (bare.seen !== 'works') {
    return rule(
      'undecided',
      `${rootful.seen === 'works' ? 'works with a rootful daemon; ' : ''}not tried without Docker`,
    );
  }
  switch (rootful.seen) {
    case 'works':
      return rule('defect', 'only rootless Docker fails: its code, packages or configuration');
    case 'fails':
      return rule('defect', 'fails with a rootful daemon too, works without Docker: Docker itself, not rootless mode');
    case 'does not apply':
      return rule('defect', 'works without Docker: rootless Docker fails');
    default:
      return rule('undecided', 'works without Docker; not tried with a rootful daemon');
  }
}

/** Green: it does not work, as documented. By design if a rootful daemon can. */
function ofLimitation({ rootful, bare: { seen } }: Others): Attribution {
  if (rootful.seen === 'works') {
    const because =
      seen === 'fails'
        ? 'works with a rootful daemon, fails without Docker: rootless Docker has the rights of its user'
        : `works with a rootful daemon${seen === 'works' ? ' and without Docker: a limit of rootless mode alone' : ''}`;
    return rule('rootless by design', because);
  }
  if (rootful.seen !== 'fails') return rule('undecided', 'not tried with a rootful daemon');
  if (seen === 'fails') return rule('the host', 'fails with a rootful daemon and without Docker too');
  return rule('undecided', 'fails with a rootful daemon too: not a limit of rootless mode alone');
}

/** Red, because a documented limit is gone. */
function ofLifted({ bare: { seen } }: Others): Attribution {
  if (seen === 'works') return rule('the host', 'the same works for the user without Docker');
  if (seen !== 'fails') return rule('undecided', 'not tried without Docker');
  return rule(
    'undecided',
    'works in rootless Docker, fails without Docker: a newer version, or a privilege that it was given',
  );
}
