import { expect, test as it } from 'vitest';
import { describeAccel, judgeKvm } from './acceleration.ts';

const host = { isThere: true, canOpen: true, boots: async (): Promise<boolean> => true };
const notAtAll = async (): Promise<boolean> => false;
const never = async (): Promise<boolean> => {
  throw new Error('no kernel is booted');
};

it.each([
  ['libvirt offers none, whatever this user may open', false, { ...host, boots: never }, 'tcg'],
  ['there is no device', undefined, { ...host, isThere: false, boots: never }, 'tcg'],
  ['a kernel boots', undefined, host, 'kvm'],
  ['a kernel boots, and libvirt offers it', true, host, 'kvm'],
  ['no kernel boots, although libvirt offers it', true, { ...host, boots: notAtAll }, 'tcg'],
  ["the device is not open to this user, but to libvirt's", true, { ...host, canOpen: false, boots: never }, 'kvm'],
  [
    'the device is not open to this user, and nobody else was asked',
    undefined,
    { ...host, canOpen: false, boots: never },
    'tcg',
  ],
] as const)('acceleration where %s', async (_, offered, trial, accel) => {
  const answer = await judgeKvm(offered, trial);
  expect(answer.accel).toBe(accel);
  expect(describeAccel({ ...answer, host: '' })).toContain(answer.reason);
});
