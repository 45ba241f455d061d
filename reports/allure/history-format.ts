import { createHash } from 'node:crypto';
import type { HistoryPoint } from './kept-history.ts';

export const shownRuns = 20;

/** A target's name as it may stand in the page's own markup and in its addresses. */
export function environmentName(target: string): string {
  return target.replace(/[^\w.@: -]/g, '_').slice(0, 60);
}

/** The file that Allure reads: one JSON document a line and a run, of however many targets, the oldest first. */
export function allureHistory(points: readonly HistoryPoint[]): string {
  const runs = [...Map.groupBy(points, ({ run }) => run.id)].map(([id, ofRun]) => dataPoint(id, ofRun));
  const ordered = runs.sort((a, b) => a.startedAt.localeCompare(b.startedAt)).slice(-shownRuns);
  return ordered.map(({ point }) => `${JSON.stringify(point)}\n`).join('');
}

function dataPoint(id: string, points: readonly HistoryPoint[]) {
  const startedAt = points[0]?.run.startedAt ?? '';
  const items = points.flatMap((point) => point.checks.map((check) => testResult(point, check)));
  const point = {
    uuid: md5(id),
    name: id,
    timestamp: Date.parse(startedAt),
    knownTestCaseIds: items.map(({ historyId }) => historyId.split('.')[0]),
    testResults: Object.fromEntries(items.map((item) => [item.historyId, item])),
    metrics: {},
    url: '',
  };
  return { startedAt, point };
}

function testResult({ target, run }: HistoryPoint, check: HistoryPoint['checks'][number]) {
  const { id, area, title, status, message } = check;
  const start = Date.parse(run.startedAt);
  const duration = Math.round(check.durationMs);
  return {
    id: md5(`${id} on ${target} in ${run.id}`),
    historyId: allureHistoryId(id, target),
    name: `${id}: ${title}`,
    fullName: `${area}#${id}`,
    environment: environmentName(target),
    status,
    ...(message === undefined ? {} : { message }),
    start,
    stop: start + duration,
    duration,
    labels: [
      { name: 'parentSuite', value: target },
      { name: 'suite', value: area },
    ],
    url: '',
    reportLinks: [],
  };
}

/**
 * Allure 3 does not take a result's own `historyId`: it makes one of the test case's id and of the parameters, which
 * `applyCheck` sets to the check's id and to the target. Nothing else is in it: it is the same in every run.
 */
export function allureHistoryId(id: string, target: string): string {
  return `${md5(id)}.${md5(`target:${target}`)}`;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
