import { dockerApi, type HostFacts, type Target } from '../../harness/checks/index.ts';
import { isSince } from '../instruments/daemon/versions.ts';

/** How the user's client builds with BuildKit: with a plugin from 23.0 on, by itself before. Otherwise a reason. */
export function hasBuildKit({ host }: { readonly host: HostFacts }): true | string {
  if (!host.paths.docker) return 'the client docker is not installed';
  if (host.clientPlugins.buildx || !isSince(host.versions.docker, '23.0')) return true;
  return 'docker buildx is not installed: the client has no BuildKit without it';
}

/** The builders that the client has, and what chooses them. */
export function buildersOf(host: HostFacts): Readonly<Record<string, string>> {
  const classic = { classic: 'DOCKER_BUILDKIT=0' };
  return hasBuildKit({ host }) === true ? { ...classic, BuildKit: 'DOCKER_BUILDKIT=1' } : classic;
}

type CacheEntry = { readonly ID: string; readonly Description?: string };

/** Takes out of the builder's cache what names the nonce. */
export async function forgetBuilds(target: Target, nonce: string): Promise<void> {
  const answer = await dockerApi(target, 'GET', '/system/df');
  const { BuildCache } = answer.json<{ BuildCache?: CacheEntry[] | null }>();
  for (const { ID } of (BuildCache ?? []).filter(({ Description }) => Description?.includes(nonce))) {
    const filters = encodeURIComponent(JSON.stringify({ id: { [ID]: true } }));
    await dockerApi(target, 'POST', `/build/prune?all=1&filters=${filters}`);
  }
}
