import { expect, test as it } from 'vitest';
import { parseServers } from './own-name-servers.ts';

it('name servers of both families are read, comments and zones are not', () => {
  const file = `# nameserver 192.0.2.9
search example.org
nameserver 192.0.2.1
nameserver fd72:6463::53
nameserver fe80::1%eth0
options edns0
`;
  expect(parseServers(file)).toEqual(['192.0.2.1', 'fd72:6463::53', 'fe80::1']);
});
