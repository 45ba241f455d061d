import { join } from 'node:path';
import type { ReportSink } from '../harness/report-sink.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { ruleConformance } from './conformance.ts';
import { everyCheck } from './every-check.ts';
import { plainText } from './plain-text.ts';
import type { JudgedCheck, Results } from './results.schema.ts';
import type { TargetRecords } from './results-file.ts';
import { reasonOf, reportedVerdict } from './verdict-words.ts';
import { element, type XmlElement, xmlDocument } from './xml.ts';

/** One target as JUnit XML: a suite per area, a case per check; what was never judged is an error, not an absence. */
export function junitXml(results: Results): string {
  const checks = [...everyCheck(results), ...wholeTarget(results)];
  const areas = Map.groupBy(checks, ({ area }) => area);
  const suites = [...areas].map(([area, ofArea]) => testSuite(results, area, ofArea));
  return xmlDocument(element('testsuites', { name: `rdc ${results.target.name}`, ...countsOf(checks) }, ...suites));
}

export function createJunitFile(records: TargetRecords): ReportSink {
  const write = (name: string) => {
    const record = records.get(name);
    if (record) writeFileAtomic(join(record.target.folder, 'junit.xml'), junitXml(record.results()));
  };
  return {
    targetEnded: (target) => write(target.name),
    runEnded: () => {
      // A target that was cut off has its results closed by now, but no file of its own yet.
      for (const name of records.keys()) write(name);
    },
  };
}

// A gated check that is blocked reads as skipped here, and a reader of JUnit takes that for green: where the target as a
// whole is inconclusive, a case of its own says so.
function wholeTarget(results: Results): JudgedCheck[] {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  if (conformance !== 'inconclusive') return [];
  const reason = `inconclusive: ${because.join('; ')}`;
  const title = 'the target is judged to the end';
  return [{ id: 'CONFORMANCE', area: 'conformance', level: 'MUST', title, verdict: 'error', reason, durationMs: 0 }];
}

function testSuite(results: Results, area: string, checks: readonly JudgedCheck[]): XmlElement {
  const { run, target } = results;
  const properties = element(
    'properties',
    {},
    property('target', target.name),
    property('run', run.id),
    property('conformance', results.conformance),
  );
  const attributes = { name: area, hostname: target.name, timestamp: run.startedAt, ...countsOf(checks) };
  return element('testsuite', attributes, properties, ...checks.map((check) => testCase(target.name, check)));
}

function testCase(target: string, check: JudgedCheck): XmlElement {
  const { id, area, level, title, source, remedy, evidence } = check;
  const properties = element(
    'properties',
    {},
    property('level', level),
    ...(source ? [property('source', source.url)] : []),
    ...(remedy ? [property('remedy', remedy)] : []),
    ...(evidence ? [property('evidence', evidence)] : []),
  );
  const attributes = { classname: `${target}.${area}`, name: `${id}: ${title}`, time: seconds(check.durationMs) };
  return element('testcase', attributes, properties, ...outcome(check));
}

function outcome(check: JudgedCheck): XmlElement[] {
  const reason = reasonOf(check);
  switch (reportedVerdict(check)) {
    case 'pass':
      return [];
    case 'fail':
      return [element('failure', { type: check.waiver?.state ?? check.finding ?? 'fail', message: reason }, reason)];
    case 'error':
      return [element('error', { type: 'error', message: reason }, reason)];
    default:
      return [element('skipped', { message: reason })];
  }
}

function property(name: string, value: string): XmlElement {
  return element('property', { name, value: plainText(value) });
}

function countsOf(checks: readonly JudgedCheck[]): Record<string, string> {
  const count = (...verdicts: string[]) =>
    String(checks.filter((check) => verdicts.includes(reportedVerdict(check))).length);
  const time = checks.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return {
    tests: String(checks.length),
    failures: count('fail'),
    errors: count('error'),
    skipped: count('skip', 'blocked'),
    time: seconds(time),
  };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
