// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for

// Escape sequences (of ESC or a C1 control) go as a whole, or their parameters stay behind as litter. An unfinished string
// sequence ends with its line, so that one stray introducer does not swallow a text.
const stringSequences = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?/g;
const controlSequences = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g;
// The rest: control characters, and format characters that reorder or hide text (bidirectional marks, zero width).
const controls = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029\ufffe\uffff]/gu;

/** Text of a target made safe for a terminal or a file: no control characters but newline and tab, bounded. */
export function plainText(text: string, maxChars = 4_000): string {
  // Cut first, with room to spare: the patterns must not run over a text of hundreds of megabytes.
  const head = text.slice(0, maxChars * 4);
  const clean = head
    .replaceAll('\r\n', '\n')
    .replace(stringSequences, '')
    .replace(controlSequences, '')
    .toWellFormed()
    .replace(controls, '');
  if (clean.length <= maxChars && head.length === text.length) return clean;
  return `${clean.slice(0, maxChars).toWellFormed()}… (cut, ${text.length} characters in all)`;
}

/** Text of a target as evidence: what would control a terminal or hide text is seen to be there, as U+FFFD. Not bounded. */
export function visibleText(text: string): string {
  return text.toWellFormed().replace(controls, '\ufffd');
}

/** Plain text on one line, for titles and lists. */
export function plainLine(text: string, maxChars = 500): string {
  return plainText(text.slice(0, maxChars * 4).replace(/\s+/g, ' '), maxChars)
    .replace(/\s+/g, ' ')
    .trim();
}
