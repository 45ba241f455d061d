import { expect, test as it } from 'vitest';
import { conformantRun, hostileResults, resultsOf } from '../synthetic-runs/runs.ts';
import { openMetrics } from './openmetrics.ts';

const line =
  /^(# (TYPE|HELP) rdc_\w+ .+|rdc_\w+\{target="(\\.|[^"\\\n])*"(,\w+="(\\.|[^"\\\n])*")*\} \d+(\.\d+)?|# EOF)$/;

it('says of each target whether it is conformant, and what failed', () => {
  const text = openMetrics(resultsOf(), conformantRun());
  expect(text).toContain('rdc_conformance{target="debian-13",state="inconclusive"} 1\n');
  expect(text).toContain('rdc_checks{target="debian-13",verdict="fail"} 3\n');
  expect(text).toContain('rdc_check_failed{target="debian-13",check="PRE-SUBID-COUNT",level="MUST",waived="no"} 1\n');
  expect(text).toContain('rdc_check_failed{target="debian-13",check="PRE-SUBID-COUNT",level="MUST",waived="yes"} 1\n');
  expect(text.match(/^# TYPE rdc_conformance gauge$/gm)).toHaveLength(1);
});

it('is metrics line by line, whatever a target is called', () => {
  for (const results of [resultsOf(), hostileResults()]) {
    const lines = openMetrics(results).split('\n').slice(0, -1);
    expect(lines.filter((one) => !line.test(one))).toEqual([]);
    expect(lines.at(-1)).toBe('# EOF');
  }
});
