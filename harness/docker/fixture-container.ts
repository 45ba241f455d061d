import { GenericContainer } from 'testcontainers';
import { fixtureImageTag } from '../fixture-image.ts';
import type { FixtureOptions } from './fixture.ts';

/** A container of the fixture image with exactly the HostConfig asked for. */
export class FixtureContainer extends GenericContainer {
  constructor(options: FixtureOptions, nonce: string) {
    super(fixtureImageTag);
    const publish = options.publish ?? [];
    this.withCommand([...(options.command ?? ['sleep', 'infinity'])]);
    this.withEnvironment({ RDC_NONCE: nonce });
    if (options.user !== undefined) this.withUser(options.user);
    // no network where none is needed: setting one up costs a second on an emulated machine
    this.withNetworkMode(options.host?.NetworkMode ?? (publish.length > 0 ? 'bridge' : 'none'));
    Object.assign(this.hostConfig, options.host);
    // set here and not by withExposedPorts: that knows no host address and adds a wait for the port of its own
    this.createOpts.ExposedPorts = Object.fromEntries(publish.map((p) => [`${p.containerPort}/tcp`, {}]));
    this.hostConfig.PortBindings = Object.fromEntries(
      publish.map((p) => [`${p.containerPort}/tcp`, [{ HostIp: p.hostIp ?? '', HostPort: String(p.hostPort) }]]),
    );
  }
}
