/** A command of the evidence as a person would type it, with what it said. A note of the suite has no prompt. */
export type EvidenceStep = { readonly prompt?: '$' | '#'; readonly typed: string; readonly output: string };

const exitLine = /^exit code \S+, \d+ ms$/;

/** The text that harness/runner/verify/evidence.ts writes, taken apart again. What does not look like it is a note. */
export function parseEvidence(text: string): EvidenceStep[] {
  const lines = text.split('\n');
  const steps: EvidenceStep[] = [];
  for (let at = 0; at < lines.length; ) {
    const [step, next] = /^[$#] /.test(lines[at] ?? '') ? commandAt(lines, at) : noteAt(lines, at);
    if (step.typed !== '') steps.push(step);
    at = next;
  }
  return steps;
}

function commandAt(lines: readonly string[], from: number): [EvidenceStep, number] {
  let end = from + 1;
  while (end < lines.length && isOpen(lines.slice(from, end).join('\n').slice(2))) end += 1;
  const stop = lines.findIndex((line, index) => index >= end && exitLine.test(line));
  const last = stop === -1 ? lines.length : stop;
  const typed = withoutShell(lines.slice(from, end).join('\n').slice(2));
  const exitCode = lines[stop]?.replace(/,.*/, '') ?? 'cut off';
  const said = [...lines.slice(end, last), ...(exitCode === 'exit code 0' ? [] : [exitCode])];
  return [{ prompt: lines[from]?.startsWith('#') ? '#' : '$', typed, output: said.join('\n').trimEnd() }, last + 1];
}

function noteAt(lines: readonly string[], from: number): [EvidenceStep, number] {
  const blank = lines.findIndex((line, index) => index >= from && line === '');
  const end = blank === -1 ? lines.length : blank;
  const [typed = '', ...output] = lines.slice(from, end);
  return [{ typed, output: output.join('\n') }, end + 1];
}

/** Whether a quote of the shell is still open at the end. */
function isOpen(command: string): boolean {
  const closed = command.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g, '');
  return /['"]/.test(closed);
}

/** `sh -c 'echo '\''a'\'''` is `echo 'a'` to whoever types it. */
function withoutShell(command: string): string {
  const [, quoted] = /^sh -c ('(?:[^']|'\\'')*')$/.exec(command) ?? [];
  if (quoted === undefined) return command;
  return quoted
    .slice(1, -1)
    .replaceAll("'\\''", "'")
    .replace(/^\s*set -e\n/, '')
    .trim();
}

/** The suite looks after itself: space on the disk, whose process a container's is. */
const ownBusiness =
  /^(?:# .*\n)?export LC_ALL=C; df -Pk|RDC_NONCE|until\b[\s\S]*[0-9a-f]{8}-[0-9a-f]{4}-|^container of rdc\/fixture:1 with \{\}$|^\{/;

/** The steps that show what `reason` found, in their order: those whose output has its words, or else the last ones. */
export function tellingSteps(steps: readonly EvidenceStep[], reason: string, most = 3): EvidenceStep[] {
  const words = wordsOf(reason);
  const own = steps.filter(({ typed }) => !ownBusiness.test(typed));
  // of the same command only the last time, when the check had seen enough
  const last = [...new Map(own.map((step) => [`${step.prompt} ${step.typed}`, step])).values()];
  const ranked = last
    .map((step, index) => ({ step, index, score: scoreOf(step, words) }))
    .toSorted((one, other) => other.score - one.score || other.index - one.index);
  const best = ranked.filter(({ score }) => score > 0);
  const kept = (best.length > 0 ? best : ranked).slice(0, most).map(({ step }) => step);
  return own.filter((step) => kept.includes(step)).map((step) => ({ ...step, output: cut(step.output, words) }));
}

/** Of a reason, what was found; a word that is common says nothing. */
function wordsOf(reason: string): string[] {
  const found = /(?:found|unexpected:|got|received)\s([\s\S]*)$/.exec(reason)?.[1] ?? reason;
  return [...new Set(found.match(/[\w./-]*\w{4,}|\d{2,}/g) ?? [])];
}

function scoreOf({ typed, output }: EvidenceStep, words: readonly string[]): number {
  const hits = (text: string) => words.filter((word) => text.includes(word)).length;
  return hits(output) + hits(typed) / 2;
}

const maxLines = 12;

function cut(output: string, words: readonly string[]): string {
  const lines = output.split('\n').map((line) => (line.length > 300 ? `${line.slice(0, 300)}…` : line));
  if (lines.length <= maxLines) return lines.join('\n');
  const telling = lines.filter((line) => words.some((word) => line.includes(word)));
  const shown = telling.length > 0 ? telling.slice(0, maxLines) : lines.slice(-maxLines);
  return [`… (${lines.length - shown.length} more lines)`, ...shown].join('\n');
}
