import type { FixtureImage } from '../../fixture-image/image.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { SshAddress } from '../transport/ssh-login.ts';

/** All that a worker needs to reach a target: plain data, which goes from one process to another. */
export type Connection = {
  readonly name: string;
  readonly kind: 'machine' | 'ssh' | 'local';
  /** the unprivileged user under test; default: the user of this process */
  readonly user?: SshAddress;
  /** a login of its own, `sudo` in the user's session, or no root */
  readonly root: SshAddress | 'sudo' | 'none';
  /** not needed to read facts */
  readonly image?: FixtureImage;
  readonly host?: HostFacts;
  /** absolute path of the target's run folder */
  readonly folder: string;
};
