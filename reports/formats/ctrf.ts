import { plainLine } from '../../harness/messages/plain-text.ts';
import { everyCase, ruleConformance } from '../results/conformance.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { rdcFields, startOf, textFact } from './rdc-fields.ts';

/**
 * A CTRF report, specification 0.0.0. An error is `failed`, since a reader that counts failures must not call it green; a
 * waived failure is `other`. `rawStatus` has our verdict, `extra.rdc` the rest. `environment` has room for one target: of
 * several it says whether all are conformant, and `extra.rdc.targets` has each.
 * Source: https://www.ctrf.io and the schema of the npm package ctrf
 */
export function ctrfReport(...all: readonly [Results, ...Results[]]): string {
  const [{ run, suite }, ...others] = all;
  const tests = all.flatMap((results) => everyCase(results).map((check) => testOf(check, results, others.length > 0)));
  const starts = all.map((results) => startOf(results).getTime());
  const start = Math.min(...starts);
  const stop = Math.max(...all.map((one, index) => (starts[index] ?? start) + Math.round(one.run.durationMs)));
  const statuses = ['passed', 'failed', 'skipped', 'pending', 'other'] as const;
  const counts = statuses.map((name) => [name, tests.filter(({ status }) => status === name).length]);
  const environments = all.map(environmentOf);
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
        suites: new Set(tests.map((test) => test.suite.join('\n'))).size,
        start,
        stop,
        duration: stop - start,
      },
      tests,
      environment: others.length === 0 ? environments[0] : environmentOfAll(environments),
    },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function environmentOfAll(environments: readonly ReturnType<typeof environmentOf>[]) {
  const healthy = environments.every((one) => one.healthy);
  return { appName: 'rootless Docker', healthy, extra: { rdc: { targets: environments } } };
}

function testOf(check: JudgedCheck, { target }: Results, isOneOfMany: boolean) {
  const name = plainLine(target.name);
  const { evidence, ...rdc } = rdcFields(check);
  return {
    testId: isOneOfMany ? `${name}:${check.id}` : check.id,
    name: `${check.id}: ${plainLine(check.title)}`,
    status: statusOf(check),
    rawStatus: check.verdict,
    duration: Math.round(check.durationMs),
    suite: [name, plainLine(check.area)],
    message: reasonOf(check) || undefined,
    labels: { level: check.level },
    attachments:
      evidence === undefined
        ? undefined
        : [
            {
              name: 'evidence',
              contentType: 'text/plain',
              path: (isOneOfMany ? `${name}/` : '') + plainLine(evidence),
            },
          ],
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
