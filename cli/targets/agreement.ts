import { createInterface } from 'node:readline';

/** Where the question is asked; without a terminal on both ends nobody is there to answer. */
export type Asker = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
};

/** A question that only `y` or `yes` agrees to. */
export async function isAgreed(question: string, { input, output }: Asker): Promise<boolean> {
  const lines = createInterface({ input, output });
  const { promise, resolve } = Promise.withResolvers<string>();
  // nothing was started: Ctrl-C ends the command as usual
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  lines.once('line', resolve).once('close', () => resolve(''));
  lines.setPrompt(question);
  lines.prompt();
  const answer = await promise;
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

/** The same on our own terminal; false where there is none. */
export async function askOnTerminal(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  return await isAgreed(question, { input: process.stdin, output: process.stderr });
}
