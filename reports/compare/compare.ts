import { everyCheck } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import { kernelOf, type ProviderName, providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { type Change, changeOf, changesByWeight, worstChange } from './change.ts';
import { causeOf, type Explanation, explain, type FactRow, flattenFacts } from './explain.ts';

export type Cell = Pick<JudgedCheck, 'verdict' | 'finding' | 'flaky' | 'evidence'> & { readonly reason: string };

type Declared = Pick<JudgedCheck, 'id' | 'area' | 'level' | 'title' | 'remedy'>;

export type CheckRow = Declared & {
  readonly change: Change;
  readonly changes: readonly Change[];
  readonly cells: readonly (Cell | null)[];
  readonly explanations: readonly Explanation[];
};

type DifferingFact = FactRow & { readonly cause?: string; readonly why?: string };

export type Comparison = ReturnType<typeof compareResults>;
export type Column = Comparison['columns'][number];

export function compareResults(all: readonly Results[]) {
  const columns = columnsOf(all);
  const facts = differingFacts(all.map(flattenFacts));
  const cellsById = all.map((results) => new Map(everyCheck(results).map((check) => [check.id, check])));
  const checks = declarationsOf(all).map((declared): CheckRow => {
    const found = cellsById.map((cells) => cells.get(declared.id));
    const changes = columns.map(({ base }, index) => changeOf(found[base], found[index]));
    const change = worstChange(changes);
    const cells = found.map((check) => (check === undefined ? null : cellOf(check)));
    const explanations = change === 'same' ? [] : explainRow(declared.area, cells, facts);
    return { ...declared, change, changes, cells, explanations };
  });
  const counts = Object.fromEntries(
    changesByWeight.map((change) => [change, checks.filter((row) => row.change === change).length]),
  ) as Record<Change, number>;
  return { columns, checks, facts: withCauses(facts), counts };
}

/** `base`: the first column of the same target (a later run against an earlier one), else the first of all. */
function columnsOf(all: readonly Results[]) {
  const names = all.map(({ target }) => target.name);
  return all.map((results, index) => {
    const { target, run, conformance, ledger, suite } = results;
    const first = names.indexOf(target.name);
    const isAlone = first === names.lastIndexOf(target.name);
    return present({
      label: isAlone ? target.name : `${target.name} ${run.startedAt.slice(0, 16).replace('T', ' ')}`,
      target: target.name,
      runId: run.id,
      startedAt: run.startedAt,
      conformance,
      ledger,
      suite,
      provider: providerOf(results),
      ...kernelOf(results),
      base: first < index ? first : 0,
    });
  });
}

/** Said wherever columns are shown: a container is compared with a VM. */
export function mixedProviders({ columns }: Comparison): string | undefined {
  const isOther = ({ provider, base }: Column) => provider !== undefined && isOtherProvider(provider, columns[base]);
  return columns.some(isOther) ? mixedProvidersText : undefined;
}

const mixedProvidersText =
  'a container is compared with a VM: a difference may be that of the kernel, of its limits or of what a container lacks';

function isOtherProvider(provider: ProviderName, base: Column | undefined): boolean {
  return base?.provider !== undefined && base.provider !== provider;
}

/** Every check of any column once, in the order in which the first column that has it judged it. */
function declarationsOf(all: readonly Results[]): Declared[] {
  const declared = new Map<string, Declared>();
  for (const { id, area, level, title, remedy } of all.flatMap(everyCheck)) {
    const known = declared.get(id);
    // an older run may not have had the remedy yet
    if (known === undefined || (known.remedy === undefined && remedy !== undefined))
      declared.set(id, present({ id, area, level, title, remedy }));
  }
  return [...Map.groupBy(declared.values(), ({ area }) => area).values()].flat();
}

function cellOf(check: JudgedCheck): Cell {
  const { verdict, finding, flaky, evidence } = check;
  return present({ verdict, reason: reasonOf(check), finding, flaky, evidence });
}

/** Only columns that have the check can tell why it differs; with one or none of them there is nothing to explain. */
function explainRow(area: string, cells: readonly (Cell | null)[], facts: readonly FactRow[]): Explanation[] {
  const outcomes = cells.map((cell) => (cell === null ? null : `${cell.verdict} ${cell.finding ?? ''}`));
  const reasons = cells.map((cell) => cell?.reason ?? '').join(' ');
  return explain({ area, outcomes, reasons }, facts);
}

function differingFacts(all: readonly ReadonlyMap<string, string>[]): FactRow[] {
  const names = new Set(all.flatMap((facts) => [...facts.keys()]));
  return [...names]
    .map((fact) => ({ fact, values: all.map((facts) => facts.get(fact) ?? null) }))
    .filter(({ values }) => values.some((value) => value !== values[0]) && !isNearlyEqual(values));
}

/** Sizes that the kernel derives from the memory it found differ by a little between any two machines. */
function isNearlyEqual(values: readonly (string | null)[]): boolean {
  const numbers = values.map((value) => (value === null ? Number.NaN : Number(value)));
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least > 1_000 && most < least * 1.05;
}

function withCauses(facts: readonly FactRow[]): DifferingFact[] {
  const explained = facts.map((row): DifferingFact => ({ ...row, ...causeOf(row.fact, facts) }));
  return explained.sort(
    (a, b) => Number(b.cause !== undefined) - Number(a.cause !== undefined) || a.fact.localeCompare(b.fact),
  );
}
