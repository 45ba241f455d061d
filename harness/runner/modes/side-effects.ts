import { type DeclaredCheck, onDeclared } from '../../checks/check.ts';
import { loadChecks } from '../../checks/load-checks.ts';
import type { ConnectedTarget } from '../../target-host/connection/connect.ts';
import type { SideEffects } from '../../verdicts/fault-outcome.ts';
import type { Assignment } from '../protocol/protocol.ts';
import { Evidence } from '../verify/evidence.ts';
import { type Observed, observe } from '../verify/verify.ts';
import { inspectAll } from './inspection.ts';

export type Bystander = Omit<Observed, 'verdict' | 'failure'> & { readonly verdict: Observed['verdict'] | 'skip' };
type Seen = ReadonlyMap<string, Bystander>;
type JudgeAll = (checks: readonly DeclaredCheck[]) => Promise<Seen>;
export type Bystanders = ReturnType<typeof createBystanders>;

let bystanders: Bystanders | undefined;

/** The checks that are judged beside a fault on this target. One for all spec files of a worker: what is green is learnt once. */
export function bystandersOf(connected: ConnectedTarget, { root, sideEffects }: Assignment): Bystanders {
  bystanders ??= createBystanders(
    (checks) => judgeOn(connected, checks),
    async () => {
      // the tests of this spec file are known by now: what the other files declare becomes no test of it
      onDeclared(() => {});
      const all = await loadChecks(root);
      return all.filter((check) => !check.restartsDaemon && (check.readOnly || sideEffects === 'all'));
    },
  );
  return bystanders;
}

/** Those that only read at once, and then the others one by one. */
async function judgeOn(connected: ConnectedTarget, checks: readonly DeclaredCheck[]): Promise<Seen> {
  const { host } = connected;
  const { reading = [], others = [] } = Object.groupBy(checks, ({ readOnly }) => (readOnly ? 'reading' : 'others'));
  const inspected = await inspectAll(reading, { host, observedBy: connected.readOnlyView() });
  const seen = new Map<string, Bystander>();
  for (const [id, one] of inspected) seen.set(id, { ...one, message: one.reason ?? '' });
  for (const check of others) {
    const applies = check.applies?.({ host }) ?? true;
    const target = connected.observedBy({ command() {}, note() {} });
    const mode = { evidence: new Evidence(), host, target };
    seen.set(check.id, applies === true ? await observe(check, mode) : { verdict: 'skip', message: applies });
  }
  return seen;
}

/** `checks` are asked for each time: a spec file that is read again declares its checks, and their faults, anew. */
export function createBystanders(judgeAll: JudgeAll, checks: () => Promise<readonly DeclaredCheck[]>) {
  let learnt: Promise<Seen> | undefined;
  const green = async () => {
    learnt ??= checks().then(judgeAll);
    const seen = await learnt;
    return (await checks()).filter(({ id }) => seen.get(id)?.verdict === 'pass');
  };
  return {
    /** who is green while no fault is at work; asked before the first one, and once */
    learn: async () => void (await green()),
    /** judges them while the fault of these checks is at work */
    async under(group: readonly DeclaredCheck[]): Promise<SideEffects> {
      const others = (await green()).filter(({ id }) => !group.some((check) => check.id === id));
      const injected = new Set(group.map(({ fault }) => fault.inject));
      const sharing = [...group, ...(await checks()).filter(({ fault }) => injected.has(fault.inject))];
      return effectsOn(sharing, others, await judgeAll(others));
    },
    /** those that were red then, once more: what the undo did not bring back is a finding */
    async afterUndo({ judged, explained, unexplained }: SideEffects): Promise<SideEffects> {
      const wereRed = [...explained, ...unexplained].map(({ id }) => id);
      const again = await judgeAll((await green()).filter(({ id }) => wereRed.includes(id)));
      const left = [...again]
        .filter(([, { verdict }]) => verdict !== 'pass')
        .map(([id, { verdict, message }]) => ({ id, verdict, message: `still red after the undo: ${cut(message)}` }));
      const isBack = ({ id }: { readonly id: string }) => !left.some((one) => one.id === id);
      return { judged, explained: explained.filter(isBack), unexplained: [...unexplained.filter(isBack), ...left] };
    },
  };
}

const cut = (message: string) => message.slice(0, 400);

function effectsOn(sharing: readonly DeclaredCheck[], others: readonly DeclaredCheck[], seen: Seen): SideEffects {
  const explained: SideEffects['explained'][number][] = [];
  const unexplained: SideEffects['unexplained'][number][] = [];
  for (const other of others) {
    const { id } = other;
    const one = seen.get(id) ?? { verdict: 'error', message: 'not judged' };
    if (one.verdict === 'pass') continue;
    const because = explanation(sharing, other, one);
    if (because !== undefined) explained.push({ id, because });
    else unexplained.push({ id, verdict: one.verdict, message: cut(one.message) });
  }
  return { judged: others.length, explained, unexplained };
}

/** `sharing` are all checks that are proven by the fault at work: what one of them says of it holds for the others. */
function explanation(
  sharing: readonly DeclaredCheck[],
  other: DeclaredCheck,
  { verdict, blockedBy }: Bystander,
): string | undefined {
  if (verdict === 'blocked') return `blocked by ${blockedBy}`;
  if (sharing.some(({ id }) => id === other.id)) return 'has the same fault';
  const namedBy = sharing.find(({ fault }) => fault.alsoBreaks?.includes(other.id));
  return namedBy && `expected by the fault of ${namedBy.id}`;
}
