export const print = (text: string) => void process.stdout.write(`${text}\n`);
/** For a person who watches: stdout holds the result only. */
export const say = (text: string) => void process.stderr.write(`${text}\n`);

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Whether to colour what is printed (https://no-color.org, https://force-color.org: an empty variable says nothing). */
export function isColored(color: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (!color || NO_COLOR) return false;
  return FORCE_COLOR ? !['0', 'false'].includes(FORCE_COLOR) : isScreen();
}

/** Whether stdout is a terminal that knows more than lines of text. */
export function isScreen(): boolean {
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb';
}
