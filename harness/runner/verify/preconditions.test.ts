import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test as it } from 'vitest';
import { RdcError } from '../../messages/errors.ts';
import type { Target } from '../../target-host/access/target.ts';
import { dockerApi } from '../../target-host/docker/api.ts';
import { readDaemonFacts } from '../../target-host/docker/daemon-facts.ts';
import { requireDaemon } from './preconditions.ts';

const folder = mkdtempSync(join(tmpdir(), 'rdc-daemon-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** A daemon's API socket that answers so, while `use` runs. */
async function withDaemon<T>(answer: RequestListener, use: (socket: string) => Promise<T>): Promise<T> {
  count += 1;
  const socket = join(folder, `${count}.sock`);
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    return await use(socket);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function targetOn(socket: string, exec: () => Promise<unknown> = async () => ({ code: 0 })): Target {
  return { dockerSocket: socket, exec, facts: { host: { socket: '/run/user/1/docker.sock' } } } as unknown as Target;
}

describe('SOCK-PATH as a precondition', () => {
  it('holds when the daemon answers', async () => {
    const outcome = await withDaemon(
      (_, response) => response.end('OK'),
      (socket) => requireDaemon(targetOn(socket)),
    );
    expect(outcome).toBeUndefined();
  });

  it('blocks when the daemon is ill or not there', async () => {
    const ill = withDaemon(
      (_, response) => response.writeHead(500).end(),
      (socket) => requireDaemon(targetOn(socket)),
    );
    await expect(ill).rejects.toMatchObject({
      name: 'Blocked',
      by: 'SOCK-PATH',
      message: 'the daemon answered /_ping with 500',
    });
    await expect(requireDaemon(targetOn('/nowhere'))).rejects.toMatchObject({
      name: 'Blocked',
      message: 'no daemon answers on /run/user/1/docker.sock',
    });
  });

  it('blocks when the socket is gone, although a connection from before still answers', async () => {
    const outcome = withDaemon(
      (_, response) => response.end('OK'),
      async (socket) => {
        const target = targetOn(socket);
        await dockerApi(target, 'GET', '/_ping');
        renameSync(socket, `${socket}.x`);
        expect((await dockerApi(target, 'GET', '/_ping')).text).toBe('OK');
        await requireDaemon(target);
      },
    );
    await expect(outcome).rejects.toMatchObject({ name: 'Blocked' });
  });

  it('is asked once by those who only look', async () => {
    let asked = 0;
    const target = (socket: string) => ({ ...targetOn(socket), answers: new Map() }) as Target;
    await withDaemon(
      (_, response) => {
        asked += 1;
        response.end('OK');
      },
      async (socket) => {
        const look = target(socket);
        await Promise.all([1, 2, 3].map(() => requireDaemon(look)));
      },
    );
    expect(asked).toBe(1);
  });

  it('is an error, and blocks nothing, when the connection to the target is lost', async () => {
    const target = targetOn('/nowhere', () => Promise.reject(new RdcError('LOST', 'gone')));
    await expect(requireDaemon(target)).rejects.toMatchObject({ code: 'LOST' });
  });
});

describe('what the daemon says of itself', () => {
  const facts = (version: unknown, info: unknown) =>
    withDaemon(
      (request, response) => response.end(JSON.stringify(request.url === '/version' ? version : info)),
      (socket) => readDaemonFacts({ dockerSocket: socket }),
    );

  it('is kept as it says it', async () => {
    const Details = { NetworkDriver: 'slirp4netns', PortDriver: 'builtin' };
    const version = {
      Version: '26.1.5',
      ApiVersion: '1.45',
      Components: [{ Name: 'rootlesskit', Version: '2.0.2', Details }],
    };
    const info = {
      Driver: 'overlay2',
      DriverStatus: [['Backing Filesystem', 'extfs']],
      SecurityOptions: ['name=rootless'],
    };
    expect(await facts(version, info)).toMatchObject({
      serverVersion: '26.1.5',
      storageDriver: 'overlay2',
      storageStatus: { 'Backing Filesystem': 'extfs' },
      securityOptions: ['name=rootless'],
      components: { rootlesskit: '2.0.2' },
      networkDriver: 'slirp4netns',
      portDriver: 'builtin',
      cgroupDriver: null,
    });
  });

  it('is nothing where it is no object', async () => {
    expect(await facts(null, null)).toBeNull();
  });

  it.each([
    ['components that are no list', { Components: {} }, {}],
    ['a status that is no list', {}, { DriverStatus: 7 }],
  ])('leaves out what is of another kind: %s', async (_, version, info) => {
    expect(await facts(version, info)).toMatchObject({ components: {}, storageStatus: {}, serverVersion: null });
  });

  it('no answer, no JSON and an answer without end are nothing', async () => {
    expect(await readDaemonFacts({ dockerSocket: '/nowhere' })).toBeNull();
    const words = withDaemon(
      (_, response) => response.end('<html>'),
      (socket) => readDaemonFacts({ dockerSocket: socket }),
    );
    expect(await words).toBeNull();
    const endless: RequestListener = (_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = () => void (response.destroyed || response.write(chunk, more));
      more();
    };
    expect(await withDaemon(endless, (socket) => readDaemonFacts({ dockerSocket: socket }))).toBeNull();
  });
});
