import { randomUUID } from 'node:crypto';
import { dockerApi, mustRun, probePath, startContainer, type Target } from '../../harness/checks/index.ts';
import { asksRootlessKit } from '../instruments/daemon/rootlesskit.ts';
import { hostAddress } from '../instruments/peers/host-server.ts';

/** Unlike /tmp, kept over a boot; root may ask without the user, whose login would start the user manager. */
const probe = '/var/tmp/rdc-probe';
const [everywhere, onAddress] = [28_090, 28_091];
const server = 'the server';

export type BootServer = {
  /** by address and port: `the server`, or the errno of who asks; asked by root until it answers, for half a minute */
  answers(): Promise<Readonly<Record<string, string>>>;
  remove(): Promise<void>;
};

/** A container with --restart=always, published on every address and, where RootlessKit binds ports, on the one that the host has. */
export async function makeBootServer(target: Target): Promise<BootServer> {
  const nonce = randomUUID();
  const address = await hostAddress(target);
  // with pasta it may be refused, which PORT-IP-BIND judges
  const ports = asksRootlessKit(target.facts) === true ? [everywhere, onAddress] : [everywhere];
  const container = await startContainer(target, {
    command: ['probe', 'serve', 'tcp', '80', nonce],
    host: { RestartPolicy: { Name: 'always' }, NetworkMode: 'bridge' },
    publish: ports.map((hostPort) => ({
      hostPort,
      containerPort: 80,
      ...(hostPort === onAddress ? { hostIp: address } : {}),
    })),
  });
  await mustRun(target.root, `cp ${await probePath(target)} ${probe}`);
  const ask = async (port: number): Promise<[string, string]> => {
    const { stdout } = await target.root.shell(
      `i=0; until ${probe} fetch tcp ${address} ${port} 5000 | tee ${probe}.said | grep -q ${nonce} || [ $i -ge 30 ]; do sleep 1; i=$((i+1)); done; cat ${probe}.said`,
      { timeoutMs: 240_000 },
    );
    const silence = /"errno":"(\w+)"/.exec(stdout)?.[1] ?? 'somebody else';
    return [`${address}:${port}`, stdout.includes(nonce) ? server : silence];
  };
  return {
    async answers() {
      const said: [string, string][] = [];
      for (const port of ports) said.push(await ask(port));
      return Object.fromEntries(said);
    },
    remove: async () => {
      await target.root.exec(['rm', '-f', probe, `${probe}.said`]);
      await dockerApi(target, 'DELETE', `/containers/${container.id}?force=true`);
    },
  };
}
