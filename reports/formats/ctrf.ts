import { plainLine } from '../../harness/messages/plain-text.ts';
import { ruleConformance } from '../results/conformance.ts';
import { everyCase } from '../results/every-check.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';
import { startOf, textFact } from './run-facts.ts';

type Status = 'passed' | 'failed' | 'skipped' | 'pending' | 'other';

/**
 * One target as a CTRF report, specification 0.0.0. An error is `failed`, since a reader that counts failures must not
 * call it green; a waived failure is `other`. `rawStatus` has our verdict, `extra.rdc` the rest.
 * Source: https://www.ctrf.io and the schema of the npm package ctrf
 */
export function ctrfReport(results: Results): string {
  const tests = everyCase(results).map((check) => testOf(check, results));
  const start = startOf(results).getTime();
  const duration = Math.round(results.run.durationMs);
  const count = (status: Status) => tests.filter((test) => test.status === status).length;
  const report = {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    runId: plainLine(results.run.id) || 'rdc',
    generatedBy: 'rdc',
    results: {
      tool: {
        name: 'rdc',
        version: plainLine(results.suite.version),
        extra: { digest: plainLine(results.suite.digest) },
      },
      summary: {
        tests: tests.length,
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped'),
        pending: count('pending'),
        other: count('other'),
        suites: new Set(tests.map(({ suite }) => suite[1])).size,
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
  const reason = reasonOf(check);
  const { evidence, ...rdc } = rdcFields(check);
  return {
    testId: check.id,
    name: `${check.id}: ${plainLine(check.title)}`,
    status: statusOf(check),
    rawStatus: check.verdict,
    duration: Math.round(check.durationMs),
    suite: [plainLine(target.name), plainLine(check.area)],
    ...(reason === '' ? {} : { message: reason }),
    labels: { level: check.level },
    ...(evidence === undefined
      ? {}
      : { attachments: [{ name: 'evidence', contentType: 'text/plain', path: plainLine(evidence) }] }),
    extra: { rdc },
  };
}

function statusOf({ verdict, waiver }: JudgedCheck): Status {
  if (verdict === 'skip' || verdict === 'blocked') return 'skipped';
  if (verdict === 'fail' && waiver?.state === 'expected') return 'other';
  return verdict === 'pass' && waiver === undefined ? 'passed' : 'failed';
}

function environmentOf(results: Results) {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const [osRelease, osVersion, appVersion] = ['host.kernel', 'host.os.prettyName', 'host.versions.docker'].map((path) =>
    textFact(results, path),
  );
  const provider = providerOf(results);
  return {
    appName: 'rootless Docker',
    ...(appVersion === undefined ? {} : { appVersion }),
    ...(osRelease === undefined ? {} : { osRelease }),
    ...(osVersion === undefined ? {} : { osVersion }),
    testEnvironment: plainLine(results.target.name),
    healthy: conformance === 'conformant',
    extra: {
      rdc: { conformance, because: because.map((reason) => plainLine(reason)), ...(provider && { provider }) },
    },
  };
}
