import { expect, test as it } from 'vitest';
import { describeAccel, judgeKvm } from './acceleration.ts';

const trial: Parameters<typeof judgeKvm>[0] = {
  isThere: true,
  kernel: '/boot/vmlinuz',
  offersKvm: async () => true,
  bootKernel: async () => '[    0.000000] Linux version 6.12.0',
};
const never = async (): Promise<string> => {
  throw new Error('no kernel is booted');
};

it.each([
  ['there is no device', { isThere: false, bootKernel: never }, 'tcg'],
  ['libvirt offers none', { offersKvm: async () => false, bootKernel: never }, 'tcg'],
  ['a kernel boots', {}, 'kvm'],
  ['no kernel boots, although libvirt offers it', { bootKernel: async () => 'Booting from ROM..' }, 'tcg'],
] satisfies [string, Partial<typeof trial>, string][])('acceleration where %s', async (_, other, accel) => {
  const answer = await judgeKvm({ ...trial, ...other });
  expect(answer.accel).toBe(accel);
  expect(describeAccel({ ...answer, host: '' })).toContain(answer.reason);
});

it('without a kernel to try, nothing is guessed', async () => {
  await expect(judgeKvm({ ...trial, kernel: undefined })).rejects.toThrow('[HOST_SETUP] no kernel to try KVM with');
});
