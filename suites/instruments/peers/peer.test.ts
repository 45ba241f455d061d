import { expect, test as it } from 'vitest';
import { parseAnswers } from './peer.ts';

it('an answer or an errno for each attempt, in their order', () => {
  const text = [
    '{"call":"fetch","errno":null,"text":"nonce-1 172.17.0.1\\u000a"}',
    '{"call":"fetch","errno":"ECONNREFUSED","text":""}',
    '{"call":"fetch","errno":"ETIMEDOUT","text":"half"}',
    '',
  ].join('\n');
  expect(parseAnswers(text)).toEqual(['nonce-1 172.17.0.1\n', 'ECONNREFUSED', 'ETIMEDOUT']);
  expect(parseAnswers('')).toEqual([]);
});
