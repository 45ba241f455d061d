import { plainLine } from '../../harness/messages/plain-text.ts';
import { everyCase, ruleConformance } from '../results/conformance.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { rdcFields, startOf, textFact } from './rdc-fields.ts';

/**
 * One target as a CTRF report, specification 0.0.0. An error is `failed`, since a reader that counts failures must not
 * call it green; a waived failure is `other`. `rawStatus` has our verdict, `extra.rdc` the rest.
 * Source: https://www.ctrf.io and the schema of the npm package ctrf
 */
export function ctrfReport(results: Results): string {
  const { run, suite } = results;
  const tests = everyCase(results).map((check) => testOf(check, results));
  const start = startOf(results).getTime();
  const duration = Math.round(run.durationMs);
  const statuses = ['passed', 'failed', 'skipped', 'pending', 'other'] as const;
  const counts = statuses.map((name) => [name, tests.filter(({ status }) => status === name).length]);
  const report = {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    runId: plainLine(run.id) || 'rdc',
    generatedBy: 'rdc',
    results: {
      tool: { name: 'rdc', version: plainLine(suite.version), extra: { digest: plainLine(suite.digest) } },
      summary: {
        tests: tests.length,
        ...Object.fromEntries(counts),
        suites: new Set(tests.map((test) => test.suite[1])).size,
        start,
        stop: start + duration,
        duration,
      },
      tests,
      environment: environmentOf(results),
    },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function testOf(check: JudgedCheck, { target }: Results) {
  const { evidence, ...rdc } = rdcFields(check);
  return {
    testId: check.id,
    name: `${check.id}: ${plainLine(check.title)}`,
    status: statusOf(check),
    rawStatus: check.verdict,
    duration: Math.round(check.durationMs),
    suite: [plainLine(target.name), plainLine(check.area)],
    message: reasonOf(check) || undefined,
    labels: { level: check.level },
    attachments:
      evidence === undefined ? undefined : [{ name: 'evidence', contentType: 'text/plain', path: plainLine(evidence) }],
    extra: { rdc },
  };
}

function statusOf({ verdict, waiver }: JudgedCheck) {
  if (verdict === 'skip' || verdict === 'blocked') return 'skipped';
  if (verdict === 'fail' && waiver?.state === 'expected') return 'other';
  return verdict === 'pass' && waiver === undefined ? 'passed' : 'failed';
}

function environmentOf(results: Results) {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  return {
    appName: 'rootless Docker',
    appVersion: textFact(results, 'host.versions.docker'),
    osRelease: textFact(results, 'host.kernel'),
    osVersion: textFact(results, 'host.os.prettyName'),
    testEnvironment: plainLine(results.target.name),
    healthy: conformance === 'conformant',
    extra: {
      rdc: { conformance, because: because.map((reason) => plainLine(reason)), provider: providerOf(results) },
    },
  };
}
