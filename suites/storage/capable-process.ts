import { randomUUID } from 'node:crypto';
import { dockerApi, expect, type VerifyContext } from '../../harness/checks/index.ts';

/** CAP_NET_BIND_SERVICE, permitted and effective: struct vfs_cap_data, revision 2. */
export const serverCapability = {
  'security.capability': Buffer.from('0100000200040000000000000000000000000000', 'hex'),
};

/** Starts the program as a user without privileges; its UID and effective capabilities by the host's kernel. */
export async function runCapable(
  { target, defer }: Pick<VerifyContext, 'target' | 'defer'>,
  { image, program, user }: { image: string; program: string; user: number },
): Promise<{ uid: number; effective: string }> {
  const nonce = randomUUID();
  const Cmd = [program, 'serve', 'tcp', '8080', nonce];
  const body = { Image: image, Cmd, User: `${user}:${user}`, HostConfig: { NetworkMode: 'none' } };
  const created = await dockerApi(target, 'POST', '/containers/create', { body });
  expect(created.status, 'the answer to creating the container').toBe(201);
  const { Id } = created.json<{ Id: string }>();
  defer(() => dockerApi(target, 'DELETE', `/containers/${Id}?force=1`));
  const started = await dockerApi(target, 'POST', `/containers/${Id}/start`);
  expect(started.status, 'the answer to starting the container').toBe(204);
  // the daemon answers before the program has replaced runc's process
  const { stdout } = await target.root.shell(`
i=0; until f=$(grep -lz -- '^${nonce}$' /proc/[0-9]*/cmdline 2>/dev/null) || [ $i -ge 20 ]; do i=$((i+1)); sleep 0.1; done
awk '/^Uid:/{u=$3} /^CapEff:/{c=$2} END{print u, c}' "\${f%/cmdline}/status"`);
  const [uid, effective = ''] = stdout.trim().split(' ');
  return { uid: Number(uid), effective: effective.replace(/^0+/, '') };
}
