import { plainText } from './plain-text.ts';

/** Exit codes of the command line (docs/reference/exit-codes.md): 1 is a verdict about the target, 2 and 3 are not. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notJudged: 3, interrupted: 130 } as const;

/** The exit code that each code ends a command with; what they mean: docs/troubleshooting.md */
export const errorCodes = {
  USAGE: exitCodes.usage,
  CONFIG: exitCodes.usage,
  INPUT: exitCodes.usage,
  UNKNOWN_TARGET: exitCodes.usage,
  UNKNOWN_CHECK: exitCodes.usage,
  HOST_SETUP: exitCodes.usage,
  LAB: exitCodes.notJudged,
  BOX: exitCodes.notJudged,
  MACHINE: exitCodes.notJudged,
  PROVISION: exitCodes.notJudged,
  SNAPSHOT: exitCodes.notJudged,
  TRANSPORT: exitCodes.notJudged,
  LOST: exitCodes.notJudged,
  NO_SPACE: exitCodes.notJudged,
  HOST_KEY: exitCodes.notJudged,
  ROOT: exitCodes.notJudged,
  READ_ONLY: exitCodes.notJudged,
  SIDE_BY_SIDE: exitCodes.notJudged,
  TIMEOUT: exitCodes.notJudged,
  COMMAND: exitCodes.notJudged,
  DAEMON: exitCodes.notJudged,
  DAEMON_DOWN: exitCodes.notJudged,
  IMAGE: exitCodes.notJudged,
  FACTS: exitCodes.notJudged,
  PARSE: exitCodes.notJudged,
  REPORT: exitCodes.notJudged,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * An error that a person can act on: `[CODE] what, where, with the value and the limit`, then `hint:` with a
 * command to paste. Output of a target never goes into the message (it belongs to evidence).
 */
export class RdcError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, what: string, options: { hint?: string; cause?: unknown } = {}) {
    super(`[${code}] ${what}`, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'RdcError';
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return errorCodes[this.code];
  }
}

export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is RdcError {
  return error instanceof RdcError && codes.includes(error.code);
}

/** The text for a terminal: the message and, on a line of its own, the hint. A library's words may be those of a target. */
export function renderError(error: unknown): string {
  return plainText(textOf(error), 8_000);
}

function textOf(error: unknown): string {
  // of `await using`: what went wrong, then what went wrong in putting an end to it
  if (error instanceof SuppressedError) return `${textOf(error.suppressed)}\n${textOf(error.error)}`;
  if (!(error instanceof RdcError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return error.hint ? `${error.message}\nhint: ${error.hint}` : error.message;
}
