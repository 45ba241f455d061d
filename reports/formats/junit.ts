import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { everyCase } from '../results/every-check.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';
import { element, type XmlElement, xmlDocument } from './xml.ts';

/** One target as JUnit XML: a suite per area, a case per check; what was never judged is an error, not an absence. */
export function junitXml(results: Results): string {
  const checks = everyCase(results);
  const areas = Map.groupBy(checks, ({ area }) => area);
  const suites = [...areas].map(([area, ofArea]) => testSuite(results, area, ofArea));
  return xmlDocument(
    element('testsuites', { name: `rdc ${plainLine(results.target.name)}`, ...countsOf(checks) }, ...suites),
  );
}

function testSuite(results: Results, area: string, checks: readonly JudgedCheck[]): XmlElement {
  const { run, target } = results;
  const provider = providerOf(results);
  const properties = element(
    'properties',
    {},
    property('target', target.name),
    ...(provider === undefined ? [] : [property('provider', provider)]),
    property('run', run.id),
    property('conformance', results.conformance),
  );
  const attributes = {
    name: plainLine(area),
    hostname: plainLine(target.name),
    timestamp: plainLine(run.startedAt),
    ...countsOf(checks),
  };
  return element(
    'testsuite',
    attributes,
    properties,
    ...checks.map((check) => testCase(plainLine(target.name), check)),
  );
}

function testCase(target: string, check: JudgedCheck): XmlElement {
  const { id, area, title } = check;
  const words = Object.entries(rdcFields(check)).map(([name, value]) => property(name, value));
  const properties = element('properties', {}, ...words);
  const attributes = {
    classname: `${target}.${plainLine(area)}`,
    name: `${id}: ${plainLine(title)}`,
    time: seconds(check.durationMs),
  };
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
