import { RdcError } from '../../messages/errors.ts';
import type { Executor } from '../transport/executor.ts';
import type { ExecResult, Transport } from '../transport/transport.ts';
import type { ReadableTarget, RestartableTarget } from './target.ts';

export function refuseChange(target: { readonly readOnly?: true }, what: string): void {
  if (target.readOnly) throw refusal(what);
}

function refusal(what: string): RdcError {
  const hint = 'such a check is not `readOnly`; judge it with ./rdc run';
  return new RdcError('READ_ONLY', `${what}: refused, this run only reads the target`, { hint });
}

/** The target with executors that only look; every other function of it, new ones too, is refused. */
export function readOnlyTarget(
  target: RestartableTarget,
  looking: Executor & Pick<ReadableTarget, 'root' | 'answers'>,
): RestartableTarget {
  const refused = Object.entries(target)
    .filter(([name, value]) => typeof value === 'function' && name !== 'note')
    .map(([name]) => [name, () => Promise.reject(refusal(`${name}()`))]);
  return { ...target, ...Object.fromEntries(refused), ...looking, readOnly: true };
}

/** Commands that only look. Each runs once and is answered from memory then: a dozen checks ask the same. */
export function readOnlyTransport(transport: Transport): Transport {
  const answers = new Map<string, Promise<ExecResult>>();
  return {
    ...transport,
    async run(commandLine, options = {}) {
      if (options.stdin !== undefined) throw refusal('sending input to the target');
      const change = changeIn(commandLine);
      if (change !== undefined) throw refusal(`the command \`${change}\``);
      const answer = answers.get(commandLine) ?? transport.run(commandLine, options);
      answers.set(commandLine, answer);
      return await answer;
    },
  };
}

const end = '(?=[\\s;&|)\'"`]|$)';
/** Words that are nothing but commands, wherever they stand (`xargs rm`), with or without a path. */
const anywhere = (words: string) => new RegExp(`(?:^|[\\s;&|('"\`{!])(?:/\\S*/)?((?:${words})${end})`);
/** Words that are arguments as well: only where a command begins, and not to ask for a version. */
const first = (words: string) =>
  new RegExp(
    `(?:^|[\\n;&|('"\`{!]|\\b(?:do|then|else|exec|env|xargs)\\s)\\s*(?:/\\S*/)?((?:${words})${end})(?!\\s+(?:--version|-V)\\b)`,
  );

/** Changes of files, which may be one's own, and ways to be somebody or somewhere else. */
const changesOfOnesOwn: readonly RegExp[] = [
  anywhere('systemd-run|nsenter|unshare|sudo|runuser'),
  anywhere('rm|rmdir|mv|cp|ln|touch|mkdir|mktemp|mkfifo|mknod|tee|dd|truncate|shred|rsync|scp'),
  anywhere('chmod|chown|chgrp|chattr|setfacl|setfattr|setcap|setenforce|apparmor_parser|restorecon'),
  anywhere('sed\\b[^;&|]*?\\s(?:-\\w*i\\S*|--in-place\\S*)'),
  anywhere('curl\\b[^;&|]*?\\s(?:-[XdFTo]|--data\\S*|--request|--form|--upload-file|--output)\\S*'),
  anywhere('find\\b[^;&|]*?\\s(?:-delete|-fprint\\S*)'),
];

/** Changes that others on the host would notice. */
const changesOfTheHost: readonly RegExp[] = [
  anywhere('kill|pkill|killall|renice|reboot|poweroff|modprobe|insmod|rmmod'),
  first('install|tar|at|crontab|mount|umount|swapon|swapoff|losetup|su|halt|shutdown|systemd-tmpfiles'),
  first('rootlesskit|dockerd\\S*|containerd|slirp4netns|newuidmap|newgidmap|podman|nerdctl|ctr|runc'),
  first('useradd|usermod|userdel|groupadd|groupmod|groupdel|gpasswd|passwd|iptables|ip6tables|nft|tc'),
  first('apt|apt-get|dpkg|dnf|yum|rpm|zypper|pacman|snap|pip'),
  anywhere(
    'systemctl\\b[^;&|]*?\\s(?:re)?(?:start|stop|load|enable|disable|mask|unmask|edit|kill|isolate|set-\\S+|import-\\S+|unset-\\S+|try-\\S+|reload-\\S+|daemon-\\S+|reset-failed|preset|link|revert|freeze|thaw)',
  ),
  anywhere('loginctl\\b[^;&|]*?\\s(?:enable|disable|terminate|kill|lock|unlock|activate)\\S*'),
  anywhere('docker\\b[^;&|]*?\\s(?:run|exec|create|start|stop|restart|rm|rmi|load|pull|push|build|cp|kill|update)'),
  anywhere('docker\\b[^;&|]*?\\s(?:prune|commit|import|tag|up|down|connect|disconnect|use|login|pause|unpause|attach)'),
  anywhere('sysctl\\b[^;&|]*?\\s(?:-\\w*[wp]\\S*|--system|--load\\S*|[\\w.]+=\\S*)'),
  first('ip\\b[^;&|]*?\\s(?:add|del|set|flush|replace|change)'),
];

/** Into anything but the bit bucket or another stream. */
const redirection = /((?<![=<>-])\d?>{1,2}\|?(?!=)\s*(?!\s|&\d|&-|\/dev\/null\b)[^\s)]*)/;

/** What in a command line would change the host. Catches a wrong `readOnly`, not a check that hides what it does. */
export function changeIn(commandLine: string): string | undefined {
  return firstOf([...changesOfOnesOwn, ...changesOfTheHost, redirection], commandLine);
}

export function disturbanceIn(commandLine: string): string | undefined {
  return firstOf(changesOfTheHost, commandLine);
}

function firstOf(patterns: readonly RegExp[], commandLine: string): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(commandLine)?.[1];
    if (found !== undefined) return found.trim().slice(0, 80);
  }
  return undefined;
}
