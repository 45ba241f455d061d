import { createHash } from 'node:crypto';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { defaultGate, everyCheck, ruleConformance } from '../results/conformance.ts';
import { providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { rdcFields, startOf, textFact } from './rdc-fields.ts';

/** Who submits; whoever sends reports to KernelCI agrees with them on a name of their own. */
const origin = 'rdc';
const suite = 'rootless_docker';

const wholeTarget = { conformant: 'PASS', 'non-conformant': 'FAIL', inconclusive: 'ERROR' } as const;

// A check that is blocked did not run, and nothing is known of what it claims: MISS is above PASS, SKIP is below it.
const statuses = { pass: 'PASS', fail: 'FAIL', error: 'ERROR', blocked: 'MISS', skip: 'SKIP' } as const;

type Context = { readonly results: Results; readonly testId: string; readonly buildId: string };

/**
 * kcidb I/O data 5.3: the kernel as a build that others made, a test per check and one (`rootless_docker`) for the target.
 * A waiver is an issue, the waived failure an incident of it; a stale one is its absence.
 * Source: kcidb_io/schema/v05_03.py of github.com/kernelci/kcidb-io
 */
export function kcidbReport(...all: readonly Results[]): string {
  const parts = all.map(partOf);
  const report = {
    version: { major: 5, minor: 3 },
    checkouts: once(parts.flatMap(({ checkouts }) => checkouts)),
    builds: once(parts.flatMap(({ builds }) => builds)),
    tests: parts.flatMap(({ tests }) => tests),
    issues: once(parts.flatMap(({ issues }) => issues)),
    incidents: parts.flatMap(({ incidents }) => incidents),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Targets share kernels and bugs. */
function once<T extends { readonly id: string }>(objects: readonly T[]): T[] {
  return [...new Map(objects.map((one) => [one.id, one])).values()];
}

function partOf(results: Results) {
  const run = `${plainLine(results.run.id)}:${plainLine(results.target.name)}`;
  const kernel = textFact(results, 'host.kernel');
  const architecture = textFact(results, 'host.architecture');
  const checkoutId = `${origin}:${kernel === undefined ? `unknown:${run}` : `kernel:${kernel}`}`;
  const buildId = `${checkoutId}:${architecture ?? 'unknown'}`;
  const context = { results, testId: `${origin}:${run}`, buildId };
  const checks = everyCheck(results);
  const waived = checks.filter(({ waiver }) => waiver !== undefined);
  return {
    checkouts: [{ id: checkoutId, origin, comment: 'the kernel as it was found on the target' }],
    builds: [
      {
        id: buildId,
        checkout_id: checkoutId,
        origin,
        comment: kernel && `Linux ${kernel}`,
        architecture: /^[a-z0-9_]+$/.test(architecture ?? '') ? architecture : undefined,
      },
    ],
    tests: [targetTest(context), ...checks.map((check) => testOf(check, context))],
    issues: waived.map(issueOf),
    incidents: waived.map((check) => incidentOf(check, context)),
  };
}

function targetTest({ results, testId, buildId }: Context) {
  const { conformance, because } = ruleConformance(results, results.run.gate);
  const suiteVersion = plainLine(results.suite.version);
  return {
    id: testId,
    build_id: buildId,
    origin,
    path: suite,
    comment: `${plainLine(results.target.name)} is ${conformance}`,
    status: wholeTarget[conformance],
    log_excerpt: because.length > 0 ? plainText(because.join('\n')) : undefined,
    start_time: startOf(results).toISOString(),
    duration: results.run.durationMs / 1_000,
    environment: environmentOf(results),
    misc: { rdc: { conformance, suiteVersion, gate: results.run.gate ?? defaultGate } },
  };
}

function testOf(check: JudgedCheck, { results, testId, buildId }: Context) {
  const isUnjudged = results.notJudged?.some(({ id }) => id === check.id) ?? false;
  const reason = reasonOf(check);
  return {
    id: `${testId}:${check.id}`,
    build_id: buildId,
    origin,
    path: [suite, check.area.replace(/[^a-zA-Z0-9_-]/g, '_') || '_', check.id].join('.'),
    comment: plainLine(check.title),
    status: isUnjudged ? 'MISS' : statuses[check.verdict],
    log_excerpt: reason === '' ? undefined : plainText(reason),
    duration: check.durationMs / 1_000,
    environment: environmentOf(results),
    misc: { rdc: rdcFields(check) },
  };
}

function environmentOf(results: Results) {
  const paths = ['host.os.prettyName', 'host.versions.docker', 'host.versions.rootlesskit'];
  const parts = paths.flatMap((path) => textFact(results, path) ?? []);
  const misc = { target: plainLine(results.target.name), provider: providerOf(results) };
  return { comment: parts.join(', ') || undefined, misc };
}

function issueId({ waiver }: JudgedCheck): string {
  const digest = createHash('sha256')
    .update(waiver?.bug ?? '')
    .digest('hex');
  return `${origin}:bug:${digest.slice(0, 16)}`;
}

/** Nothing that may change with the waiver: a changed issue would want a higher version. */
function issueOf(check: JudgedCheck) {
  const bug = plainLine(check.waiver?.bug ?? '', 2_000);
  const isAddress = /^https?:/.test(bug) && URL.canParse(bug);
  const what = isAddress ? { report_url: new URL(bug).href } : { comment: bug };
  return { id: issueId(check), version: 1, origin, ...what };
}

function incidentOf(check: JudgedCheck, { testId }: Context) {
  return {
    id: `${testId}:${check.id}:bug`,
    origin,
    issue_id: issueId(check),
    issue_version: 1,
    test_id: `${testId}:${check.id}`,
    present: check.verdict === 'fail',
    comment: plainText(check.waiver?.reason ?? ''),
  };
}
