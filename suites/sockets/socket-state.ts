import { type Executor, hostProbe, type ReadableTarget, type Target } from '../../harness/checks/index.ts';

/** A path on the host as stat sees it: `type` in stat's words, `mode` in octal with the special bits. */
export type PathState = { readonly type: string; readonly mode: string; readonly uid: number; readonly gid: number };

/** Read by root, because the directory is closed to others; null when there is nothing. */
export async function pathState(target: ReadableTarget, path: string): Promise<PathState | null> {
  const { stdout } = await target.root.exec(['stat', '-c', '%a %u %g %F', path]);
  const [, mode, uid, gid, type] = /^(\d+) (\d+) (\d+) (.+)$/m.exec(stdout) ?? [];
  if (mode === undefined || type === undefined) return null;
  return { mode, uid: Number(uid), gid: Number(gid), type };
}

/**
 * What a user gets who connects to the socket: `connected`, or the errno. `runuser` makes no session, so nothing but the
 * file modes stands in the way; and the helper is there for everybody, which a client in the user's home is not.
 */
export async function connectAs(target: Target, user: string, socket: string): Promise<string> {
  const as: Executor = {
    ...target.root,
    exec: (argv, options) => target.root.exec(['runuser', '-u', user, '--', ...argv], options),
  };
  const { errno } = await hostProbe<{ errno: string | null }>(target, as, ['connect', 'unix', socket]);
  return errno ?? 'connected';
}

/** The group that dockerd gives its socket: `docker` of /etc/group as the daemon sees it, or null. */
export async function dockerGroupId(target: ReadableTarget): Promise<number | null> {
  const { stdout } = await target.exec(['getent', 'group', 'docker']);
  const [, , gid] = stdout.trim().split(':');
  return gid === undefined || gid === '' ? null : Number(gid);
}
