import { expect, test as it } from 'vitest';
import { refusalInProgress } from './import-image.ts';

it('an import that was taken has no refusal', () => {
  expect(refusalInProgress('{"status":"sha256:1f2e"}\r\n')).toBeNull();
  expect(refusalInProgress('')).toBeNull();
});

it('a refusal comes in the progress, after status 200', () => {
  const line = '{"errorDetail":{"message":"lchown /f: invalid argument"},"error":"lchown /f: invalid argument"}';
  expect(refusalInProgress(`{"status":"x"}\n${line}\n`)).toBe('lchown /f: invalid argument');
});

it('an answer that is none is an error', () => {
  expect(() => refusalInProgress('<html>')).toThrow(SyntaxError);
});
