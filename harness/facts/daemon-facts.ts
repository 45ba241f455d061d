import { dockerApi } from '../docker/api.ts';
import { RdcError } from '../errors.ts';
import type { Target } from '../target/target.ts';

/** What the daemon says of itself: a claim under test, kept apart from the host's facts and never used by `applies`. */
export type DaemonFacts = {
  readonly serverVersion: string | null;
  readonly apiVersion: string | null;
  readonly storageDriver: string | null;
  readonly storageStatus: Readonly<Record<string, string>>;
  readonly cgroupDriver: string | null;
  readonly cgroupVersion: string | null;
  readonly securityOptions: readonly string[];
  readonly components: Readonly<Record<string, string>>;
  readonly networkDriver: string | null;
  readonly portDriver: string | null;
};

type Version = {
  Version?: string;
  ApiVersion?: string;
  Components?: { Name: string; Version: string; Details?: Record<string, string> }[];
};
type Info = {
  Driver?: string;
  DriverStatus?: [string, string][] | null;
  CgroupDriver?: string;
  CgroupVersion?: string;
  SecurityOptions?: string[] | null;
};

/** Null when no daemon answers: that is for the checks to say. */
export async function readDaemonFacts(target: Pick<Target, 'dockerSocket' | 'answers'>): Promise<DaemonFacts | null> {
  try {
    const [version, info] = await Promise.all([
      dockerApi(target, 'GET', '/version', { timeoutMs: 30_000 }),
      dockerApi(target, 'GET', '/info', { timeoutMs: 30_000 }),
    ]);
    return parseDaemonFacts(version.json<Version>(), info.json<Info>());
  } catch (error) {
    // a TypeError: the answer has another shape, and who answers so is no Docker daemon
    if (error instanceof RdcError || error instanceof TypeError) return null;
    throw error;
  }
}

function parseDaemonFacts(version: Version, info: Info): DaemonFacts {
  const components = version.Components ?? [];
  const details = components.find((component) => component.Name === 'rootlesskit')?.Details;
  return {
    serverVersion: version.Version ?? null,
    apiVersion: version.ApiVersion ?? null,
    storageDriver: info.Driver ?? null,
    storageStatus: Object.fromEntries(info.DriverStatus ?? []),
    cgroupDriver: info.CgroupDriver ?? null,
    cgroupVersion: info.CgroupVersion ?? null,
    securityOptions: info.SecurityOptions ?? [],
    components: Object.fromEntries(components.map((component) => [component.Name, component.Version])),
    networkDriver: details?.NetworkDriver ?? null,
    portDriver: details?.PortDriver ?? null,
  };
}
