import { dockerApi, fixtureImageTag, type Target } from '../../harness/checks/index.ts';

/** Two services: web answers with the secret, and with what db says over their network, which counts its own starts in a volume. */
export function stackOf(secret: string): Readonly<Record<string, string>> {
  const db = `echo start >> /data/starts; exec probe serve tcp 81 "db $$(wc -l < /data/starts)"`;
  const web = 'exec probe serve tcp 80 "$$(cat /run/secrets/token) $$(nc db 81 < /dev/null)"';
  const services = {
    db: {
      image: fixtureImageTag,
      command: ['sh', '-c', db],
      volumes: ['data:/data'],
      networks: ['inner'],
      healthcheck: {
        test: ['CMD', 'probe', 'fetch', 'tcp', '127.0.0.1', '81'],
        interval: '1s',
        timeout: '20s',
        retries: 30,
      },
    },
    web: {
      image: fixtureImageTag,
      command: ['sh', '-c', web],
      depends_on: { db: { condition: 'service_healthy' } },
      networks: ['inner'],
      secrets: ['token'],
      ports: ['80'],
    },
  };
  const compose = { services, volumes: { data: {} }, networks: { inner: {} }, secrets: { token: { file: './token' } } };
  // JSON is YAML
  return { 'compose.yaml': JSON.stringify(compose), token: secret };
}

type Listed = { readonly Ports?: readonly { readonly PublicPort?: number }[] };

/** The port of the host that leads to a service of a project. */
export async function publishedPort(target: Target, project: string): Promise<number | null> {
  const containers = (await listed(target, '/containers/json?all=1', project)) as readonly Listed[];
  return containers.flatMap(({ Ports = [] }) => Ports).find(({ PublicPort }) => PublicPort)?.PublicPort ?? null;
}

/** What the daemon has of a project, by kind. */
export async function remainsOf(target: Target, project: string): Promise<Readonly<Record<string, number>>> {
  const counted = async (kind: string, path: string) => [kind, (await listed(target, path, project)).length] as const;
  return Object.fromEntries([
    await counted('containers', '/containers/json?all=1'),
    await counted('networks', '/networks?'),
    await counted('volumes', '/volumes?'),
  ]);
}

async function listed(target: Target, path: string, project: string): Promise<readonly unknown[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }));
  const answer = await dockerApi(target, 'GET', `${path}&filters=${filters}`.replace('?&', '?'));
  const found = answer.json<readonly unknown[] | { Volumes: readonly unknown[] | null }>();
  return 'Volumes' in found ? (found.Volumes ?? []) : found;
}
