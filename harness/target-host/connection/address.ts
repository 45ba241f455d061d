import type { FixtureImage } from '../../fixture-image/image.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { SshAddress } from '../transport/ssh-login.ts';

/** Everything a worker needs to reach a target; plain data, because it crosses from the CLI's process into vitest's worker. */
export type Connection = {
  readonly name: string;
  readonly kind: 'machine' | 'ssh' | 'local';
  /** the unprivileged user under test; without it, the user of this process on this machine */
  readonly user?: SshAddress;
  /** how root is reached: a login of its own, `sudo` in the user's session, or not at all */
  readonly root: SshAddress | 'sudo' | 'none';
  /** not needed to read facts */
  readonly image?: FixtureImage;
  /** facts that were read already */
  readonly host?: HostFacts;
  /** absolute path of the target's run folder */
  readonly folder: string;
};
