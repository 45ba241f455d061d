import { type Executor, hostProbe, type ReadableTarget, type Target } from '../../harness/checks/index.ts';

export type PathState = { readonly type: string; readonly mode: string; readonly uid: number; readonly gid: number };

export async function pathState(target: ReadableTarget, path: string): Promise<PathState | null> {
  const { stdout } = await target.root.exec(['stat', '-c', '%a %u %g %F', path]);
  const [, mode, uid, gid, type] = /^(\d+) (\d+) (\d+) (.+)$/m.exec(stdout) ?? [];
  if (mode === undefined || type === undefined) return null;
  return { mode, uid: Number(uid), gid: Number(gid), type };
}

/** `connected`, or the errno. runuser makes no session, so only file modes count. */
export async function connectAs(target: Target, user: string, socket: string): Promise<string> {
  const as: Executor = {
    ...target.root,
    exec: (argv, options) => target.root.exec(['runuser', '-u', user, '--', ...argv], options),
  };
  const { errno } = await hostProbe<{ errno: string | null }>(target, as, ['connect', 'unix', socket]);
  return errno ?? 'connected';
}

export async function dockerGroupId(target: ReadableTarget): Promise<number | null> {
  const { stdout } = await target.exec(['getent', 'group', 'docker']);
  const [, , gid] = stdout.trim().split(':');
  return gid === undefined || gid === '' ? null : Number(gid);
}
