import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { RdcError } from '../../harness/messages/errors.ts';
import { readIdentity, type SshAddress } from '../../harness/target-host/transport/ssh-login.ts';
import type { HostOptions } from '../options/options.ts';
import { usageError } from '../options/values.ts';
import { parseSshUrl, type TargetName, type TargetOf } from './target-names.ts';

type Login = { readonly host: string; readonly port: number; readonly user: string };

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
  const login = `-p ${port} ${user}@${host}`;
  const through = jump === undefined ? '' : `-J ${jump} `;
  const asked = identity === undefined ? '' : `-i ${identity} `;
  const isWithoutKey = identity === undefined && !agentSocket;
  const name = port === 22 ? host : `[${host}]:${port}`;
  return {
    host,
    port,
    user,
    hostKeys: knownHostKeys(name, through + login),
    hints: {
      login: isWithoutKey
        ? 'no key to offer: use --identity FILE, or an agent with a key: eval $(ssh-agent); ssh-add'
        : `try OpenSSH: ssh ${through}${asked}-o BatchMode=yes ${login} true`,
      hostKey: `another host may be answering. If the host was reinstalled: ssh-keygen -R '${name}', then ssh ${through}${login} true`,
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

/** The host keys of a host that OpenSSH trusts on this machine; we trust no other. A revoked key is not one of them. */
function knownHostKeys(name: string, login: string): string[] {
  const files = [join(homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts'];
  const lines = files.flatMap((file) => (existsSync(file) ? linesOf(name, file) : []));
  const blobOf = (line: string) => /\s(AAAA\S+)/.exec(line)?.[1];
  const revoked = lines.filter((line) => line.startsWith('@revoked')).map(blobOf);
  // a line with @cert-authority names who may sign host keys; it is not a host key
  const keys = lines.filter((line) => !line.startsWith('@') && !revoked.includes(blobOf(line)));
  if (keys.length > 0) return keys;
  throw new RdcError('HOST_KEY', `unknown host key: ${name}`, {
    hint: `ssh ${login} true   # compare the fingerprint, then run again`,
  });
}

function linesOf(name: string, file: string): string[] {
  try {
    const text = execFileSync('ssh-keygen', ['-F', name, '-f', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  } catch (cause) {
    // exit code 1: the host is not in the file
    if (cause instanceof Error && 'status' in cause && typeof cause.status === 'number') return [];
    const hint = 'sudo apt-get install openssh-client';
    throw new RdcError('HOST_SETUP', 'cannot start ssh-keygen, which reads known_hosts', { cause, hint });
  }
}
