export const fixtureImageTag = 'rdc/fixture:1';

export type Architecture = 'amd64' | 'arm64';

/** The image of all containers as it was built on this machine. */
export type FixtureImage = {
  /** for `POST /images/load`, and for `ctr images import` */
  readonly tarPath: string;
  /** image ID in Docker's own store: SHA-256 of the config */
  readonly digest: string;
  /** image ID in containerd's image store, the default for new data roots from Docker 29 on: SHA-256 of the manifest */
  readonly manifestDigest: string;
  /** the static `probe`, to be copied to a target */
  readonly probePath: string;
};
