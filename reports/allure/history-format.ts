import { createHash } from 'node:crypto';
import type { HistoryPoint } from './history-point.schema.ts';

/** Runs that a report shows besides its own. */
export const shownRuns = 20;

/** Names end up in the page's own markup and in its addresses. */
export function environmentName(target: string): string {
  return target.replace(/[^\w.@: -]/g, '_').slice(0, 60);
}

/**
 * Earlier runs as the file that Allure reads (`historyPath`): one JSON document a line, the oldest run first. Targets
 * that were judged in one run are one line, as they were one report.
 */
export function allureHistory(points: readonly HistoryPoint[]): string {
  const runs = [...Map.groupBy(points, ({ run }) => run.id).values()];
  const ordered = runs.sort((a, b) => timeOf(a).localeCompare(timeOf(b))).slice(-shownRuns);
  return ordered.map((ofRun) => `${JSON.stringify(dataPoint(ofRun))}\n`).join('');
}

const timeOf = ([first]: readonly HistoryPoint[]) => first?.run.startedAt ?? '';

function dataPoint(points: readonly HistoryPoint[]) {
  const items = points.flatMap((point) => point.checks.map((check) => testResult(point, check)));
  const id = points[0]?.run.id ?? '';
  return {
    uuid: md5(id),
    name: id,
    timestamp: Date.parse(timeOf(points)),
    knownTestCaseIds: items.map(({ historyId }) => historyId.split('.')[0]),
    testResults: Object.fromEntries(items.map((item) => [item.historyId, item])),
    metrics: {},
    url: '',
  };
}

function testResult({ target, run }: HistoryPoint, check: HistoryPoint['checks'][number]) {
  const { id, area, title, status, durationMs, message } = check;
  const stop = Date.parse(run.startedAt) + Math.round(durationMs);
  return {
    id: md5(`${id} on ${target} in ${run.id}`),
    historyId: allureHistoryId(id, target),
    name: `${id}: ${title}`,
    fullName: `${area}#${id}`,
    environment: environmentName(target),
    status,
    ...(message === undefined ? {} : { message }),
    start: stop - Math.round(durationMs),
    stop,
    duration: Math.round(durationMs),
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
