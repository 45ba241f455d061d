/** The part of Docker's HostConfig that checks set; names as in the Engine API. */
type HostConfig = {
  readonly NetworkMode?: string;
  readonly Sysctls?: Readonly<Record<string, string>>;
  readonly PidMode?: string;
  readonly IpcMode?: string;
  readonly Memory?: number;
  readonly MemorySwap?: number;
  readonly NanoCpus?: number;
  readonly PidsLimit?: number;
  readonly RestartPolicy?: { readonly Name: 'always' | 'no' };
  readonly CpusetCpus?: string;
  readonly OomScoreAdj?: number;
  readonly Privileged?: boolean;
  readonly CapAdd?: readonly string[];
  readonly CapDrop?: readonly string[];
  readonly GroupAdd?: readonly string[];
  readonly Binds?: readonly string[];
  readonly Ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly Devices?: readonly {
    readonly PathOnHost: string;
    readonly PathInContainer: string;
    readonly CgroupPermissions: string;
  }[];
};

export type ContainerOptions = {
  /** instead of one that the daemon makes up */
  readonly name?: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly domainname?: string;
  readonly host?: HostConfig;
  readonly publish?: readonly PublishedPort[];
};

/** `hostIp` defaults to every address, `protocol` to TCP; host port 0 leaves the choice to the daemon. */
type PublishedPort = {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly hostIp?: string;
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
};

/** By this label a container of a check is found that the daemon created and refused to start. */
export const nonceLabel = 'rdc.nonce';
