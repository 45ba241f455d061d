import { plainLine } from '../../harness/messages/plain-text.ts';
import { durationText } from '../../harness/messages/quantities.ts';
import type { RunContext, RunListener } from '../../harness/verdicts/run-listener.ts';
import type { TargetRecords } from '../recording/results-file.ts';
import type { JudgedCheck } from '../results/results.schema.ts';
import { type Style, verdictWords } from '../wording/style.ts';
import { blameText, reasonOf } from '../wording/verdict-words.ts';

/** Where a run's text goes; a terminal has a size, which is asked for at every redraw since it may change. */
export type Output = NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };

export function outputOf({ json }: RunContext): Output {
  const stream = json ? process.stderr : process.stdout;
  // A reader that went away (`rdc run | head`) ends neither the run nor its results.
  stream.on('error', () => undefined);
  return stream;
}

export function createPlainLines(records: TargetRecords, style: Style, output: Output): RunListener {
  const print = (label: string, text: string) => void output.write(`${style.line(label, text)}\n`);
  return {
    stage: (target, text) => print(`${target}: `, plainLine(text)),
    targetStarted: (target) => print(`${target.name}: `, `${target.expected.length} checks`),
    checkJudged(target, result) {
      const ledger = records.get(target.name)?.results().ledger;
      const position = `${ledger?.total ?? '?'}/${target.expected.length}`;
      print(`${target.name}: ${position.padStart(5)}  `, checkLine(result, style));
    },
    viewsTaken: (target, id, views) =>
      print(`${target.name}: `, `views  ${id.padEnd(18)}  ${plainLine(blameText(views), 300)}`),
    targetEnded(target, end) {
      if (end.broken !== undefined) print(`${target.name}: `, `not judged to the end: ${plainLine(end.broken)}`);
    },
  };
}

/** e.g. `FAIL     CG-CPU  a CPU limit halves the CPU time  1.2 s: cpu time: expected less than 1.5, found 2.1` */
export function checkLine(
  check: Pick<JudgedCheck, 'id' | 'title' | 'verdict' | 'durationMs' | 'reason'>,
  style: Style,
): string {
  const word = style.verdict(check.verdict, verdictWords[check.verdict].padEnd(7));
  const why = check.verdict === 'pass' ? '' : `: ${plainLine(reasonOf(check), 300)}`;
  return `${word}  ${check.id.padEnd(18)}  ${plainLine(check.title)}  ${style.dim(durationText(check.durationMs))}${why}`;
}
