import { createLogUpdate } from 'log-update';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { describeAge, durationText } from '../../harness/messages/quantities.ts';
import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import type { TargetRecords } from '../recording/results-file.ts';
import type { Style } from '../wording/style.ts';
import { cut } from '../wording/style.ts';
import { countsText } from '../wording/verdict-words.ts';
import { checkLine, type Output } from './plain-lines.ts';
import { createTimeLeft } from './time-left.ts';

const redrawMs = 200;

type Row = { text: string; sinceMs: number };

type Live = { readonly style: Style; readonly output: Output; readonly startedAt: Date; readonly history?: string };

/**
 * For a terminal: one line a target with what it does now, and the time of the run below; checks that need a look scroll
 * away above. `history`: the folder of earlier runs, which tell how much time is left.
 */
export function createLiveList(records: TargetRecords, { style, output, startedAt, history }: Live): RunListener {
  const rows = new Map<string, Row>();
  const timeLeft = createTimeLeft(records, history);
  const list = createList(output, () => [
    ...[...rows].map(([name, row]) => rowLine(name, row, records)),
    timeLine(Date.now() - startedAt.getTime(), timeLeft.ms()),
  ]);
  const show = (target: string, text: string) => {
    rows.set(target, { text, sinceMs: Date.now() });
    list.start();
  };
  return {
    stage: (target, text) => show(target, plainLine(text)),
    targetStarted(target) {
      timeLeft.started(target.name);
      show(target.name, 'starting');
    },
    checkStarted: (target, id) => show(target.name, id),
    checkJudged(target, result) {
      if (result.verdict === 'fail' || result.verdict === 'error') {
        list.printAbove(style.line(`${target.name}: `, checkLine(result, style)));
      }
    },
    targetEnded(target, end) {
      rows.delete(target.name);
      if (end.broken !== undefined) {
        list.printAbove(style.line(`${target.name}: `, `not judged to the end: ${plainLine(end.broken)}`));
      }
    },
    runEnded: () => list.stop(),
  };
}

function rowLine(name: string, row: Row, records: TargetRecords): string {
  const record = records.get(name);
  const now = `${row.text}  ${durationText(Date.now() - row.sinceMs)}`;
  if (!record) return `${name}  ${now}`;
  const { ledger } = record.results();
  return `${name}  ${ledger.total}/${record.target.expected.length}  ${countsText(ledger)}  ${now}`;
}

function timeLine(elapsedMs: number, leftMs: number | undefined): string {
  return `elapsed ${describeAge(elapsedMs)}${leftMs === undefined ? '' : `, about ${describeAge(leftMs)} left`}`;
}

function createList(output: Output, lines: () => string[]) {
  // the cursor stays: hiding it takes handlers of signals to bring it back
  const log = createLogUpdate(output, { showCursor: true });
  let timer: NodeJS.Timeout | undefined;
  const draw = () => log(frameOf(lines(), output));
  return {
    start() {
      if (timer) return;
      timer = setInterval(draw, redrawMs).unref();
      draw();
    },
    printAbove(text: string) {
      log.persist(text);
      draw();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
      log.clear();
    },
  };
}

/** A line each, whatever the size of the terminal is now; what does not fit on it is counted. */
function frameOf(lines: readonly string[], { columns = 80, rows = 24 }: Output): string {
  const room = Math.max(2, rows - 2);
  const hidden = lines.length - room + 1;
  const shown = lines.length > room ? [...lines.slice(0, room - 2), `… and ${hidden} more`, ...lines.slice(-1)] : lines;
  return shown.map((line) => cut(line, columns - 1)).join('\n');
}
