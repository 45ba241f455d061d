import { plainLine } from '../../harness/messages/plain-text.ts';
import { durationText } from '../../harness/messages/quantities.ts';
import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import type { TargetRecords } from '../recording/results-file.ts';
import type { Style } from '../wording/style.ts';
import { countsText } from '../wording/verdict-words.ts';
import { cut } from '../wording/wrap.ts';
import { checkLine, type Print } from './plain-lines.ts';

const redrawMs = 200;

/** A terminal's size, asked at every redraw since it may change; e.g. process.stdout. */
export type Screen = { readonly columns?: number; readonly rows?: number };

type Row = { text: string; sinceMs: number };

/**
 * For a terminal: one line a target with what it does now, redrawn in place at most five times a second; checks that
 * need a look scroll away above it, the list itself is gone at the end.
 */
export function createLiveList(records: TargetRecords, style: Style, print: Print, screen: Screen): RunListener {
  const rows = new Map<string, Row>();
  const list = new Redraw(print, () => [...rows].map(([name, row]) => rowLine(name, row, records)), screen);
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
        list.printAbove(`${target.name}: ${checkLine(result, style)}\n`);
      }
    },
    targetEnded(target, end) {
      rows.delete(target.name);
      if (end.broken !== undefined) {
        list.printAbove(`${target.name}: not judged to the end: ${plainLine(end.broken)}\n`);
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

class Redraw {
  readonly #print: Print;
  readonly #lines: () => string[];
  readonly #screen: Screen;
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;

  constructor(print: Print, lines: () => string[], screen: Screen) {
    this.#print = print;
    this.#lines = lines;
    this.#screen = screen;
  }

  start(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#draw(''), redrawMs);
    this.#timer.unref();
    this.#draw('');
  }

  printAbove(text: string): void {
    this.#draw(text);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#drawn > 0) this.#print(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  // One write a frame, each line cleared after its text and not before it, within a synchronized update (which
  // terminals that do not know it ignore): nothing flickers.
  #draw(above: string): void {
    const { columns = 80, rows = 24 } = this.#screen;
    const all = this.#lines();
    const room = Math.max(1, rows - 2);
    const shown = all.length > room ? [...all.slice(0, room - 1), `… and ${all.length - room + 1} more`] : all;
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A\r` : '';
    const gone = above ? '\x1b[J' : '';
    const body = shown.map((line) => `${cut(line, columns - 1)}\x1b[K\n`).join('');
    this.#print(`\x1b[?2026h${up}${gone}${above}${body}\x1b[J\x1b[?2026l`);
    this.#drawn = shown.length;
  }
}
