import { GenericContainer } from 'testcontainers';
import { fixtureImageTag } from '../../fixture-image/image.ts';
import { type ContainerOptions, nonceLabel } from './container-options.ts';

/** A container of the fixture image with exactly the HostConfig asked for. */
export class ContainerRequest extends GenericContainer {
  constructor(options: ContainerOptions, nonce: string) {
    super(fixtureImageTag);
    const publish = options.publish ?? [];
    this.withCommand([...(options.command ?? ['sleep', 'infinity'])]);
    this.withEnvironment({ RDC_NONCE: nonce });
    this.withLabels({ [nonceLabel]: nonce });
    if (options.name !== undefined) this.withName(options.name);
    if (options.user !== undefined) this.withUser(options.user);
    if (options.domainname !== undefined) this.createOpts.Domainname = options.domainname;
    // no network where none is needed: setting one up costs a second on an emulated machine
    this.withNetworkMode(options.host?.NetworkMode ?? (publish.length > 0 ? 'bridge' : 'none'));
    Object.assign(this.hostConfig, options.host);
    // set here and not by withExposedPorts: that knows no host address and adds a wait for the port of its own
    const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
    for (const { containerPort, protocol = 'tcp', hostIp = '', hostPort } of publish) {
      const key = `${containerPort}/${protocol}`;
      bindings[key] = [...(bindings[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }];
    }
    this.createOpts.ExposedPorts = Object.fromEntries(Object.keys(bindings).map((key) => [key, {}]));
    this.hostConfig.PortBindings = bindings;
  }
}
