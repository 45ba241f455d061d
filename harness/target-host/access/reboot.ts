import { RdcError } from '../../messages/errors.ts';
import { type PollOptions, pollUntil } from '../../this-machine/poll.ts';
import type { RenewableTransport } from '../transport/reconnecting.ts';
import type { Transport } from '../transport/transport.ts';

/** Reboots the machine and waits until root is logged in to another boot of it. Throws LOST when it stays away. */
export async function rebootMachine(
  root: RenewableTransport,
  limits: PollOptions = { withinMs: 180_000, everyMs: 250 },
): Promise<void> {
  const before = await bootId(root);
  // the shutdown may cut off the answer
  await root.run('systemctl reboot').catch(unlessAway);
  const isBack = async () => {
    const login = root.renew().then(() => bootId(root));
    const now = await login.catch(unlessAway);
    return now !== null && now !== before;
  };
  if (await pollUntil(isBack, limits)) return;
  throw new RdcError('LOST', `the machine did not come back within ${limits.withinMs / 1000} s of its reboot`, {
    hint: 'its console.log is in the run folder; ./rdc up brings a machine of the lab back',
  });
}

async function bootId(root: Transport): Promise<string> {
  const { code, stdout } = await root.run('cat /proc/sys/kernel/random/boot_id');
  // no answer is not another boot: a machine that shuts down may still log somebody in
  if (code !== 0 || stdout.trim() === '') throw new RdcError('TRANSPORT', 'cannot read the boot ID of the machine');
  return stdout.trim();
}

/** A machine that reboots refuses connections and cuts them off; any other error, e.g. a foreign host key, is thrown. */
function unlessAway(error: unknown): null {
  if (error instanceof RdcError && ['LOST', 'TRANSPORT', 'TIMEOUT'].includes(error.code)) return null;
  throw error;
}
