import { type Container, dockerApi, type HostFacts, pollUntil, type Target } from '../../harness/checks/index.ts';

/** Of the host: where nobody listens, while a registry of its own may have port 5000. */
export const freePort = 28_091;

/** The daemon is in the host's network, as from Docker 29.5 on: it reads the host's file itself for each new container. */
export const detaches = ({ rootlesskit }: HostFacts) => rootlesskit?.detachesNetns === true;

/** The address that a container is told for a name; the network driver looks at the host's file once a second. */
export async function lookUp(container: Container, name: string): Promise<string> {
  const ask = `for i in 1 2 3 4 5 6; do
  found=$(timeout 3 nslookup -type=a ${name} | awk '/^Name:/ {named = 1} named && /^Address/ {print $NF}')
  [ -z "$found" ] || break; sleep 0.5
done; echo "$found"`;
  const { stdout } = await container.exec(['sh', '-c', ask]);
  return stdout.trim();
}

/** What the daemon says of a pull from a registry by that name; Go's resolver looks at the file at most every 5 s. */
export async function pullFrom(target: Target, name: string, withinMs = 6000): Promise<string> {
  let text = '';
  const ask = async () => {
    ({ text } = await dockerApi(target, 'POST', `/images/create?fromImage=${name}:${freePort}/rdc&tag=1`));
    return text.includes('dial tcp');
  };
  await pollUntil(ask, { withinMs, everyMs: 50 });
  return text;
}
