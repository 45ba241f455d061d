/** The daemon refuses to create or start a container; the message is the daemon's. */
export class ContainerRefused extends Error {
  /**
   * It is about something else that there is or is not: the image, a container of that name, somebody's process on the
   * port. Of the container that was asked for it says nothing.
   */
  readonly isOfOthers: boolean;

  constructor(words: string, status: number, cause: unknown) {
    super(words, { cause });
    this.name = 'ContainerRefused';
    this.isOfOthers = [404, 409].includes(status) || /address already in use|port is already allocated/.test(words);
  }
}
