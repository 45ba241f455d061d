import { createHash } from 'node:crypto';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { defaultGate, ruleConformance } from '../results/conformance.ts';
import { everyCheck } from '../results/every-check.ts';
import { providerOf } from '../results/provider.ts';
import type { Conformance, JudgedCheck, Results } from '../results/results.schema.ts';
import { reasonOf } from '../wording/verdict-words.ts';
import { rdcFields } from './rdc-fields.ts';
import { startOf, textFact } from './run-facts.ts';

/** Who submits; whoever sends reports to KernelCI agrees with them on a name of their own. */
const origin = 'rdc';
const suite = 'rootless_docker';

type Status = 'PASS' | 'FAIL' | 'ERROR' | 'MISS' | 'SKIP';

const wholeTarget: Readonly<Record<Conformance, Status>> = {
  conformant: 'PASS',
  'non-conformant': 'FAIL',
  inconclusive: 'ERROR',
};

// A check that is blocked did not run, and nothing is known of what it claims: MISS is above PASS, SKIP is below it.
const statuses = { pass: 'PASS', fail: 'FAIL', error: 'ERROR', blocked: 'MISS', skip: 'SKIP' } as const;

type Context = { readonly results: Results; readonly run: string; readonly buildId: string };

/**
 * One target as kcidb I/O data 5.3: the kernel as a build that others made, a test per check and one (`rootless_docker`)
 * for the target. A waiver is an issue, the waived failure an incident of it; a stale one is its absence.
 * Source: kcidb_io/schema/v05_03.py of github.com/kernelci/kcidb-io
 */
export function kcidbReport(results: Results): string {
  const run = `${plainLine(results.run.id)}:${plainLine(results.target.name)}`;
  const kernel = textFact(results, 'host.kernel');
  const build = kernel === undefined ? `unknown:${run}` : `kernel:${kernel}`;
  const checkoutId = `${origin}:${build}`;
  const architecture = textFact(results, 'host.architecture');
  const context = { results, run, buildId: `${checkoutId}:${architecture ?? 'unknown'}` };
  const waived = everyCheck(results).filter(({ waiver }) => waiver !== undefined);
  const report = {
    version: { major: 5, minor: 3 },
    checkouts: [{ id: checkoutId, origin, comment: 'the kernel as it was found on the target' }],
    builds: [
      {
        id: context.buildId,
        checkout_id: checkoutId,
        origin,
        ...(kernel === undefined ? {} : { comment: `Linux ${kernel}` }),
        ...(/^[a-z0-9_]+$/.test(architecture ?? '') ? { architecture } : {}),
      },
    ],
    tests: [targetTest(context), ...everyCheck(results).map((check) => testOf(check, context))],
    issues: [...new Map(waived.map((check) => [issueId(check), issueOf(check)])).values()],
    incidents: waived.map((check) => incidentOf(check, context)),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function targetTest(context: Context) {
  const { results, run, buildId } = context;
  const { conformance, because } = ruleConformance(results, results.run.gate);
  return {
    id: `${origin}:${run}`,
    build_id: buildId,
    origin,
    path: suite,
    comment: `${plainLine(results.target.name)} is ${conformance}`,
    status: wholeTarget[conformance],
    ...(because.length > 0 ? { log_excerpt: plainText(because.join('\n')) } : {}),
    start_time: startOf(results).toISOString(),
    duration: results.run.durationMs / 1_000,
    environment: environmentOf(results),
    misc: {
      rdc: { conformance, suiteVersion: plainLine(results.suite.version), gate: results.run.gate ?? defaultGate },
    },
  };
}

function testOf(check: JudgedCheck, { results, run, buildId }: Context) {
  const reason = reasonOf(check);
  const isUnjudged = results.notJudged?.some(({ id }) => id === check.id) ?? false;
  return {
    id: testId(check, run),
    build_id: buildId,
    origin,
    path: [suite, check.area.replace(/[^a-zA-Z0-9_-]/g, '_') || '_', check.id].join('.'),
    comment: plainLine(check.title),
    status: isUnjudged ? 'MISS' : statuses[check.verdict],
    ...(reason === '' ? {} : { log_excerpt: plainText(reason) }),
    duration: check.durationMs / 1_000,
    environment: environmentOf(results),
    misc: { rdc: rdcFields(check) },
  };
}

function testId(check: JudgedCheck, run: string): string {
  return `${origin}:${run}:${check.id}`;
}

function environmentOf(results: Results) {
  const parts = ['host.os.prettyName', 'host.versions.docker', 'host.versions.rootlesskit'].map((path) =>
    textFact(results, path),
  );
  const comment = parts.filter((part) => part !== undefined).join(', ');
  const provider = providerOf(results);
  const misc = { target: plainLine(results.target.name), ...(provider && { provider }) };
  return { ...(comment === '' ? {} : { comment }), misc };
}

function issueId({ waiver }: JudgedCheck): string {
  return `${origin}:bug:${createHash('sha256')
    .update(waiver?.bug ?? '')
    .digest('hex')
    .slice(0, 16)}`;
}

/** Nothing that may change with the waiver: a changed issue would want a higher version. */
function issueOf(check: JudgedCheck) {
  const bug = plainLine(check.waiver?.bug ?? '', 2_000);
  const isAddress = /^https?:/.test(bug) && URL.canParse(bug);
  return {
    id: issueId(check),
    version: 1,
    origin,
    ...(isAddress ? { report_url: new URL(bug).href } : { comment: bug }),
  };
}

function incidentOf(check: JudgedCheck, { run }: Context) {
  return {
    id: `${testId(check, run)}:bug`,
    origin,
    issue_id: issueId(check),
    issue_version: 1,
    test_id: testId(check, run),
    present: check.verdict === 'fail',
    comment: plainText(check.waiver?.reason ?? ''),
  };
}
