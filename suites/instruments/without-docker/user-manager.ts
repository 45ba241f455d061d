import { quoteWord, withoutDockerByScript } from '../../../harness/checks/index.ts';

export function unitWithoutDocker(what: string, script: string, ...properties: readonly string[]) {
  const set = properties.map((property) => `-p ${quoteWord(property)} `).join('');
  return withoutDockerByScript(what, `systemd-run --user --wait -q ${set}sh -c ${quoteWord(script)}`);
}

/** `limitWithoutDocker('TasksMax=10', 'pids.max', '10')` */
export function limitWithoutDocker(property: string, file: string, value: string) {
  // a unit of systemd expands $, and $$ to one
  const look = `f=/sys/fs/cgroup$$(sed -n s/^0:://p /proc/self/cgroup)/${file}; grep -qx ${quoteWord(value)} "$$f"`;
  return unitWithoutDocker(`${property} for a unit of the user manager`, look, property);
}
