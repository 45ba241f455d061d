import { countVerdicts } from '../results/conformance.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';

export type Told = Partial<JudgedCheck> & Pick<JudgedCheck, 'id' | 'verdict'>;

/** Results as `readRun` gives them, of a target with these verdicts and facts. */
export function resultsWith(
  name: string,
  told: readonly Told[],
  facts: {
    host?: Record<string, unknown>;
    daemon?: Record<string, unknown> | null;
    startedAt?: string;
    provider?: 'libvirt' | 'nspawn';
  } = {},
): Results {
  const checks = told.map(
    (check): JudgedCheck => ({
      area: 'cgroups',
      level: 'MUST',
      title: `the claim of ${check.id}`,
      durationMs: 1,
      ...check,
    }),
  );
  return {
    schema: '1',
    suite: { version: '0.1.0', digest: 'sha256:0' },
    run: {
      id: `run of ${name}`,
      startedAt: facts.startedAt ?? '2026-11-22T05:00:00.000Z',
      durationMs: 1,
      infraRetries: 0,
    },
    target: { name, kind: 'machine', ...(facts.provider && { provider: facts.provider }) },
    facts: { host: facts.host ?? {}, daemon: facts.daemon ?? null },
    checks,
    ledger: countVerdicts(checks),
    conformance: checks.some(({ verdict }) => verdict === 'fail') ? 'non-conformant' : 'conformant',
  };
}
