import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../access/target.ts';
import { dockerApi } from './api.ts';

/** Claims of the daemon, which are under test: never used by `applies`. */
export type DaemonFacts = ReturnType<typeof parseDaemonFacts>;

/** Null when no daemon answers: that is for the checks to say. */
export async function readDaemonFacts(
  target: Pick<Target, 'dockerSocket' | 'answers'>,
  timeoutMs = 30_000,
): Promise<DaemonFacts | null> {
  try {
    const ask = (path: string) => dockerApi(target, 'GET', path, { timeoutMs });
    const answers = await Promise.all([ask('/version'), ask('/info')]);
    if (answers.some(({ status }) => status !== 200)) return null;
    const [version, info] = answers.map((answer) => answer.json<unknown>());
    return isRecord(version) && isRecord(info) ? parseDaemonFacts(version, info) : null;
  } catch (error) {
    if (error instanceof RdcError) return null;
    throw error;
  }
}

type Claims = Readonly<Record<string, unknown>>;

/** A claim of another type than the API documents is none. */
export function parseDaemonFacts(version: Claims, info: Claims) {
  const components = listOf(version.Components).filter(isRecord);
  const rootlesskit = components.find((component) => component.Name === 'rootlesskit')?.Details;
  const details = isRecord(rootlesskit) ? rootlesskit : {};
  return {
    serverVersion: textOf(version.Version),
    apiVersion: textOf(version.ApiVersion),
    storageDriver: textOf(info.Driver),
    storageStatus: textsOf(listOf(info.DriverStatus).map(listOf)),
    cgroupDriver: textOf(info.CgroupDriver),
    cgroupVersion: textOf(info.CgroupVersion),
    securityOptions: listOf(info.SecurityOptions).filter((option) => typeof option === 'string'),
    components: textsOf(components.map(({ Name, Version }) => [Name, Version])),
    networkDriver: textOf(details.NetworkDriver),
    portDriver: textOf(details.PortDriver),
  } as const;
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

/** The pairs of two texts; fromEntries takes `__proto__` as any other name. */
function textsOf(pairs: readonly (readonly unknown[])[]): Record<string, string> {
  return Object.fromEntries(pairs.filter(([name, value]) => typeof name === 'string' && typeof value === 'string'));
}
