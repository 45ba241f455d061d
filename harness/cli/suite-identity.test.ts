import { expect, test as it } from 'vitest';
import { suiteIdentity, withoutVerified } from './suite-identity.ts';

it('the same files are the same suite', () => {
  const { version, digest } = suiteIdentity();
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(suiteIdentity()).toEqual({ version, digest });
});

it('when a machine was verified is no part of it, what a machine is is', () => {
  const one = (verified: unknown, cpus = 2) => JSON.stringify({ machines: [{ name: 'a', cpus, verified }] });
  expect(withoutVerified(one({ date: '2026-11-22', judged: 37 }))).toBe(withoutVerified(one(false)));
  expect(withoutVerified(one(false, 4))).not.toBe(withoutVerified(one(false)));
});
