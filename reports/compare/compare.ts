import { everyCheck } from '../results/every-check.ts';
import { kernelOf, type ProviderName, providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { type Change, changeOf, changesByWeight, worstChange } from './change.ts';
import { causeOf, type Explanation, explain, type FactRow } from './explain.ts';
import { flattenFacts } from './flatten-facts.ts';

export type Column = {
  readonly label: string;
  readonly target: string;
  readonly runId: string;
  readonly startedAt: string;
  readonly conformance: Results['conformance'];
  readonly ledger: Results['ledger'];
  readonly suite: Results['suite'];
  /** what ran a machine of the lab */
  readonly provider?: ProviderName;
  readonly kernel?: string;
  /** index of the column that this one is compared with; its own for a base */
  readonly base: number;
};

export type Cell = Pick<JudgedCheck, 'verdict' | 'finding' | 'flaky' | 'evidence'> & { readonly reason: string };

export type CheckRow = {
  readonly id: string;
  readonly area: string;
  readonly level: JudgedCheck['level'];
  readonly title: string;
  readonly remedy?: string;
  /** the weightiest of its columns */
  readonly change: Change;
  readonly changes: readonly Change[];
  readonly cells: readonly (Cell | null)[];
  readonly explanations: readonly Explanation[];
};

type DifferingFact = FactRow & { readonly cause?: string; readonly why?: string };

export type Comparison = {
  readonly columns: readonly Column[];
  readonly checks: readonly CheckRow[];
  readonly facts: readonly DifferingFact[];
  /** rows by their change */
  readonly counts: Readonly<Record<Change, number>>;
};

/**
 * Compares runs and hosts. A column's base is the first column of the same target (a later run against an earlier
 * one), else the first of all (a host against another).
 */
export function compareResults(all: readonly Results[]): Comparison {
  const columns = columnsOf(all);
  const facts = differingFacts(all.map(flattenFacts));
  const cellsById = all.map((results) => new Map(everyCheck(results).map((check) => [check.id, check])));
  const checks = declarationsOf(all).map((declared): CheckRow => {
    const found = cellsById.map((cells) => cells.get(declared.id));
    const changes = columns.map(({ base }, index) => changeOf(found[base], found[index]));
    const change = worstChange(changes);
    const cells = found.map((check) => (check === undefined ? null : cellOf(check)));
    return {
      ...declared,
      change,
      changes,
      cells,
      explanations: change === 'same' ? [] : explainRow(declared, cells, facts),
    };
  });
  const counts = Object.fromEntries(
    changesByWeight.map((change) => [change, checks.filter((row) => row.change === change).length]),
  ) as Record<Change, number>;
  return { columns, checks, facts: withCauses(facts), counts };
}

function columnsOf(all: readonly Results[]): Column[] {
  const names = all.map(({ target }) => target.name);
  return all.map((results, index) => {
    const { target, run, conformance, ledger, suite } = results;
    const provider = providerOf(results);
    const isAlone = names.filter((name) => name === target.name).length === 1;
    const first = names.indexOf(target.name);
    return {
      label: isAlone ? target.name : `${target.name} ${run.startedAt.slice(0, 16).replace('T', ' ')}`,
      target: target.name,
      runId: run.id,
      startedAt: run.startedAt,
      conformance,
      ledger,
      suite,
      ...(provider && { provider }),
      ...kernelOf(results),
      base: first < index ? first : 0,
    };
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

type Declared = Pick<CheckRow, 'id' | 'area' | 'level' | 'title'> & { readonly remedy?: string };

/** Every check of any column once, in the order in which the first column that has it judged it. */
function declarationsOf(all: readonly Results[]): Declared[] {
  const declared = new Map<string, Declared>();
  for (const results of all) {
    for (const { id, area, level, title, remedy } of everyCheck(results)) {
      const known = declared.get(id);
      // an older run may not have had the remedy yet
      if (known === undefined || (known.remedy === undefined && remedy !== undefined))
        declared.set(id, { id, area, level, title, ...(remedy === undefined ? {} : { remedy }) });
    }
  }
  const areas = [...new Set([...declared.values()].map(({ area }) => area))];
  return [...declared.values()].sort((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area));
}

function cellOf(check: JudgedCheck): Cell {
  const { verdict, finding, flaky, evidence } = check;
  return {
    verdict,
    reason: reasonOf(check),
    ...(finding === undefined ? {} : { finding }),
    ...(flaky === undefined ? {} : { flaky }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** Only columns that have the check can tell why it differs; with one or none of them there is nothing to explain. */
function explainRow(declared: Declared, cells: readonly (Cell | null)[], facts: readonly FactRow[]): Explanation[] {
  const outcomes = cells.map((cell) => (cell === null ? null : `${cell.verdict} ${cell.finding ?? ''}`));
  const reasons = cells.map((cell) => cell?.reason ?? '').join(' ');
  return explain({ area: declared.area, outcomes, reasons }, facts);
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

/** Effects with a known cause first, then the rest by name. */
function withCauses(facts: readonly FactRow[]): DifferingFact[] {
  const explained = facts.map((row): DifferingFact => {
    const found = causeOf(row.fact, facts);
    return found ? { ...row, cause: found.cause.fact, why: found.why } : row;
  });
  return explained.sort(
    (a, b) => Number(b.cause !== undefined) - Number(a.cause !== undefined) || a.fact.localeCompare(b.fact),
  );
}
