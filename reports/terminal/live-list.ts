import { createLogUpdate } from 'log-update';
import { plainLine } from '../../harness/messages/plain-text.ts';
import { durationText } from '../../harness/messages/quantities.ts';
import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import type { TargetRecords } from '../recording/results-file.ts';
import type { Style } from '../wording/style.ts';
import { cut } from '../wording/style.ts';
import { countsText } from '../wording/verdict-words.ts';
import { checkLine, type Output } from './plain-lines.ts';

const redrawMs = 200;

type Row = { text: string; sinceMs: number };

/** For a terminal: one line a target with what it does now; checks that need a look scroll away above it. */
export function createLiveList(records: TargetRecords, style: Style, output: Output): RunListener {
  const rows = new Map<string, Row>();
  const list = createList(output, () => [...rows].map(([name, row]) => rowLine(name, row, records)));
  const show = (target: string, text: string) => {
    rows.set(target, { text, sinceMs: Date.now() });
    list.start();
  };
  return {
    stage: (target, text) => show(target, plainLine(text)),
    targetStarted: (target) => show(target.name, 'starting'),
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
  const room = Math.max(1, rows - 2);
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more`] : lines;
  return shown.map((line) => cut(line, columns - 1)).join('\n');
}
