import { expect, test as it } from 'vitest';
import type { Results } from '../results/results.schema.ts';
import { resultsWith } from '../synthetic-runs/compared-results.ts';
import { targetSummary } from '../terminal/summary.ts';
import { createStyle } from './style.ts';
import { verdictSentence } from './verdict-sentence.ts';

const red = { verdict: 'fail', reason: 'because' } as const;
const waiver = { state: 'expected', reason: 'known', bug: 'b', owner: 'o', expires: '2027-01-01' } as const;

it.each<[string, Results]>([
  ['debian-13 conforms: every MUST holds.', resultsWith('debian-13', [{ id: 'A-A', verdict: 'pass' }])],
  [
    'debian-13 conforms: every MUST holds. 1 SHOULD fails.',
    resultsWith('debian-13', [
      { id: 'A-A', verdict: 'pass' },
      { id: 'A-B', level: 'SHOULD', ...red },
    ]),
  ],
  [
    'debian-13 does not conform: 2 MUST fail. 1 LIMITATION fails.',
    resultsWith('debian-13', [
      { id: 'A-A', ...red },
      { id: 'A-B', ...red },
      { id: 'A-C', level: 'LIMITATION', ...red },
    ]),
  ],
  [
    'debian-13 conforms: every MUST holds but 1 with a waiver.',
    resultsWith('debian-13', [
      { id: 'A-A', verdict: 'pass' },
      { id: 'A-B', ...red, waiver },
    ]),
  ],
  [
    'debian-13 is inconclusive: could not be judged: A-B.',
    resultsWith('debian-13', [
      { id: 'A-A', verdict: 'pass' },
      { id: 'A-B', verdict: 'error', reason: 'lost' },
    ]),
  ],
])('%s', (sentence, results) => {
  expect(verdictSentence(results)).toBe(sentence);
});

it('a name that a target chose cannot reorder the sentence', () => {
  const results = resultsWith('a\u202eb\n\u001b[2J', [{ id: 'A-A', verdict: 'pass' }]);
  expect(verdictSentence(results)).toBe('ab conforms: every MUST holds.');
  expect(targetSummary(results, createStyle(false))).toContain('ab');
});
