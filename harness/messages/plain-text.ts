const esc = String.fromCharCode(0x1b);
const [dcs, sos, csi, st, osc, pm, apc] = [0x90, 0x98, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f].map((code) =>
  String.fromCharCode(code),
);
const bell = String.fromCharCode(7);

// Escape sequences go as a whole, or their parameters stay behind as litter. An unfinished string sequence ends with
// its line, so that one stray introducer does not swallow a text.
const stringSequences = new RegExp(
  `(?:${esc}[\\]PX^_]|[${dcs}${sos}${osc}${pm}${apc}])[^${bell}${esc}${st}\\n]*(?:${bell}|${esc}\\\\|${st})?`,
  'g',
);
const controlSequences = new RegExp(`(?:${esc}\\[|${csi})[0-?]*[ -/]*[@-~]?|${esc}[ -/]*[0-~]?`, 'g');
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
