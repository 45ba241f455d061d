import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { makeKeys, startSshServer, type TestServer } from './ssh-server.ts';

export type SshFleet = AsyncDisposable & {
  /** a file of hosts, one a line */
  readonly hosts: string;
  readonly identity: string;
  /** in front of PATH: OpenSSH with a configuration that knows the hosts */
  readonly binaries: string;
  readonly servers: readonly TestServer[];
};

const facts = readFileSync(join(import.meta.dirname, '../target-host/facts/fixtures/debian-13-facts.txt'), 'utf8');

/** Hosts on loopback that say the facts of a Debian 13, and nothing to anything else; the first `unreachable` are gone. */
export async function startSshFleet(count: number, folder: string, unreachable = 0): Promise<SshFleet> {
  const clientKey = makeKeys().private;
  const answer = (line: string, channel: ServerChannel) => {
    if (line.includes('@@rdc:end')) channel.write(facts);
    channel.exit(0);
    channel.end();
    channel.resume();
  };
  const onForward = ({ reject }: { reject: () => void }) => {
    reject();
    return true;
  };
  const servers: TestServer[] = [];
  for (let n = 0; n < count; n += 1) servers.push(await startSshServer(answer, { clientKey, onForward }));
  for (const server of servers.slice(0, unreachable)) await server[Symbol.asyncDispose]();
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const known = file('known_hosts', servers.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}\n`).join(''));
  const config = file('ssh_config', `UserKnownHostsFile ${known}\nIdentityAgent none\n`);
  chmodSync(file('ssh', `#!/bin/sh\nexec /usr/bin/ssh -F '${config}' "$@"\n`), 0o755);
  return {
    hosts: file('hosts', servers.map(({ port }) => `tester@127.0.0.1:${port}\n`).join('')),
    identity: file('identity', clientKey),
    binaries: folder,
    servers,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.slice(unreachable).map((server) => server[Symbol.asyncDispose]()));
    },
  };
}
