import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import type {
  CheckDeclaration,
  Facts,
  RunContext,
  TargetContext,
  TargetEnd,
} from '../../harness/verdicts/run-listener.ts';
import type { Triage, View } from '../../harness/verdicts/triage.ts';
import type { CheckResult } from '../../harness/verdicts/verdict.ts';
import { countVerdicts, ruleConformance, worstFirst } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import { type JudgedCheck, type NotJudgedCheck, type Results, resultsVersion } from '../results/results.schema.ts';
import { applyWaiver } from '../waivers/apply-waivers.ts';
import type { Waiver } from '../waivers/waivers.schema.ts';
import { boundedRecord } from './bounded-json.ts';

const limits = { reason: 4_000, line: 500, url: 1_900, detail: 1_000 };

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
    const { host, daemon, fixtureImage } = facts;
    this.#facts = present({ host: boundedRecord(host), daemon: daemon && boundedRecord(daemon), fixtureImage });
  }

  /** Judged twice, the worst wins: a second word (a hook that failed later) can spoil a verdict, never mend it. */
  judge(result: CheckResult): void {
    const known = this.#judged.get(result.id);
    if (known && worstFirst.indexOf(known.verdict) <= worstFirst.indexOf(result.verdict)) return;
    const declared = this.target.expected.find(({ id }) => id === result.id);
    this.#judged.set(result.id, judgedCheck(result, declared));
  }

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
    const open = present({
      ratchet: this.target.ratchet && { ...this.target.ratchet },
      incomplete: this.#incomplete(),
      notJudged: notJudged.length > 0 ? notJudged : undefined,
    });
    return {
      schema: resultsVersion,
      suite: { ...this.#run.suite },
      run: {
        id: this.#run.id,
        startedAt: this.#run.startedAt.toISOString(),
        durationMs: this.#durationMs ?? this.#elapsedMs(),
        infraRetries: this.#end?.infraRetries ?? 0,
        gate: [...this.#run.gate],
        ...(this.#run.ranOn && { ranOn: plainMachine(this.#run.ranOn) }),
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
    if (!this.#end) return 'the run is still under way, or it was killed';
    const { broken } = this.#end;
    if (broken === undefined) return undefined;
    return plainText(broken, limits.reason) || 'the target was not judged to the end';
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
  const { id, area, level, title, verdict, reason, finding, blockedBy, durationMs, flaky, evidence } = result;
  return present({
    ...(declared ? declarationOf(declared) : {}),
    id,
    area,
    level,
    title: plainLine(title, limits.line),
    verdict,
    reason: reason === undefined ? undefined : plainText(reason, limits.reason),
    finding,
    blockedBy,
    durationMs: Number.isFinite(durationMs) ? Math.max(0, durationMs) : 0,
    flaky,
    evidence,
  });
}

function plainViews({ blame, because, views, evidence }: Triage): NonNullable<JudgedCheck['oracle']> {
  const plain = ({ seen, detail }: View) =>
    present({ seen, detail: detail === undefined ? undefined : plainText(detail, limits.detail) });
  const { rootless, rootful, bare } = views;
  return present({
    blame,
    because: plainLine(because),
    views: { rootless: plain(rootless), rootful: plain(rootful), bare: plain(bare) },
    evidence,
  });
}

function plainMachine({ os, kernel, architecture, node }: NonNullable<RunContext['ranOn']>) {
  return { os: plainLine(os, 200), kernel: plainLine(kernel, 200), architecture, node };
}

function targetOf({ name, kind, provider, acceleration, channel, engine }: TargetContext): Results['target'] {
  return {
    name,
    kind,
    ...(provider === undefined ? {} : { provider }),
    ...(acceleration === undefined ? {} : { acceleration }),
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
