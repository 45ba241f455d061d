import type { Target } from '../target-host/access/target.ts';
import { type Container, refusalIn, sharedContainer } from '../target-host/docker/container.ts';
import type { ContainerOptions } from '../target-host/docker/container-request.ts';
import { hiddenBy } from '../target-host/facts/host-facts.ts';
import { expect } from './expect.ts';

/** A shared container whose start is part of the claim: if the daemon refuses it, the check fails with the daemon's message. */
export async function expectContainer(target: Target, options: ContainerOptions = {}): Promise<Container> {
  const started = await sharedContainer(target, options).catch((error) => refusalIn(error, target));
  expect(started, `the start of a container${hiddenBy(target.facts.host.hidepid)}`).not.toBeTypeOf('string');
  return started as Container;
}
