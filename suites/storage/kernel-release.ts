import { type HostFacts, known } from '../../harness/checks/index.ts';

/** From 5.11 on the kernel mounts overlay in a user namespace; before, some distributions patched it. */
export function hasOverlayInUserNamespaces({ host }: { readonly host: Pick<HostFacts, 'kernel'> }): true | string {
  const [, ...release] = /^(\d{1,9})\.(\d{1,9})/.exec(host.kernel) ?? [];
  const [major = 0, minor = 0] = known(release.length > 0 ? release : null, "the kernel's release").map(Number);
  const isNewEnough = major > 5 || (major === 5 && minor >= 11);
  return isNewEnough || `kernel ${host.kernel} is older than 5.11: it mounts no overlay in a user namespace`;
}
