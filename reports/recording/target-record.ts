import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import type {
  CheckDeclaration,
  Facts,
  RunContext,
  TargetContext,
  TargetEnd,
} from '../../harness/verdicts/run-listener.ts';
import type { Triage, View } from '../../harness/verdicts/triage.ts';
import type { CheckResult, Verdict } from '../../harness/verdicts/verdict.ts';
import { ruleConformance } from '../results/conformance.ts';
import { countVerdicts } from '../results/counts.ts';
import { type JudgedCheck, type NotJudgedCheck, type Results, resultsVersion } from '../results/results.schema.ts';
import { applyWaiver } from '../waivers/apply-waivers.ts';
import type { Waiver } from '../waivers/waivers.schema.ts';
import { boundedRecord } from './bounded-json.ts';

const underWay = 'the run is still under way, or it was killed';
const worstFirst: readonly Verdict[] = ['error', 'fail', 'blocked', 'skip', 'pass'];
const limits = { reason: 4_000, line: 500, url: 1_900, detail: 1_000 };

/** What is known of one target so far; every report of it is made from `results()`. */
export class TargetRecord {
  readonly target: TargetContext;
  readonly #run: RunContext;
  readonly #waivers: readonly Waiver[];
  readonly #judged = new Map<string, JudgedCheck>();
  #facts: Facts = { host: {}, daemon: null };
  #end: TargetEnd | undefined;
  #durationMs: number | undefined;

  constructor(run: RunContext, target: TargetContext, waivers: readonly Waiver[] = []) {
    this.#run = run;
    this.#waivers = waivers;
    this.target = target;
  }

  readFacts(facts: Facts): void {
    this.#facts = {
      host: boundedRecord(facts.host),
      daemon: facts.daemon && boundedRecord(facts.daemon),
      ...(facts.fixtureImage === undefined ? {} : { fixtureImage: facts.fixtureImage }),
    };
  }

  /** Judged twice, the worst wins: a second word (a hook that failed later) can spoil a verdict, never mend it. */
  judge(result: CheckResult): void {
    const known = this.#judged.get(result.id);
    if (known && worstFirst.indexOf(known.verdict) <= worstFirst.indexOf(result.verdict)) return;
    const declared = this.target.expected.find(({ id }) => id === result.id);
    this.#judged.set(result.id, judgedCheck(result, declared));
  }

  /** Views of a check that nobody judged are of nothing. */
  view(id: string, views: Triage): void {
    const judged = this.#judged.get(id);
    if (judged) this.#judged.set(id, { ...judged, oracle: plainViews(views) });
  }

  end(end: TargetEnd): void {
    this.#end = end;
    this.#durationMs = this.#elapsedMs();
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  results(): Results {
    const target = targetOf(this.target);
    const known = { target, facts: this.#facts };
    const today = this.#run.startedAt.toISOString().slice(0, 10);
    const checks = [...this.#judged.values()].map((check) => applyWaiver(check, this.#waivers, { known, today }));
    const notJudged = this.target.expected.filter(({ id }) => !this.#judged.has(id)).map(declarationOf);
    const incomplete = this.#incomplete();
    const { ratchet } = this.target;
    const open = {
      ...(ratchet === undefined ? {} : { ratchet: { ...ratchet } }),
      ...(incomplete === undefined ? {} : { incomplete }),
      ...(notJudged.length > 0 ? { notJudged } : {}),
    };
    return {
      schema: resultsVersion,
      suite: { ...this.#run.suite },
      run: {
        id: this.#run.id,
        startedAt: this.#run.startedAt.toISOString(),
        durationMs: this.#durationMs ?? this.#elapsedMs(),
        infraRetries: this.#end?.infraRetries ?? 0,
        gate: [...this.#run.gate],
      },
      target,
      facts: this.#facts,
      checks,
      ledger: countVerdicts(checks),
      conformance: ruleConformance({ checks, ...open }, this.#run.gate).conformance,
      ...open,
    };
  }

  #incomplete(): string | undefined {
    if (!this.#end) return underWay;
    if (this.#end.broken === undefined) return undefined;
    return plainText(this.#end.broken, limits.reason) || 'the target was not judged to the end';
  }

  #elapsedMs(): number {
    return Math.max(0, Date.now() - this.#run.startedAt.getTime());
  }
}

export function declarationOf(check: CheckDeclaration): NotJudgedCheck {
  return {
    id: check.id,
    area: check.area,
    level: check.level,
    title: plainLine(check.title, limits.line),
    source: { url: plainLine(check.source.url, limits.url), section: plainLine(check.source.section, 400) },
    remedy: plainText(check.remedy, limits.reason),
  };
}

/** A verdict with its declaration, bounded and free of control characters: what every report works with. */
export function judgedCheck(result: CheckResult, declared: CheckDeclaration | undefined): JudgedCheck {
  return {
    ...(declared ? declarationOf(declared) : {}),
    id: result.id,
    area: result.area,
    level: result.level,
    title: plainLine(result.title, limits.line),
    verdict: result.verdict,
    ...(result.reason === undefined ? {} : { reason: plainText(result.reason, limits.reason) }),
    ...(result.finding === undefined ? {} : { finding: result.finding }),
    ...(result.blockedBy === undefined ? {} : { blockedBy: result.blockedBy }),
    durationMs: Number.isFinite(result.durationMs) ? Math.max(0, result.durationMs) : 0,
    ...(result.flaky === undefined ? {} : { flaky: result.flaky }),
    ...(result.evidence === undefined ? {} : { evidence: result.evidence }),
  };
}

/** The same of what the views saw: texts of a target, too. */
function plainViews({ blame, because, views, evidence }: Triage): NonNullable<JudgedCheck['oracle']> {
  const plain = ({ seen, detail }: View) => ({
    seen,
    ...(detail === undefined ? {} : { detail: plainText(detail, limits.detail) }),
  });
  return {
    blame,
    because: plainLine(because),
    views: { rootless: plain(views.rootless), rootful: plain(views.rootful), bare: plain(views.bare) },
    ...(evidence === undefined ? {} : { evidence }),
  };
}

function targetOf({ name, kind, provider, channel, engine }: TargetContext): Results['target'] {
  return {
    name,
    kind,
    ...(provider === undefined ? {} : { provider }),
    ...(channel === undefined ? {} : { channel }),
    // not its path: that says more of the machine of the run than of the engine
    ...(engine === undefined
      ? {}
      : {
          engine: {
            digest: engine.digest,
            ...(engine.prefix === undefined ? {} : { prefix: engine.prefix }),
            programs: { ...engine.programs },
          },
        }),
  };
}
