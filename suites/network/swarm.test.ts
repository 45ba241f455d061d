import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as it } from 'vitest';
import type { Target } from '../../harness/checks/index.ts';
import { startSwarm } from './swarm.ts';

/** What `startSwarm` makes of a daemon that refuses in these words. */
async function refusedWith(message: string): Promise<unknown> {
  const daemon = createServer((request, response) => {
    response.statusCode = request.url === '/swarm/init' ? 503 : 404;
    response.end(JSON.stringify({ message }));
  });
  const dockerSocket = join(mkdtempSync(join(tmpdir(), 'rdc-swarm-')), 'docker.sock');
  await new Promise<void>((resolve) => daemon.listen(dockerSocket, resolve));
  const answer = await startSwarm({ dockerSocket } as Target).catch((error: unknown) => error);
  daemon.closeAllConnections();
  daemon.close();
  return answer;
}

it.each([
  '--firewall-backend=nftables is incompatible with swarm mode',
  '--live-restore daemon configuration is incompatible with swarm mode',
])('a configuration that excludes a swarm is an observation: %s', async (message) => {
  expect(await refusedWith(message)).toContain(`503 {"message":"${message}"}`);
});

it('any other refusal is an error', async () => {
  expect(await refusedWith('This node is already part of a swarm.')).toMatchObject({
    message: expect.stringContaining('POST /swarm/init: the daemon answers 503'),
  });
});
