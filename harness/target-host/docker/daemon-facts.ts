import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../access/target.ts';
import { dockerApi } from './api.ts';

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

/** Null when no daemon answers, or something that is none: that is for the checks to say. */
export async function readDaemonFacts(
  target: Pick<Target, 'dockerSocket' | 'answers'>,
  timeoutMs = 30_000,
): Promise<DaemonFacts | null> {
  try {
    const paths = ['/version', '/info'];
    const answers = await Promise.all(paths.map((path) => dockerApi(target, 'GET', path, { timeoutMs })));
    if (answers.some(({ status }) => status !== 200)) return null;
    const [version, info] = answers.map((answer) => answer.json<unknown>());
    return isRecord(version) && isRecord(info) ? parseDaemonFacts(version, info) : null;
  } catch (error) {
    if (error instanceof RdcError) return null;
    throw error;
  }
}

type Claims = Readonly<Record<string, unknown>>;

/** Pure: a claim of another kind than the API's documents say is none. */
export function parseDaemonFacts(version: Claims, info: Claims): DaemonFacts {
  const components = listOf(version.Components).filter(isRecord);
  const rootlesskit = components.find((component) => component.Name === 'rootlesskit')?.Details;
  const details = isRecord(rootlesskit) ? rootlesskit : {};
  return {
    serverVersion: textOf(version.Version),
    apiVersion: textOf(version.ApiVersion),
    storageDriver: textOf(info.Driver),
    storageStatus: textsOf(listOf(info.DriverStatus).map((pair) => listOf(pair))),
    cgroupDriver: textOf(info.CgroupDriver),
    cgroupVersion: textOf(info.CgroupVersion),
    securityOptions: listOf(info.SecurityOptions).filter((option) => typeof option === 'string'),
    components: textsOf(components.map(({ Name, Version }) => [Name, Version])),
    networkDriver: textOf(details.NetworkDriver),
    portDriver: textOf(details.PortDriver),
  };
}

function isRecord(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Pairs of texts; fromEntries makes a member of `__proto__` like of any other name. */
function textsOf(pairs: readonly (readonly unknown[])[]): Record<string, string> {
  const isText = (pair: readonly unknown[]): pair is [string, string] =>
    typeof pair[0] === 'string' && typeof pair[1] === 'string';
  return Object.fromEntries(pairs.filter(isText));
}
