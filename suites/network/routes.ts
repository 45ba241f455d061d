import { known } from '../../harness/checks/index.ts';

/** An unreachable or blackhole route has no device. */
type Route = ReturnType<typeof parseRoutes>[number];

export function parseRoutes(text: string) {
  const lines = [...text.matchAll(/^(?:[a-z]+ )?(default|\d+\.\d+\.\d+\.\d+(?:\/\d+)?)\b(.*)$/gm)];
  return lines.map(([, prefix = '', rest = '']) => {
    const after = (word: string) => new RegExp(`\\b${word} (\\S+)`).exec(rest)?.[1] ?? null;
    return { prefix, device: after('dev'), gateway: after('via'), source: after('src') };
  });
}

/** By the default route of RootlessKit's namespace. */
export function driverNetwork(routes: readonly Route[]): { device: string; gateway: string; prefix: string } {
  const { device, gateway } = known(
    routes.find(({ prefix }) => prefix === 'default'),
    "the default route of RootlessKit's network namespace",
  );
  const connected = routes.find((route) => route.prefix !== 'default' && route.device === device);
  return {
    device: known(device, 'the device of the default route'),
    gateway: known(gateway, 'the gateway of the default route'),
    prefix: known(connected, 'the network of the network driver').prefix,
  };
}

export function overlaps(a: string, b: string): boolean {
  if (a === 'default' || b === 'default') return false;
  const [first, second] = [rangeOf(a), rangeOf(b)];
  return first.start <= second.end && second.start <= first.end;
}

/** `addressAt('10.0.2.0/24', 2)` is `10.0.2.2`. */
export function addressAt(prefix: string, n: number): string {
  const address = rangeOf(prefix).start + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

function rangeOf(prefix: string): { start: number; end: number } {
  const [address = '', length = '32'] = prefix.split('/');
  const size = 2 ** (32 - Number(length));
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const start = Math.floor(value / size) * size;
  return { start, end: start + size - 1 };
}
