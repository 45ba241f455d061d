/** One thing that was done to the machine, as evidence has it. A command is as a person would type it. */
export type EvidenceEntry = {
  readonly by: 'user' | 'root' | 'container' | 'api' | 'note';
  /** the command, the request, or the note */
  readonly text: string;
  readonly output?: string;
  /** e.g. `exit code 0, 87 ms` or `status 200, 12 ms` */
  readonly end?: string;
  readonly durationMs?: number;
};

const heads = { '$ ': 'user', '# ': 'root', 'in the container: ': 'container', 'api: ': 'api' } as const;
const starts = /^(\$ |# |in the container: |api: |container of |--- )/;
const ends = /^(?:exit code|status) \d+(?:, (\d+) ms)?$/;

/** The text of an evidence file, entry by entry. Whatever is in no known form stays as a note: nothing is left out. */
export function evidenceEntries(text: string): EvidenceEntry[] {
  const lines = text.split('\n');
  const entries: EvidenceEntry[] = [];
  for (let at = 0; at < lines.length; ) {
    const next = nextStart(lines, at);
    const block = lines.slice(at, next);
    if (block.some((line) => line !== '')) entries.push(entryOf(block));
    at = next;
  }
  return entries;
}

/** An entry begins behind a blank line; where one has an end of its own, what its output looks like does not matter. */
function nextStart(lines: readonly string[], at: number): number {
  const isEnded = starts.test(lines[at] ?? '') && !/^(container of |--- )/.test(lines[at] ?? '');
  for (let index = at + 1; index < lines.length; index += 1) {
    const isAfterEnd = lines[index - 1] === '' && ends.test(lines[index - 2] ?? '');
    if (isEnded ? isAfterEnd : lines[index - 1] === '' && starts.test(lines[index] ?? '')) return index;
  }
  return lines.length;
}

function entryOf(block: readonly string[]): EvidenceEntry {
  const whole = block.join('\n').trimEnd();
  const [, head] = starts.exec(whole) ?? [];
  const by = head !== undefined && head in heads ? heads[head as keyof typeof heads] : 'note';
  const lines = whole.split('\n');
  const end = lines.at(-1) ?? '';
  const [, ms] = ends.exec(end) ?? [];
  if (head === undefined || by === 'note' || !ends.test(end)) return { by: 'note', text: whole };
  const body = lines.slice(0, -1).join('\n').slice(head.length);
  const split = by === 'user' || by === 'root' ? commandEnd(body) : endOfLine(body);
  const output = body.slice(split).replace(/^\n/, '').trimEnd();
  const text = by === 'user' || by === 'root' ? typedCommand(body.slice(0, split)) : body.slice(0, split);
  return {
    by,
    text,
    end,
    ...(output === '' ? {} : { output }),
    ...(ms === undefined ? {} : { durationMs: Number(ms) }),
  };
}

function endOfLine(text: string): number {
  const index = text.indexOf('\n');
  return index === -1 ? text.length : index;
}

/** A quoted word may have newlines: the command ends with the first line whose quotes are closed. */
function commandEnd(text: string): number {
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === "'") isQuoted = !isQuoted;
    else if (sign === '\\' && !isQuoted) index += 1;
    else if (sign === '\n' && !isQuoted) return index;
  }
  return isQuoted ? endOfLine(text) : text.length;
}

/** `sh -c 'sed -n '\''s/a/b/p'\'' f'` becomes `sed -n 's/a/b/p' f`; any other command stays as it is. */
export function typedCommand(line: string): string {
  const [, quoted] = /^sh -c ('(?:[^']|'\\'')*'|[^\s']+)$/.exec(line.trimEnd()) ?? [];
  if (quoted === undefined) return line;
  const script = quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll("'\\''", "'") : quoted;
  return script.replace(/^\n*(?:set -e\n+)?/, '').trimEnd();
}

const prompts = { user: '$ ', root: '# ', container: 'container$ ', api: '', note: '' } as const;

const titled = { user: 'as the user: ', root: 'as root: ' } as const;

/** One line to know an entry by, e.g. `# cat /etc/subuid`; of a script that begins with a comment, that comment. */
export function entryHead({ by, text }: EvidenceEntry, maxChars = 160): string {
  const [, title] = /^# (.+)\n/.exec(text) ?? [];
  const isTitled = title !== undefined && (by === 'user' || by === 'root');
  const head = isTitled ? titled[by] + title : prompts[by] + text;
  const line = head.slice(0, maxChars * 4).replace(/\s+/g, ' ');
  return line.length > maxChars ? `${line.slice(0, maxChars - 2).toWellFormed()} …` : line;
}

/** Whether the head leaves nothing out. */
export function isShownWhole(entry: EvidenceEntry): boolean {
  return entryHead(entry) === `${prompts[entry.by]}${entry.text}`;
}

/** An entry as a terminal would show it; lines of a script below its first one are indented. */
export function entryText({ by, text, output, end }: EvidenceEntry): string {
  const prompt = prompts[by];
  const command = prompt === '' ? text : prompt + text.replaceAll('\n', `\n${' '.repeat(prompt.length)}`);
  return [command, output, end].filter((part) => part !== undefined).join('\n');
}
