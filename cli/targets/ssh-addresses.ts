import { readIdentity, type SshAddress } from '../../harness/target-host/transport/ssh-login.ts';
import type { HostOptions } from '../options/options.ts';
import { usageError } from '../options/values.ts';
import { knownHostKeys, type Login } from './known-hosts.ts';
import { parseSshUrl, type TargetName, type TargetOf } from './target-names.ts';

/**
 * Checks the options for hosts before anything is started. Throws INPUT for an identity file that cannot be used, USAGE
 * for options that contradict the targets.
 */
export function requireHostOptions(targets: readonly TargetName[], options: HostOptions): void {
  const has = (kind: TargetName['kind']) => targets.some((target) => target.kind === kind);
  if (options.identity !== undefined && has('ssh')) readIdentity(options.identity);
  if (options.jump !== undefined) {
    parseJump(options.jump);
    if (!has('ssh')) throw usageError('--jump needs an ssh:// target', './rdc run ssh://USER@HOST --jump USER@GATEWAY');
  }
  if (options.rootVia === 'ssh' && has('local'))
    throw usageError(
      '--root-via ssh cannot be used with local; allowed there: sudo, none',
      './rdc run ssh://USER@localhost --root-via ssh',
    );
}

/** Where a target's user, or root, logs in; throws HOST_KEY where OpenSSH does not know the host either. */
export function sshAddress(target: TargetOf<'ssh'>, options: HostOptions, user: string = target.user): SshAddress {
  const address = addressOf({ ...target, user }, options, options.jump);
  return options.jump === undefined ? address : { ...address, jump: addressOf(parseJump(options.jump), options) };
}

function addressOf({ host, port, user }: Login, { identity }: HostOptions, jump?: string): SshAddress {
  const agentSocket = process.env.SSH_AUTH_SOCK;
  const through = jump === undefined ? '' : `-J ${jump} `;
  const asked = identity === undefined ? '' : `-i ${identity} `;
  const isWithoutKey = identity === undefined && !agentSocket;
  const name = port === 22 ? host : `[${host}]:${port}`;
  return {
    host,
    port,
    user,
    hostKeys: knownHostKeys({ host, port, user }, jump),
    hints: {
      login: isWithoutKey
        ? 'no key to offer: use --identity FILE, or an agent with a key: eval $(ssh-agent); ssh-add'
        : `try OpenSSH: ssh ${through}${asked}-o BatchMode=yes -p ${port} ${user}@${host} true`,
      hostKey: `another host may be answering. If the host was reinstalled: ssh-keygen -R '${name}', then ssh ${through}-p ${port} ${user}@${host} true`,
    },
    ...(identity === undefined ? {} : { identityFile: identity }),
    ...(agentSocket ? { agentSocket } : {}),
  };
}

function parseJump(word: string): Login {
  try {
    return parseSshUrl(word.startsWith('ssh://') ? word : `ssh://${word}`);
  } catch (cause) {
    const hint = './rdc run ssh://tester@10.0.0.5 --jump me@gateway.example';
    throw usageError(`--jump is ${JSON.stringify(word)}; allowed: one USER@HOST[:PORT]`, hint, cause);
  }
}
