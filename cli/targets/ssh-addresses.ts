import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { RdcError } from '../../harness/messages/errors.ts';
import { readIdentity, type SshAddress } from '../../harness/target-host/transport/ssh-login.ts';
import { installHint } from '../../harness/this-machine/distribution.ts';
import type { HostOptions } from '../options/options.ts';
import { usageError } from '../options/values.ts';
import { type Destination, type SshConfig, sshConfig } from './ssh-config.ts';
import { parseDestination, type TargetName, type TargetOf } from './target-names.ts';

/**
 * Checks the options for hosts before anything is started. Throws INPUT for an identity file that cannot be used, USAGE
 * for options that contradict the targets.
 */
export function requireHostOptions(targets: readonly TargetName[], options: HostOptions): void {
  const has = (kind: TargetName['kind']) => targets.some((target) => target.kind === kind);
  if (options.identity !== undefined && has('ssh')) readIdentity(options.identity);
  if (options.jump !== undefined) {
    options.jump.split(',').forEach(parseJump);
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
  return addressOf({ host: target.host, port: target.port, user }, options, options.jump?.split(','));
}

const maxJumps = 8;

/** `jumps`: the way there, the first host first; without it that of ~/.ssh/config. */
function addressOf(typed: Destination, options: HostOptions, jumps?: readonly string[], depth = 0): SshAddress {
  const config = sshConfig(typed);
  const { host, port, user, identityFiles, agentSocket } = config;
  const way = jumps ?? config.jumps;
  const last = way.at(-1);
  if (depth > maxJumps) throw new RdcError('INPUT', `more than ${maxJumps} jump hosts on the way to ${typed.host}`);
  const { identity } = options;
  const command = (through: string, more: string) => `ssh ${through}${more}-p ${port} ${user}@${typed.host} true`;
  const through = way.length === 0 ? '' : `-J ${way.join(',')} `;
  const asked = identity === undefined ? '' : `-i ${identity} `;
  const isWithoutKey = identity === undefined && !agentSocket && identityFiles.length === 0;
  return {
    host,
    port,
    user,
    hostKeys: knownHostKeys(config, command(through, '')),
    hints: {
      login: isWithoutKey
        ? 'no key to offer: use --identity FILE, or an agent with a key: eval $(ssh-agent); ssh-add'
        : `try OpenSSH: ${command(through, `${asked}-o BatchMode=yes `)}`,
      hostKey: `another host may be answering. If the host was reinstalled: ssh-keygen -R '${config.knownAs}', then ${command(through, '')}`,
    },
    ...(identity === undefined ? { defaultIdentities: identityFiles } : { identityFile: identity }),
    ...(agentSocket ? { agentSocket } : {}),
    ...(last === undefined
      ? {}
      : { jump: addressOf(parseJump(last), options, way.length > 1 ? way.slice(0, -1) : undefined, depth + 1) }),
  };
}

function parseJump(word: string): Destination {
  try {
    return parseDestination(word.startsWith('ssh://') ? word : `ssh://${word}`);
  } catch (cause) {
    const hint = './rdc run ssh://tester@10.0.0.5 --jump me@gateway.example';
    throw usageError(`jump host ${JSON.stringify(word)} is not [USER@]HOST[:PORT]`, hint, cause);
  }
}

/** The host keys that OpenSSH trusts on this machine; no other is trusted. `addKey` is the command that adds one. */
function knownHostKeys({ knownAs, knownHostsFiles }: SshConfig, addKey: string): string[] {
  const lines = knownHostsFiles.flatMap((file) => (existsSync(file) ? linesOf(knownAs, file) : []));
  const blobOf = (line: string) => /\s(AAAA\S+)/.exec(line)?.[1];
  const revoked = lines.filter((line) => line.startsWith('@revoked')).map(blobOf);
  // a line with @cert-authority names who may sign host keys; it is not a host key
  const keys = lines.filter((line) => !line.startsWith('@') && !revoked.includes(blobOf(line)));
  if (keys.length > 0) return keys;
  throw new RdcError('HOST_KEY', `unknown host key: ${knownAs}`, {
    hint: `${addKey}   # compare the fingerprint, then run again`,
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
    const hint = installHint('ssh');
    throw new RdcError('HOST_SETUP', 'cannot start ssh-keygen, which reads known_hosts', { cause, hint });
  }
}
