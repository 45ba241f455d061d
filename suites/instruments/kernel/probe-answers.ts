/** The lines of JSON that calls of `probe` print. */
export function probeAnswers<T>(stdout: string): T[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as T);
}
