import { AssertionError } from 'node:assert';
import { describe, expect, test as it } from 'vitest';
import { failureOf } from '../checks/expect.ts';
import { asFinding, expectDocumented, known } from '../checks/limitation.ts';
import { RdcError, renderError } from '../messages/errors.ts';
import { verdictOf } from './verdict.ts';

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('only a failed expect is a failure', () => {
  it.each<[string, 'fail' | 'error', () => unknown]>([
    ['a failed expect', 'fail', () => expect(1).toBe(2)],
    ['a failed expect on an object', 'fail', () => expect({ a: 1 }, 'label').toEqual({ a: 2 })],
    ['an asymmetric one', 'fail', () => expect([]).toEqual(expect.arrayContaining(['x']))],
    ['a failed regular expression', 'fail', () => expect('x').toMatch(/y/)],
    ['null where something was expected', 'fail', () => expect(null).not.toBeNull()],
    [
      'a failed assertion of Node',
      'fail',
      () => {
        throw new AssertionError({ actual: 1, expected: 2 });
      },
    ],
    [
      'an error',
      'error',
      () => {
        throw new Error('x');
      },
    ],
    ['a type error', 'error', () => (undefined as unknown as { x: { y: 1 } }).x.y],
    [
      'an error of the harness',
      'error',
      () => {
        throw new RdcError('TRANSPORT', 'lost');
      },
    ],
    [
      'an error of the harness within an assertion',
      'error',
      () => {
        throw Object.assign(new AssertionError({ actual: 1, expected: 2 }), { cause: new RdcError('TIMEOUT', 'late') });
      },
    ],
    [
      'something that calls itself an assertion',
      'error',
      () => {
        throw Object.assign(new Error('x'), { name: 'AssertionError' });
      },
    ],
    [
      'a string',
      'error',
      () => {
        throw 'x';
      },
    ],
    [
      'undefined',
      'error',
      () => {
        throw undefined;
      },
    ],
  ])('%s is %s', (_, verdict, action) => {
    expect(verdictOf(thrownBy(action))).toBe(verdict);
  });
});

describe('a limitation has three outcomes', () => {
  it('as documented', () => {
    expectDocumented('cannot expose privileged port 80', /privileged port \d+/, 'port 80');
    expectDocumented('EACCES', 'EACCES', 'open');
    expect(failureOf(new Error('x')).finding).toBeUndefined();
  });

  it.each([
    ['lifted', null, /^lifted: port 80/],
    ['differs', 'no route to host', /^differs: port 80/],
    ['differs', '', /^differs: port 80/],
  ])('%s', (finding, observed, message) => {
    for (const documented of ['privileged', /privileged/]) {
      const error = thrownBy(() => expectDocumented(observed, documented, 'port 80'));
      expect(failureOf(error).finding).toBe(finding);
      expect(verdictOf(error)).toBe('fail');
      expect((error as Error).message).toMatch(message);
    }
  });

  it('a finding of an assertion of its own', () => {
    expect(failureOf(thrownBy(() => asFinding('differs', () => expect(1).toBe(2)))).finding).toBe('differs');
    expect(failureOf('a string').finding).toBeUndefined();
  });
});

it('a value that could not be read is an error and no failure', () => {
  expect(known(0, 'zero')).toBe(0);
  expect(known('', 'nothing')).toBe('');
  for (const value of [null, undefined]) {
    const error = thrownBy(() => known(value, 'the kernel'));
    expect(verdictOf(error)).toBe('error');
    expect((error as Error).message).toBe('[FACTS] the kernel could not be read on the target');
  }
});

it('an error is shown with its hint, a foreign one with its stack', () => {
  const error = new RdcError('USAGE', '--x is no option', { hint: './rdc --help' });
  expect(renderError(error)).toBe('[USAGE] --x is no option\nhint: ./rdc --help');
  expect(error.exitCode).toBe(2);
  expect(renderError(new RdcError('LAB', 'gone'))).toBe('[LAB] gone');
  expect(renderError(new TypeError('odd'))).toContain('verdict.test.ts');
  expect(renderError('text')).toBe('text');
});
