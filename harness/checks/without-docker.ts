import { hostProbe } from '../target-host/access/host-probe.ts';
import type { HostFacts } from '../target-host/facts/host-facts.ts';
import type { WithoutDocker } from './check.ts';

/**
 * The user without Docker, by a POSIX sh script: it works when that ends with 0.
 * `withoutDockerByScript('a memory limit by systemd-run --user', 'systemd-run --user --scope -p MemoryMax=32M ...')`
 */
export function withoutDockerByScript(what: string, script: string | ((host: HostFacts) => string)): WithoutDocker {
  return async ({ target, host }) => {
    const { code } = await target.shell(typeof script === 'string' ? script : script(host));
    return { works: code === 0, saw: `${what}: ${code === 0 ? 'done' : `exit code ${code}`}` };
  };
}

/** The same by one call of the helper: `withoutDockerByProbe('binding port 79', 'bind', 'tcp', '0.0.0.0', '79')`. */
export function withoutDockerByProbe(what: string, ...call: readonly string[]): WithoutDocker {
  return async ({ target }) => {
    const { errno } = await hostProbe<{ errno: string | null }>(target, target, call);
    return { works: errno === null, saw: `${what}: ${errno ?? 'done'}` };
  };
}
