import {
  type Container,
  dockerApi,
  type HostFacts,
  known,
  mustRun,
  pollUntil,
  type Target,
} from '../../harness/checks/index.ts';

/** The health of a container once it is `wanted`; what it is after a minute otherwise. */
export async function healthBecomes(target: Target, container: Container, wanted: string): Promise<string> {
  let health = '';
  const ask = async () => {
    const answer = await dockerApi(target, 'GET', `/containers/${container.id}/json`);
    const { State } = answer.json<{ State: { Health?: { Status: string } } }>();
    health = State.Health?.Status ?? 'none';
    return health === wanted;
  };
  await pollUntil(ask, { withinMs: 60_000, everyMs: 200 });
  return health;
}

export const byDefault = 'the default';

const mark = 'rdc-line';
const lines = 200;
/** longer than what a driver writes at once, 16 KiB */
const longest = 40_000;

/** A container that says numbered lines and a long one, and then waits. */
export const talkative = {
  mark,
  command: [
    'sh',
    '-c',
    `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "${mark} $i"; done
head -c ${longest} /dev/zero | tr '\\0' x; echo; exec sleep infinity`,
  ],
  all: `${lines} in order, the longest of ${longest}`,
} as const;

/** What the daemon takes by itself, and the drivers that docker logs reads from; journald only where there is one. */
export function logDrivers({ init }: HostFacts): readonly string[] {
  return [byDefault, 'json-file', 'local', ...(init === 'systemd' ? ['journald'] : [])];
}

/** What docker logs has of each, in words; waits for what is still on its way. */
export async function linesOf(
  target: Target,
  drivers: readonly string[],
  containers: readonly Container[],
): Promise<Readonly<Record<string, string>>> {
  let seen: [string, string][] = [];
  const ask = async () => {
    const logs = containers.map(({ id }) => dockerApi(target, 'GET', `/containers/${id}/logs?stdout=1`));
    seen = (await Promise.all(logs)).map(({ status, text }, index) => [
      known(drivers[index], 'the driver'),
      status === 200 ? inWords(text) : text.trim(),
    ]);
    return seen.every(([, words]) => words === talkative.all);
  };
  await pollUntil(ask, { withinMs: 20_000, everyMs: 500 });
  return Object.fromEntries(seen);
}

/** Pure: what a log of `talkative` holds. */
export function inWords(text: string): string {
  const numbers = [...text.matchAll(/^rdc-line (\d+)\r?$/gm)].map(([, number]) => Number(number));
  const inOrder = numbers.every((number, index) => number === index + 1);
  // the driver local of Docker 20.10 has one carriage return too many
  const longest = Math.max(0, ...[...text.matchAll(/x+/g)].map(([run]) => run.length));
  return `${numbers.length} ${inOrder ? 'in order' : 'out of order'}, the longest of ${longest}`;
}

/** What the daemon says happened to a container until now, oldest first. */
export async function eventsOf(target: Target, id: string, since: string): Promise<string[]> {
  const until = Number((await mustRun(target, 'date +%s')).trim()) + 1;
  const filters = encodeURIComponent(JSON.stringify({ container: [id] }));
  const { text } = await dockerApi(target, 'GET', `/events?since=${since}&until=${until}&filters=${filters}`);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { Action: string }).Action);
}

type Stats = {
  readonly networks?: Readonly<Record<string, { readonly rx_bytes: number }>>;
  readonly pids_stats?: { readonly current?: number };
  readonly memory_stats?: { readonly usage?: number };
};

/** What docker stats takes its figures from. */
export async function statsOf(target: Target, { id }: Container) {
  const stats = (await dockerApi(target, 'GET', `/containers/${id}/stats?stream=false&one-shot=true`)).json<Stats>();
  const received = Object.entries(stats.networks ?? {}).map(([device, { rx_bytes }]) => [device, rx_bytes] as const);
  return { received, processes: stats.pids_stats?.current, memory: stats.memory_stats?.usage };
}
