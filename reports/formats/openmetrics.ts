import { plainLine } from '../../harness/messages/plain-text.ts';
import { countVerdicts, everyCheck, judgedCount, ruleConformance } from '../results/conformance.ts';
import type { Results } from '../results/results.schema.ts';
import { startOf } from './rdc-fields.ts';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];
type Metric = {
  readonly name: string;
  readonly help: string;
  readonly samples: (results: Results) => readonly Sample[];
};

const metrics: readonly Metric[] = [
  {
    name: 'rdc_reached',
    help: '1 if at least one check was judged on the target, 0 if it could not be reached or looked at',
    samples: (results) => [[{}, judgedCount(results.checks) > 0 ? 1 : 0]],
  },
  {
    name: 'rdc_conformance',
    help: '1 for the state that the target is in',
    samples(results) {
      const { conformance } = ruleConformance(results, results.run.gate);
      const states = ['conformant', 'non-conformant', 'inconclusive'] as const;
      return states.map((state) => [{ state }, conformance === state ? 1 : 0]);
    },
  },
  {
    name: 'rdc_checks',
    help: 'number of checks by verdict',
    samples(results) {
      const { total: _, flaky: __, ...counts } = countVerdicts(everyCheck(results));
      return Object.entries(counts).map(([verdict, count]) => [{ verdict }, count]);
    },
  },
  {
    name: 'rdc_check_failed',
    help: '1 for each check that failed; waived says whether a waiver expects it',
    samples: (results) =>
      results.checks
        .filter(({ verdict }) => verdict === 'fail')
        .map(({ id, level, waiver }) => [{ check: id, level, waived: waiver?.state === 'expected' ? 'yes' : 'no' }, 1]),
  },
  {
    name: 'rdc_run_start_seconds',
    help: 'when the run began, Unix time',
    samples: (results) => [[{}, startOf(results).getTime() / 1_000]],
  },
];

/**
 * OpenMetrics, which the textfile collector of Prometheus' node_exporter reads as well. All are gauges.
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function openMetrics(...all: readonly Results[]): string {
  const lines = metrics.flatMap(({ name, help, samples }) => [
    `# TYPE ${name} gauge`,
    `# HELP ${name} ${help}`,
    ...all.flatMap((results) =>
      samples(results).map(
        ([labels, value]) => `${name}{${labelText({ target: results.target.name, ...labels })}} ${value}`,
      ),
    ),
  ]);
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => plainLine(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return Object.entries(labels)
    .map(([name, text]) => `${name}="${escaped(text)}"`)
    .join(',');
}
