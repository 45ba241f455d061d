/** The daemon refuses to create or start a container; the message is the daemon's. */
export class ContainerRefused extends Error {
  /** for a reason outside of the container: no such image, its name or port is in use */
  readonly isOfOthers: boolean;

  constructor(words: string, status: number, cause: unknown) {
    super(words, { cause });
    this.name = 'ContainerRefused';
    this.isOfOthers = [404, 409].includes(status) || /address already in use|port is already allocated/.test(words);
  }
}
