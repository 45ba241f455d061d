/** Collects a stream up to a limit of bytes; what a target sends beyond it is counted, not kept. */
export class BoundedText {
  readonly #limit: number;
  // one buffer that grows, not a list of chunks: a target that sends single bytes would make us keep an object for each
  #bytes = Buffer.alloc(0);
  #kept = 0;
  truncated = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    const room = this.#limit - this.#kept;
    if (chunk.length > room) this.truncated = true;
    const length = Math.min(chunk.length, room);
    if (length <= 0) return;
    this.#makeRoom(this.#kept + length);
    chunk.copy(this.#bytes, this.#kept, 0, length);
    this.#kept += length;
  }

  #makeRoom(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.min(this.#limit, Math.max(length, this.#bytes.length * 2, 4_096)));
    this.#bytes.copy(grown, 0, 0, this.#kept);
    this.#bytes = grown;
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#kept);
  }
}
