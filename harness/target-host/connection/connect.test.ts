import { expect, test as it, vi } from 'vitest';
import { replayTransport } from '../../test-doubles/replay-transport.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { forwardSocket } from '../transport/forward-socket.ts';
import { sshTransport } from '../transport/ssh.ts';
import { connectTarget } from './connect.ts';

vi.mock('../transport/forward-socket.ts');
vi.mock('../transport/ssh.ts');

it('a socket that cannot be forwarded leaves no connection open', async () => {
  const closed: string[] = [];
  vi.mocked(sshTransport).mockImplementation(async ({ user }) => ({
    ...replayTransport(new Map()),
    close: async () => void closed.push(user),
  }));
  vi.mocked(forwardSocket).mockRejectedValue(new Error('no room for a socket'));
  const login = (user: string) => ({ host: '192.0.2.1', port: 22, user, identityFile: '/nowhere', hostKeys: [] });
  const connection = {
    name: 'x',
    kind: 'ssh',
    folder: '/nowhere',
    user: login('tester'),
    root: login('root'),
  } as const;
  const host = { socket: '/run/docker.sock' } as HostFacts;
  await expect(connectTarget({ ...connection, host })).rejects.toThrow('no room for a socket');
  expect(closed.toSorted()).toEqual(['root', 'tester']);
});
