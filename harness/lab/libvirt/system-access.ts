import { existsSync } from 'node:fs';
import { RdcError } from '../../messages/errors.ts';
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

function remedyFor(why: string): string {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
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
