import { plainLine } from '../../harness/messages/plain-text.ts';
import type { RunListener } from '../../harness/verdicts/run-listener.ts';
import type { CheckMetas } from './fault-results.ts';

export function selftestListener(metas: CheckMetas, onChange: (broken?: string) => void): RunListener {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  return {
    stage: (target, text) => say(`${target}: ${plainLine(text, 400)}`),
    checkJudged(target, result) {
      const meta = metas.get(result.id);
      const outcome = meta?.outcome ?? (result.verdict === 'skip' ? 'skip' : 'error');
      const seconds = `${(result.durationMs / 1000).toFixed(1)} s`;
      const why = plainLine(meta?.reason ?? result.reason ?? '', 400);
      say(`${outcome.padEnd(10)} ${target.name}  ${result.id.padEnd(18)} ${seconds.padStart(8)}  ${why}`);
      onChange();
    },
    targetEnded(target, end) {
      if (end.broken !== undefined) say(`${target.name}: ${plainLine(end.broken, 400)}`);
      onChange(end.broken);
    },
  };
}
