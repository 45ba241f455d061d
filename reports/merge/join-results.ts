import { RdcError } from '../../harness/messages/errors.ts';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { countVerdicts, defaultGate, ruleConformance, worstFirst } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, NotJudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';

/** Results of one target, and where they are from for a person: the run as it was named. */
export type Shard = {
  readonly from: string;
  readonly results: Results;
  /** of results that were joined: where each check is from */
  readonly origins?: ReadonlyMap<string, string>;
  /** how many checks were judged more than once; `differing`: with different outcomes, all now flaky */
  readonly twice?: number;
  readonly differing?: readonly string[];
};

/**
 * Joins what two runs of one suite found on one target: shards of it, or one of them over again. Nothing is decided
 * quietly: a check judged twice keeps the worst verdict, and where the verdicts differ it is flaky and its reason has
 * both. Throws INPUT when the two are not of the same machine, suite and gate.
 */
export function joinResults(one: Shard, other: Shard): Required<Shard> {
  refuseForeign(one, other);
  const checks = new Map(one.results.checks.map((check) => [check.id, check]));
  const origins = new Map(one.origins ?? one.results.checks.map(({ id }) => [id, one.from]));
  const differing = new Set(one.differing);
  let { twice = 0 } = one;
  for (const check of other.results.checks) {
    const known = checks.get(check.id);
    if (known) twice += 1;
    if (known && (known.verdict !== check.verdict || known.finding !== check.finding)) {
      differing.add(check.id);
      checks.set(check.id, bothOf([known, origins.get(check.id) ?? one.from], [check, other.from]));
    } else if (known === undefined || check.flaky === true) {
      checks.set(check.id, check);
      origins.set(check.id, other.from);
    }
  }
  const results = assemble(one.results, other.results, [...checks.values()]);
  return { from: `${one.from}, ${other.from}`.slice(0, 400), results, origins, twice, differing: [...differing] };
}

/** The kernel derives these from the memory that it finds, which is not the same to the page at every boot. */
const ofMemory = /^facts\.host\.(memoryMiB|sysctl\.maxUserNamespaces|user\.memlockBytes) is \d+ and \d+$/;

function refuseForeign(one: Shard, other: Shard): void {
  const about = (results: Results) => {
    const { suite, run, facts } = results;
    const target = { ...results.target, provider: providerOf(results) };
    return { suite, gate: (run.gate ?? defaultGate).toSorted(), target, facts };
  };
  const differences = differingValues(about(one.results), about(other.results));
  const [first, ...more] = differences.filter((line) => !ofMemory.test(line));
  if (first === undefined) return;
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  const name = plainLine(one.results.target.name);
  throw new RdcError('INPUT', `${name} is not the same in ${one.from} and ${other.from}: ${first}${others}`, {
    hint: `./rdc merge ${one.from} other=${other.from} --out DIR, to have them side by side`,
  });
}

/** Where two JSON values differ, a line each: `facts.host.kernel is "6.1" and "6.12"`. */
function differingValues(a: unknown, b: unknown, path = ''): string[] {
  if (Object.is(a, b)) return [];
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) {
    const [one, other] = [a, b].map((value) => plainLine(JSON.stringify(value) ?? 'not there', 80));
    return [`${plainLine(path, 200)} is ${one} and ${other}`];
  }
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differingValues(a[key], b[key], path === '' ? key : `${path}.${key}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

type Told = readonly [check: JudgedCheck, from: string];

function bothOf(one: Told, other: Told): JudgedCheck {
  const isWorse = worstFirst.indexOf(other[0].verdict) < worstFirst.indexOf(one[0].verdict);
  const all = [one, other].map(([check, from]) => {
    const reason = check.reason === undefined ? '' : `: ${plainText(reasonOf(check), 1_500)}`;
    return `${check.finding ?? check.verdict} in ${plainLine(from, 200)}${reason}`;
  });
  const reason = plainText(`judged twice: ${all.join('; ')}`, 4_900);
  return { ...(isWorse ? other : one)[0], flaky: true, reason };
}

function assemble(a: Results, b: Results, checks: JudgedCheck[]): Results {
  const judged = new Set(checks.map(({ id }) => id));
  const owed = new Map([...(a.notJudged ?? []), ...(b.notJudged ?? [])].map((check) => [check.id, check]));
  const notJudged = [...owed.values()].filter(({ id }) => !judged.has(id));
  const incomplete = [...new Set([a.incomplete, b.incomplete])].filter((text) => text !== undefined).join('; ');
  const [ratchet] = [a.ratchet, b.ratchet]
    .filter((ratchet) => ratchet !== undefined)
    .sort((x, y) => y.judged - x.judged);
  const open = present({
    ratchet,
    incomplete: incomplete === '' ? undefined : plainText(incomplete, 4_000),
    notJudged: notJudged.length > 0 ? notJudged : undefined,
  });
  return {
    schema: a.schema,
    suite: a.suite,
    run: joinRuns(a.run, b.run),
    target: a.target,
    facts: a.facts,
    checks,
    ledger: countVerdicts(checks),
    conformance: ruleConformance({ checks, ...open }, a.run.gate).conformance,
    ...open,
  };
}

/** The same results, which owe all of these checks: one that no run was to judge was lost with its shard, or forgotten. */
export function oweAll(results: Results, checks: readonly NotJudgedCheck[]): Results {
  const known = new Set([...results.checks, ...(results.notJudged ?? [])].map(({ id }) => id));
  const notJudged = [...(results.notJudged ?? []), ...checks.filter(({ id }) => !known.has(id))];
  if (notJudged.length === 0) return results;
  const owed = { ...results, notJudged };
  return { ...owed, conformance: ruleConformance(owed, results.run.gate).conformance };
}

/** From the first start to the last end; shards may have run side by side. */
function joinRuns(a: Results['run'], b: Results['run']): Results['run'] {
  const [first, last] = Date.parse(a.startedAt) <= Date.parse(b.startedAt) ? [a, b] : [b, a];
  const endOf = (run: Results['run']) => Date.parse(run.startedAt) + run.durationMs;
  const durationMs = Math.max(endOf(a), endOf(b)) - Date.parse(first.startedAt);
  const ids = new Set([...first.id.split(' + '), ...last.id.split(' + ')]);
  return {
    ...first,
    id: [...ids].join(' + ').slice(0, 200),
    durationMs: Number.isFinite(durationMs) ? Math.max(0, durationMs) : a.durationMs + b.durationMs,
    infraRetries: a.infraRetries + b.infraRetries,
  };
}
