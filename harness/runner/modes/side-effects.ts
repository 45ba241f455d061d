import type { DeclaredCheck } from '../../checks/check.ts';
import type { SideEffects } from '../../verdicts/fault-outcome.ts';

export type Bystander = {
  readonly verdict: 'pass' | 'fail' | 'error' | 'blocked' | 'skip';
  readonly message: string;
  readonly blockedBy?: string;
};

export type JudgeAll = (checks: readonly DeclaredCheck[]) => Promise<ReadonlyMap<string, Bystander>>;

export type Bystanders = {
  /** who is green while no fault is at work; asked before the first one, and once */
  learn(): Promise<void>;
  /** judges them while the fault of these checks is at work */
  under(group: readonly DeclaredCheck[]): Promise<SideEffects>;
  /** those that were red then, once more: what the undo did not bring back is a finding */
  afterUndo(effects: SideEffects): Promise<SideEffects>;
};

/** `checks` are asked for each time: a spec file that is read again declares its checks, and their faults, anew. */
export function createBystanders(judgeAll: JudgeAll, checks: () => Promise<readonly DeclaredCheck[]>): Bystanders {
  let learnt: Promise<ReadonlySet<string>> | undefined;
  const learn = async () => {
    const seen = await judgeAll(await checks());
    return new Set([...seen].filter(([, { verdict }]) => verdict === 'pass').map(([id]) => id));
  };
  const green = async () => {
    learnt ??= learn();
    const ids = await learnt;
    return (await checks()).filter(({ id }) => ids.has(id));
  };
  return {
    learn: async () => void (await green()),
    async under(group) {
      const others = (await green()).filter(({ id }) => !group.some((check) => check.id === id));
      const injected = new Set(group.map(({ fault }) => fault.inject));
      const sharing = [...group, ...(await checks()).filter(({ fault }) => injected.has(fault.inject))];
      return effectsOn(sharing, others, await judgeAll(others));
    },
    async afterUndo(effects) {
      const wereRed = [...effects.explained, ...effects.unexplained].map(({ id }) => id);
      const again = await judgeAll((await green()).filter(({ id }) => wereRed.includes(id)));
      const left = [...again]
        .filter(([, { verdict }]) => verdict !== 'pass')
        .map(([id, { verdict, message }]) => ({ id, verdict, message: `still red after the undo: ${cut(message)}` }));
      const isLeft = ({ id }: { readonly id: string }) => left.some((one) => one.id === id);
      return {
        judged: effects.judged,
        explained: effects.explained.filter((one) => !isLeft(one)),
        unexplained: [...effects.unexplained.filter((one) => !isLeft(one)), ...left],
      };
    },
  };
}

const cut = (message: string) => message.slice(0, 400);

function effectsOn(
  sharing: readonly DeclaredCheck[],
  others: readonly DeclaredCheck[],
  seen: ReadonlyMap<string, Bystander>,
): SideEffects {
  const explained: SideEffects['explained'][number][] = [];
  const unexplained: SideEffects['unexplained'][number][] = [];
  for (const other of others) {
    const one = seen.get(other.id) ?? { verdict: 'error', message: 'not judged' };
    if (one.verdict === 'pass') continue;
    const because = explanation(sharing, other, one);
    if (because === undefined) {
      unexplained.push({ id: other.id, verdict: one.verdict, message: cut(one.message) });
    } else explained.push({ id: other.id, because });
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
