import { existsSync, readFileSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
import type { RootStep } from '../../this-machine/as-root.ts';
import { chooseLab } from '../hermetic/hermetic-lab.ts';
import { virsh } from './vagrant-and-virsh.ts';

const sockets = ['/run/libvirt/libvirt-sock', '/run/libvirt/virtqemud-sock'];

export type Access =
  | { readonly answers: true }
  | { readonly answers: false; readonly why: string; readonly remedy: string };

/** Whether the system's libvirt answers this user, and what to do where it does not. */
export async function systemAccess(): Promise<Access> {
  const { exitCode, stderr } = await virsh('uri');
  if (exitCode === 0) return { answers: true };
  const why = stderr.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
  return { answers: false, why, remedy: remedyFor(why) };
}

/**
 * Pure: whether a user is in the group libvirt: by the list, and as the groups of the process say, which are those of
 * the login.
 */
export function libvirtGroup(list: string, user: string, groups: readonly number[]): { listed: boolean; has: boolean } {
  const [, id, members = ''] = /^libvirt:[^:]*:(\d+):(.*)$/m.exec(list) ?? [];
  return { listed: members.split(',').includes(user), has: groups.includes(Number(id)) };
}

function ownGroup(): ReturnType<typeof libvirtGroup> {
  const list = existsSync('/etc/group') ? readFileSync('/etc/group', 'utf8') : '';
  return libvirtGroup(list, process.env.USER ?? '', process.getgroups?.() ?? []);
}

/** Beside packages that are installed as root anyway: libvirt's answer to this user. None where it is not needed. */
export function groupSteps(): RootStep[] {
  const user = process.env.USER;
  if (chooseLab() !== 'system' || process.getuid?.() === 0 || !user) return [];
  const { listed, has } = ownGroup();
  if (listed || has) return [];
  const commands = [['usermod', '-aG', 'libvirt', user]];
  return [{ what: `put ${user} into the group libvirt, which may use all machines of libvirt`, commands, code: 'LAB' }];
}

function remedyFor(why: string): string {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  const { listed, has } = ownGroup();
  if (/denied|authentication|polkit/i.test(why) && listed && !has)
    return "log in again, or: sg libvirt -c './rdc run'   # you are in the group libvirt, and this login is older";
  if (/denied|authentication|polkit/i.test(why)) return `${sudo}usermod -aG libvirt $USER   # then log in again`;
  if (sockets.some((path) => existsSync(path))) return `${sudo}journalctl -u libvirtd -u virtqemud`;
  const isModular = !existsSync('/usr/sbin/libvirtd');
  const daemons = isModular
    ? ['virtqemud', 'virtnetworkd', 'virtstoraged', 'virtnodedevd', 'virtsecretd']
    : ['libvirtd'];
  if (existsSync('/run/systemd/system'))
    return `${sudo}systemctl enable --now ${daemons.map((daemon) => `${daemon}.socket`).join(' ')}`;
  return daemons.map((daemon) => `${sudo}${daemon} --daemon`).join(' && ');
}

/** Throws LAB where the system's libvirt is to be used and does not answer. */
export async function expectSystemAccess(): Promise<void> {
  if (chooseLab() !== 'system') return;
  const access = await systemAccess();
  if (!access.answers) throw new RdcError('LAB', `libvirt does not answer: ${access.why}`, { hint: access.remedy });
}
