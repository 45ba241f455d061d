import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import type { CheckMetas } from './fault-results.ts';

/** Progress of a fault test: one line a fault, and what broke. `onChange` comes after each of them. */
export function selftestListener(metas: CheckMetas, onChange: (broken?: string) => void): RunListener {
  const say = (text: string) => void process.stderr.write(`${printable(text)}\n`);
  return {
    stage: (target, text) => say(`${target}: ${text}`),
    checkJudged(target, result) {
      const meta = metas.get(result.id);
      const outcome = meta?.outcome ?? (result.verdict === 'skip' ? 'skip' : 'error');
      const seconds = `${(result.durationMs / 1000).toFixed(1)} s`;
      say(
        `${outcome.padEnd(10)} ${target.name}  ${result.id.padEnd(18)} ${seconds.padStart(8)}  ${meta?.reason ?? result.reason ?? ''}`,
      );
      onChange();
    },
    targetEnded(target, end) {
      if (end.broken !== undefined) say(`${target.name}: ${end.broken}`);
      onChange(end.broken);
    },
  };
}

/** For a terminal: what comes from a target may hold anything. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 400);
}
