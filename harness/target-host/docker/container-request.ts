import { GenericContainer, type getContainerRuntimeClient, Wait } from 'testcontainers';
import { fixtureImageTag } from '../../fixture-image/image.ts';

type Client = Awaited<ReturnType<typeof getContainerRuntimeClient>>;
type CreateOptions = Parameters<Client['container']['dockerode']['createContainer']>[0];

export type ContainerOptions = {
  readonly name?: string;
  /** by default the fixture image */
  readonly image?: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly domainname?: string;
  /** names as in the Engine API */
  readonly host?: NonNullable<CreateOptions['HostConfig']>;
  /** more of what the Engine API takes beside HostConfig */
  readonly create?: Pick<CreateOptions, 'Healthcheck' | 'Tty'>;
  readonly publish?: readonly PublishedPort[];
};

/** By default TCP, and every address. */
type PublishedPort = {
  /** 0: the daemon chooses one */
  readonly hostPort: number;
  readonly containerPort: number;
  readonly hostIp?: string;
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
};

/** Finds a container that the daemon created and refused to start. */
export const nonceLabel = 'rdc.nonce';

/** A container of the fixture image with exactly the HostConfig asked for. */
export class ContainerRequest extends GenericContainer {
  constructor(options: ContainerOptions, nonce: string) {
    super(options.image ?? fixtureImageTag);
    const { name, user, domainname, host, create, publish = [] } = options;
    Object.assign(this.createOpts, create);
    // whether it is healthy is for the check to say
    if (create?.Healthcheck !== undefined) this.withWaitStrategy(Wait.forAll([]));
    this.withCommand([...(options.command ?? ['sleep', 'infinity'])]);
    this.withEnvironment({ RDC_NONCE: nonce });
    this.withLabels({ [nonceLabel]: nonce });
    if (name !== undefined) this.withName(name);
    if (user !== undefined) this.withUser(user);
    if (domainname !== undefined) this.createOpts.Domainname = domainname;
    // a network costs a second on an emulated machine
    this.withNetworkMode(host?.NetworkMode ?? (publish.length > 0 ? 'bridge' : 'none'));
    Object.assign(this.hostConfig, host);
    // withExposedPorts takes no host address and waits for the port
    const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
    for (const { containerPort, protocol = 'tcp', hostIp = '', hostPort } of publish) {
      const key = `${containerPort}/${protocol}`;
      bindings[key] = [...(bindings[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }];
    }
    this.createOpts.ExposedPorts = Object.fromEntries(Object.keys(bindings).map((key) => [key, {}]));
    this.hostConfig.PortBindings = bindings;
  }
}
