import { expect, test as it } from 'vitest';
import { hasOverlayInUserNamespaces } from './kernel-release.ts';

it.each([
  ['6.12.117+deb13-amd64', true],
  ['5.11.0', true],
  ['5.10.0-46-amd64', false],
  ['4.19.0-27-amd64', false],
  ['7.2-rc1', true],
])('kernel %s mounts overlay in a user namespace: %s', (kernel, does) => {
  expect(hasOverlayInUserNamespaces({ host: { kernel } }) === true).toBe(does);
});
