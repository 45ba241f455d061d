import { test as it, expect as vitestExpect } from 'vitest';
import { hostile } from '../test-doubles/hostile-texts.ts';
import { expect } from './expect.ts';

function messageOf(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  return 'held';
}

const map = { inside: 0, outside: 1001, count: 1 };

it.each<[string, () => void]>([
  ['it: expected 1660, found 666', () => expect('666', 'it').toBe('1660')],
  ['it: expected 0, found 1', () => expect(1, 'it').toBe(0)],
  ['it: expected "1", found 1', () => expect<unknown>(1, 'it').toBe('1')],
  ['it: unexpected EACCES', () => expect('EACCES', 'it').toBeNull()],
  ['it: unexpected "none"', () => expect('none', 'it').toBeNull()],
  ['it: unexpected null', () => expect(null, 'it').toBeUndefined()],
  ['it: expected a, found ""', () => expect('', 'it').toBe('a')],
  ['it: expected anything but 1001', () => expect('1001', 'it').not.toBe('1001')],
  ['it: expected a value, found none', () => expect(null, 'it').not.toBeNull()],
  ['it: unexpected permission denied', () => expect('permission denied', 'it').not.toBeTypeOf('string')],
  ['it: expected more than 4, found 3', () => expect(3, 'it').toBeGreaterThan(4)],
  ['it: expected at least 4, found 3', () => expect(3, 'it').toBeGreaterThanOrEqual(4)],
  ['it: expected less than 2, found 3', () => expect(3, 'it').toBeLessThan(2)],
  ['it: expected at most 2, found 3', () => expect(3, 'it').toBeLessThanOrEqual(2)],
])('%s', (message, assertion) => {
  vitestExpect(messageOf(assertion)).toBe(message);
});

it.each<[string, () => void]>([
  ['it: unexpected: a, b', () => expect(['a', 'b'], 'it').toEqual([])],
  ['it: missing: a', () => expect(['b'], 'it').toEqual(['b', 'a'])],
  ['it: missing: a; unexpected: c', () => expect(['b', 'c'], 'it').toEqual(['b', 'a'])],
  ['it: unexpected: a', () => expect(['a', 'a'], 'it').toEqual(['a'])],
  ['it: missing: ""', () => expect([], 'it').toEqual([''])],
  ['it: expected in the order a, b; found b, a', () => expect(['b', 'a'], 'it').toEqual(['a', 'b'])],
  ['it: missing: cpu', () => expect(['memory', 'io'], 'it').toEqual(vitestExpect.arrayContaining(['cpu', 'io']))],
  [
    'it: missing: a match of /denied$/; unexpected: ok',
    () => expect(['root', 'ok'], 'it').toEqual(['root', vitestExpect.stringMatching(/denied$/)]),
  ],
  [
    'it: missing: { inside: 0, outside: 1001, count: 1 }; unexpected: { inside: 0, outside: 1001, count: 2 }',
    () => expect([{ ...map, count: 2 }], 'it').toEqual([map]),
  ],
  ['it: missing: a; found b, c', () => expect(['b', 'c'], 'it').toContain('a')],
  ['it: missing: a; found none', () => expect([] as string[], 'it').toContain('a')],
  ['it: unexpected: b; found b, c', () => expect(['b', 'c'], 'it').not.toContain('b')],
  ['it: expected 2 entries, found 1: a', () => expect(['a'], 'it').toHaveLength(2)],
])('of lists: %s', (message, assertion) => {
  vitestExpect(messageOf(assertion)).toBe(message);
});

it.each<[string, () => void]>([
  ['it: count expected 1, found 2', () => expect({ ...map, count: 2 }, 'it').toEqual(map)],
  [
    'it: pid expected 2, found 1; modes b expected 3, found 2',
    () => expect({ pid: 1, modes: { a: 1, b: 2 } }, 'it').toEqual({ pid: 2, modes: { a: 1, b: 3 } }),
  ],
  [
    'it: memory expected 64, found none; io expected none, found 1',
    () => expect<object>({ io: 1 }, 'it').toEqual({ memory: 64 }),
  ],
  ['it: status expected 204, found 500', () => expect({ status: 500, text: '' }, 'it').toMatchObject({ status: 204 })],
  ['it: groups missing: 27', () => expect({ groups: [20] }, 'it').toEqual({ groups: [20, 27] })],
])('of objects: %s', (message, assertion) => {
  vitestExpect(messageOf(assertion)).toBe(message);
});

it.each<[string, () => void]>([
  ['it: expected to contain nonce; found no route to host', () => expect('no route to host', 'it').toContain('nonce')],
  ['it: expected not to contain nonce; found a nonce', () => expect('a nonce', 'it').not.toContain('nonce')],
  ['it: expected to match /^user:/; found net:[1]', () => expect('net:[1]', 'it').toMatch(/^user:/)],
  ['it: expected not to match /^net:/; found net:[1]', () => expect('net:[1]', 'it').not.toMatch(/^net:/)],
  ['it: expected a match of /^a/, found b', () => expect('b', 'it').toEqual(vitestExpect.stringMatching(/^a/))],
])('of texts: %s', (message, assertion) => {
  vitestExpect(messageOf(assertion)).toBe(message);
});

it('another matcher keeps the words of vitest', () => {
  vitestExpect(messageOf(() => expect(1, 'it').toBeTypeOf('string'))).toBe("it: expected 1 to be type of 'string'");
  const long = Array.from({ length: 600 }, (_, index) => `${index}`);
  vitestExpect(messageOf(() => expect(long, 'it').toEqual(long.with(0, 'x')))).toMatch(/^it: expected \[/);
});

it('what a target says is one bounded line without control characters', () => {
  vitestExpect(messageOf(() => expect('a\u001b[2J\nb\u202e', 'it').toBe('c'))).toBe('it: expected c, found a b');
  let deep: unknown = 'x';
  for (let depth = 0; depth < 100; depth += 1) deep = [deep];
  vitestExpect(messageOf(() => expect<unknown>(deep, 'it').toBe('y'))).toBe('it: expected y, found [[[[…]]]]');
  const many = Array.from({ length: 40 }, (_, index) => `entry${index}`);
  vitestExpect(messageOf(() => expect(many, 'it').toEqual([]))).toMatch(/entry29, and 10 more$/);
  for (const found of [hostile.huge, [hostile.huge, hostile.huge], { [hostile.huge]: 1 }]) {
    const message = messageOf(() => expect<unknown>(found, 'it').toEqual('x'));
    vitestExpect(message).toMatch(/cut, /);
    vitestExpect(message.length).toBeLessThan(600);
  }
});
