import { createHash } from 'node:crypto';
import { type Link, Stage, Status, type TestResult } from 'allure-js-commons';
import { plainText } from '../../harness/messages/plain-text.ts';
import type { Level, Verdict } from '../../harness/verdicts/verdict.ts';
import type { JudgedCheck } from '../results/results.schema.ts';
import { reasonOf, reportedVerdict } from '../wording/verdict-words.ts';
import { describeCheck } from './description.ts';

const statuses: Readonly<Record<Verdict, Status>> = {
  pass: Status.PASSED,
  fail: Status.FAILED,
  error: Status.BROKEN,
  skip: Status.SKIPPED,
  blocked: Status.SKIPPED,
};

const severities: Readonly<Record<Level, string>> = {
  MUST: 'critical',
  SHOULD: 'normal',
  LIMITATION: 'normal',
  WORKAROUND: 'minor',
  MAY: 'trivial',
};

/** Labels that allure-vitest adds and that say something about our process, not about the check. */
const dropped = new Set(['suite', 'parentSuite', 'subSuite', 'thread', 'host', 'package']);

/** Makes Allure's result of a check say what the verdict says; steps and attachments already in it stay. */
export function applyCheck(result: TestResult, target: string, check: JudgedCheck): void {
  const { id, area, level, title, verdict, finding, flaky, source, waiver, oracle } = check;
  const tags = [
    level,
    ...(finding ? [finding] : []),
    ...(verdict === 'blocked' ? ['blocked'] : []),
    ...(flaky ? ['flaky'] : []),
    ...(waiver ? [`waiver: ${waiver.state}`] : []),
    ...(oracle ? [`blame: ${oracle.blame}`] : []),
  ];
  result.name = `${id}: ${title}`;
  result.fullName = `${area}#${id}`;
  result.titlePath = [target, area];
  // One check on two targets is one test case with two histories: Allure merges what has the same history id.
  result.testCaseId = id;
  result.historyId = digest(`${id} on ${target}`);
  result.status = statusOf(check);
  result.stage = Stage.FINISHED;
  if (result.start !== undefined) result.stop = result.start + Math.round(check.durationMs);
  result.statusDetails = verdict === 'pass' && !waiver ? {} : { message: reasonOf(check), ...(flaky ? { flaky } : {}) };
  result.description = describeCheck(check);
  delete result.descriptionHtml;
  result.parameters = [{ name: 'target', value: target }];
  result.links = source && isWebAddress(source.url) ? [linkTo(source)] : [];
  result.labels = [
    ...result.labels.filter(({ name }) => !dropped.has(name)),
    { name: 'parentSuite', value: target },
    { name: 'suite', value: area },
    { name: 'severity', value: severities[level] },
    { name: 'verdict', value: verdict },
    ...tags.map((value) => ({ name: 'tag', value })),
    ...(finding ? [{ name: 'finding', value: finding }] : []),
  ];
}

/** Somebody else's results may name anything: an address that is no page runs where it is clicked. */
function isWebAddress(url: string): boolean {
  return URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol);
}

function linkTo({ section, url }: NonNullable<JudgedCheck['source']>): Link {
  return { name: plainText(section) || url, url, type: 'link' };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

export function statusOf(check: Pick<JudgedCheck, 'verdict' | 'waiver'>): Status {
  return statuses[reportedVerdict(check)];
}
