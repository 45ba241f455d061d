import {
  type Container,
  dockerApi,
  fixtureImageTag,
  type HostFacts,
  pollUntil,
  type Target,
  type VerifyContext,
} from '../../harness/checks/index.ts';
import { withClient } from '../instruments/daemon/user-client.ts';

/** A registry of the host's may have port 5000. */
export const freePort = 28_091;

/** From Docker 29.5 on the daemon reads the host's file itself for each new container. */
export const detaches = ({ rootlesskit }: HostFacts) => rootlesskit?.detachesNetns === true;

/** The network driver reads the host's file once a second. */
export async function lookUp(container: Container, name: string): Promise<string> {
  const ask = `for i in 1 2 3 4 5 6; do
  found=$(timeout 3 nslookup -type=a ${name} | awk '/^Name:/ {named = 1} named && /^Address/ {print $NF}')
  [ -z "$found" ] || break; sleep 0.5
done; echo "$found"`;
  const { stdout } = await container.exec(['sh', '-c', ask]);
  return stdout.trim();
}

/** What the step of a build says that looks a name up, by the builder that the user's client takes by itself. */
export async function lookUpInBuild(context: Pick<VerifyContext, 'target' | 'host'>, name: string): Promise<string> {
  const Dockerfile = `FROM ${fixtureImageTag}\nRUN nslookup -type=a ${name} || :\n`;
  const build = 'BUILDKIT_PROGRESS=plain docker build --no-cache -t rdc/look-up:1 .; docker rmi -f rdc/look-up:1';
  return (await withClient(context, { Dockerfile }, build)).stdout;
}

/** Go's resolver reads the file at most every 5 s. */
export async function pullFrom(target: Target, name: string): Promise<string> {
  let text = '';
  const ask = async () => {
    ({ text } = await dockerApi(target, 'POST', `/images/create?fromImage=${name}:${freePort}/rdc&tag=1`));
    return text.includes('dial tcp');
  };
  await pollUntil(ask, { withinMs: 6000, everyMs: 50 });
  return text;
}
