/** Folders of upstream's static archives: `docker-29.1.0.tgz` has `docker/`, the other `docker-rootless-extras/`. */
export const engineFolders = ['.', 'docker', 'docker-rootless-extras'] as const;

export const folderName = /^(docker|docker-rootless-extras)$/;
export const programName = /^[a-z0-9][a-z0-9._-]{0,60}$/;

/** What rootless Docker does not start without, or not as upstream's does. */
export const requiredPrograms = [
  'docker',
  'dockerd',
  'containerd',
  'containerd-shim-runc-v2',
  'runc',
  'docker-init',
  'docker-proxy',
  'rootlesskit',
  'dockerd-rootless.sh',
  'dockerd-rootless-setuptool.sh',
] as const;
