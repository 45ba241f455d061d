import { type HostFacts, known } from '../../harness/index.ts';

/** Whether the installed dockerd is that release or a later one: `isEngineSince(host, '29.5')`. */
export function isEngineSince({ versions }: Pick<HostFacts, 'versions'>, release: string): boolean {
  const installed = known(/(\d+)\.(\d+)/.exec(versions.dockerd ?? ''), 'the version of dockerd');
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return Number(installed[1]) > major || (Number(installed[1]) === major && Number(installed[2]) >= minor);
}
